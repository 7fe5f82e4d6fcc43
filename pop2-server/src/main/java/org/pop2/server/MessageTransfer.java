package org.pop2.server;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
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

    /** Told on the event loop, exactly once, unless cancelled. */
    interface Outcome {
        void delivered(long octets);

        void failed(Throwable cause);
    }

    private final ChannelHandlerContext context;
    private final EventLoop loop;
    private final long announced;
    private final Outcome outcome;

    // of the event loop
    private @Nullable Subscription subscription;
    private long written;
    private boolean over;

    MessageTransfer(ChannelHandlerContext context, long announced, Outcome outcome) {
        this.context = context;
        this.loop = context.channel().eventLoop();
        this.announced = announced;
        this.outcome = outcome;
    }

    /** Octets handed to the socket so far. */
    long written() {
        return written;
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
        run(() -> write(buffer));
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
                outcome.delivered(written);
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
            Subscription upstream = subscription;
            if (done.isSuccess() && !over && upstream != null) {
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

    private void run(Runnable task) {
        if (loop.inEventLoop()) {
            task.run();
        } else {
            loop.execute(task);
        }
    }
}
