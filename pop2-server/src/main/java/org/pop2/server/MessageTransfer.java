package org.pop2.server;

import io.netty.channel.EventLoop;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.pop2.net.Outgoing;
import org.pop2.storage.ContentBuffer;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;

/**
 * Sends one message from a mailbox to the socket, at the socket's pace.
 *
 * <p>Requests {@value #WINDOW} buffers at first, and another one for each that the socket has accepted, so that a
 * stalled client holds at most these. A short message is copied and waits for nobody. A message that turns out longer
 * or shorter than announced fails; after the first octet, a failure can only close the connection (see
 * {@link SessionHandler}).
 */
final class MessageTransfer implements CoreSubscriber<ContentBuffer> {
    /** Buffers under way: 4 of 64 KiB suffice to fill a socket. */
    static final int WINDOW = 4;

    /** Called on the event loop. Exactly one of delivered and failed is called, once, unless cancelled. */
    interface Outcome {
        /** The socket accepted a buffer that was not copied. May come after the outcome, for the last buffers. */
        void written(int octets);

        void delivered(MessageTransfer transfer);

        void failed(MessageTransfer transfer, Throwable cause);
    }

    private static final AtomicIntegerFieldUpdater<MessageTransfer> QUEUED =
            AtomicIntegerFieldUpdater.newUpdater(MessageTransfer.class, "queued");

    private final Outgoing outgoing;
    private final EventLoop loop;
    private final int number;
    private final long announced;
    private final Outcome outcome;

    /** Signals that came on other threads and wait for the event loop. */
    private volatile int queued;

    // of the event loop
    private @Nullable Subscription subscription;
    private long passedOn;
    private long written;
    private boolean over;

    MessageTransfer(Outgoing outgoing, EventLoop loop, int number, long announced, Outcome outcome) {
        this.outgoing = outgoing;
        this.loop = loop;
        this.number = number;
        this.announced = announced;
        this.outcome = outcome;
    }

    /** The message's number. */
    int number() {
        return number;
    }

    /** Octets of the message. */
    long octets() {
        return announced;
    }

    /** Octets that the socket accepted. */
    long octetsWritten() {
        return written;
    }

    /** Ends the transfer without an outcome. The channel releases buffers that the socket still holds. */
    void cancel() {
        over = true;
        if (subscription != null) {
            subscription.cancel();
        }
    }

    @Override
    public void onSubscribe(Subscription upstream) {
        if (isNext()) {
            begin(upstream);
        } else {
            later(() -> begin(upstream));
        }
    }

    @Override
    public void onNext(ContentBuffer buffer) {
        if (isNext()) {
            try {
                write(buffer);
            } catch (RuntimeException | Error e) {
                broken(e);
            }
            return;
        }
        try {
            later(() -> write(buffer));
        } catch (RejectedExecutionException stopped) {
            // the loops are gone, and the connection with them
            buffer.release();
        }
    }

    @Override
    public void onError(Throwable cause) {
        if (isNext()) {
            fail(cause);
        } else {
            later(() -> fail(cause));
        }
    }

    @Override
    public void onComplete() {
        if (isNext()) {
            end();
        } else {
            later(this::end);
        }
    }

    private void begin(Subscription upstream) {
        if (over) {
            upstream.cancel();
            return;
        }
        subscription = upstream;
        upstream.request(WINDOW);
    }

    private void write(ContentBuffer buffer) {
        int octets = buffer.octets().remaining();
        if (over) {
            buffer.release();
            return;
        }
        if (octets > announced - passedOn) {
            buffer.release();
            cancel();
            outcome.failed(this, mismatch("more"));
            return;
        }
        passedOn += octets;
        if (announced <= Outgoing.SHORT) {
            outgoing.add(buffer.octets());
            buffer.release();
            written += octets;
        } else {
            outgoing.write(buffer.octets(), sent -> {
                buffer.release();
                if (sent) {
                    written += octets;
                    outcome.written(octets);
                    requestAnother();
                }
            });
        }
        // the last buffer goes out together with whatever follows it
        if (passedOn < announced) {
            outgoing.flush();
            if (announced <= Outgoing.SHORT) {
                requestAnother();
            }
        }
    }

    private void requestAnother() {
        Subscription upstream = subscription;
        if (!over && upstream != null) {
            upstream.request(1);
        }
    }

    private void fail(Throwable cause) {
        if (!over) {
            over = true;
            outcome.failed(this, cause);
        }
    }

    private void end() {
        if (over) {
            return;
        }
        over = true;
        if (passedOn == announced) {
            outcome.delivered(this);
        } else {
            outcome.failed(this, mismatch("only " + passedOn));
        }
    }

    private IllegalStateException mismatch(String what) {
        return new IllegalStateException("announced " + announced + " octets, the storage gave " + what);
    }

    /**
     * Whether a signal may be handled at once: on the event loop, and only if none is queued. A storage may emit one
     * buffer on its own thread and the next one on the event loop, within a request; handled at once, the second would
     * overtake the first.
     */
    private boolean isNext() {
        return queued == 0 && loop.inEventLoop();
    }

    private void later(Runnable signal) {
        QUEUED.incrementAndGet(this);
        loop.execute(() -> {
            QUEUED.decrementAndGet(this);
            try {
                signal.run();
            } catch (RuntimeException | Error e) {
                broken(e);
            }
        });
    }

    /** Ends the transfer after an error of our own, such as a lack of memory, without throwing it into the storage. */
    private void broken(Throwable cause) {
        if (!over) {
            cancel();
            outcome.failed(this, cause);
        }
    }
}
