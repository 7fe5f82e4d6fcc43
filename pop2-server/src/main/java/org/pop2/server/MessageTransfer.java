package org.pop2.server;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.ContentBuffer;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;

/**
 * Carries one message from a mailbox to the socket, at the socket's pace.
 *
 * <p>{@value #WINDOW} buffers are asked for at first, and another one for each that the socket has taken: a client that
 * takes nothing holds at most these. What is sent is held against what was announced: after the first octet the only
 * honest failure is to close (see {@link SessionHandler}), so a message that turns out longer or shorter fails.
 */
// what becomes of a write is told by its listener
@SuppressWarnings("FutureReturnValueIgnored")
final class MessageTransfer implements CoreSubscriber<ContentBuffer> {
    /** Buffers on their way: 4 of 64 KiB fill a socket and leave 1 MiB far away. */
    static final int WINDOW = 4;

    /** Told on the event loop; of delivered and failed exactly one, once, unless cancelled. */
    interface Outcome {
        /** The socket took a buffer; may come after the others, while the last ones go out. */
        void taken(int octets);

        void delivered();

        void failed(Throwable cause);
    }

    private final ChannelHandlerContext context;
    private final EventLoop loop;
    private final long announced;
    private final Outcome outcome;

    /** Signals that came on other threads and wait for the event loop. */
    private final AtomicInteger queued = new AtomicInteger();

    // of the event loop
    private @Nullable Subscription subscription;
    private long written;
    private long taken;
    private boolean over;

    MessageTransfer(ChannelHandlerContext context, long announced, Outcome outcome) {
        this.context = context;
        this.loop = context.channel().eventLoop();
        this.announced = announced;
        this.outcome = outcome;
    }

    /** Octets that the socket took. */
    long taken() {
        return taken;
    }

    /** Ends it without an outcome; what the socket still holds is released when the channel lets go of it. */
    void cancel() {
        over = true;
        if (subscription != null) {
            subscription.cancel();
        }
    }

    @Override
    public void onSubscribe(Subscription upstream) {
        run(() -> {
            if (over) {
                upstream.cancel();
                return;
            }
            subscription = upstream;
            upstream.request(WINDOW);
        });
    }

    @Override
    public void onNext(ContentBuffer buffer) {
        try {
            run(() -> write(buffer));
        } catch (RejectedExecutionException stopped) {
            // the loops are gone, and the connection with them
            buffer.release();
        }
    }

    @Override
    public void onError(Throwable cause) {
        run(() -> {
            if (!over) {
                over = true;
                outcome.failed(cause);
            }
        });
    }

    @Override
    public void onComplete() {
        run(() -> {
            if (over) {
                return;
            }
            over = true;
            if (written == announced) {
                outcome.delivered();
            } else {
                outcome.failed(mismatch("only " + written));
            }
        });
    }

    private void write(ContentBuffer buffer) {
        int octets = buffer.octets().remaining();
        if (over) {
            buffer.release();
            return;
        }
        if (octets > announced - written) {
            buffer.release();
            cancel();
            outcome.failed(mismatch("more"));
            return;
        }
        written += octets;
        context.write(Unpooled.wrappedBuffer(buffer.octets())).addListener(done -> {
            buffer.release();
            if (!done.isSuccess()) {
                return;
            }
            taken += octets;
            outcome.taken(octets);
            Subscription upstream = subscription;
            if (!over && upstream != null) {
                upstream.request(1);
            }
        });
        // the last buffer goes out together with whatever follows it
        if (written < announced) {
            context.flush();
        }
    }

    private IllegalStateException mismatch(String what) {
        return new IllegalStateException("announced " + announced + " octets, the storage gave " + what);
    }

    /**
     * On the event loop at once only if nothing waits in its queue: a storage may emit one buffer on its own thread and
     * the next one on the event loop, where more was just requested; done at once, the second would overtake the first.
     */
    private void run(Runnable task) {
        if (queued.get() == 0 && loop.inEventLoop()) {
            task.run();
            return;
        }
        queued.incrementAndGet();
        loop.execute(() -> {
            queued.decrementAndGet();
            task.run();
        });
    }
}
