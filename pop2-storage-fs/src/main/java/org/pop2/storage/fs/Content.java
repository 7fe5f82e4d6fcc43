package org.pop2.storage.fs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.fs.format.WireEncoder;
import org.pop2.storage.fs.io.BufferPool;
import org.pop2.storage.fs.io.StoreErrors;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/**
 * One message as a stream, read on the reading pool and on demand.
 *
 * <p>After each read, before a buffer is emitted, it checks whether another program has written to the mailbox. If so,
 * the message is located again, read from its beginning, and compared with what was emitted. It goes on only if that is
 * equal, so that a complete message is always the one that was announced.
 */
public final class Content implements Publisher<ContentBuffer> {
    /** The mailbox, open for the time of the subscription. */
    interface Source {
        /** Whether nobody has written to the mailbox since it was opened, so that what was read is the message. */
        boolean isStill() throws IOException;

        WireEncoder encoder() throws IOException;

        /** Called when reading has ended in any way. */
        void close();

        /** The whole message has been emitted. */
        void given(Fingerprint.Value all);

        /** The mailbox cannot be trusted any more. */
        void failed(StoreException error);
    }

    /** Locates the message. Called on the reading pool, and again when somebody has written to the mailbox. */
    interface Opener {
        Source open() throws IOException;
    }

    private static final ThreadLocal<WireEncoder.Blocks> BLOCKS =
            ThreadLocal.withInitial(() -> new WireEncoder.Blocks(ContentBuffer.MAX_OCTETS));

    /** Work space of the calling thread. */
    static WireEncoder.Blocks blocks() {
        return BLOCKS.get();
    }

    private final String what;
    private final Opener opener;
    private final long octets;
    private final BufferPool buffers;
    private final Executor readers;

    /** @param what for messages about it */
    Content(String what, Opener opener, long octets, BufferPool buffers, Executor readers) {
        this.what = what;
        this.opener = opener;
        this.octets = octets;
        this.buffers = buffers;
        this.readers = readers;
    }

    @Override
    public void subscribe(Subscriber<? super ContentBuffer> subscriber) {
        subscriber.onSubscribe(new Reading(subscriber));
    }

    private final class Reading implements Subscription, Runnable {
        /** Buffers emitted in a row before other messages get the thread. */
        private static final int TURN = 16;
        /** Attempts to fill a buffer while others write to the mailbox. */
        private static final int TRIES = 20;

        private final Subscriber<? super ContentBuffer> subscriber;
        private final AtomicLong demand = new AtomicLong();
        /** Above zero while a task runs or is queued: the fields below belong to that task. */
        private final AtomicInteger work = new AtomicInteger();

        private volatile boolean cancelled;
        private volatile boolean badRequest;

        private @Nullable Source source;
        private @Nullable WireEncoder encoder;
        private long produced;
        private final Fingerprint given = new Fingerprint();
        private boolean done;

        Reading(Subscriber<? super ContentBuffer> subscriber) {
            this.subscriber = subscriber;
        }

        @Override
        public void request(long n) {
            if (n <= 0) {
                badRequest = true;
            } else {
                demand.updateAndGet(had -> had + n < 0 ? Long.MAX_VALUE : had + n);
            }
            schedule();
        }

        @Override
        public void cancel() {
            cancelled = true;
            schedule();
        }

        private void schedule() {
            if (work.getAndIncrement() == 0) {
                execute();
            }
        }

        private void execute() {
            try {
                readers.execute(this);
            } catch (RejectedExecutionException e) {
                // the pool is full or gone; the caller's thread may close, but not read
                finish();
                if (!cancelled) {
                    subscriber.onError(StoreErrors.of(e));
                }
            }
        }

        @Override
        public void run() {
            int seen = work.get();
            boolean again = false;
            if (!done) {
                try {
                    again = step();
                } catch (IOException | RuntimeException e) {
                    fail(StoreErrors.about(what, e));
                }
            }
            if (again && !done) {
                execute();
            } else if (work.addAndGet(-seen) != 0) {
                execute();
            }
        }

        /** Emits what was requested; whether there is more to do at once. */
        private boolean step() throws IOException {
            for (int turn = 0; turn < TURN; turn++) {
                // a subscriber's code has run on this thread: an interrupt left by it would close the channel
                Thread.interrupted();
                if (cancelled) {
                    finish();
                    return false;
                }
                if (badRequest) {
                    throw new IllegalArgumentException("demand must be positive (Reactive Streams 3.9)");
                }
                if (demand.get() == 0) {
                    return false;
                }
                BufferPool.Pooled next = produce();
                demand.updateAndGet(had -> had == Long.MAX_VALUE ? had : had - 1);
                boolean last = produced == octets;
                if (last) {
                    finish();
                }
                subscriber.onNext(next);
                if (last) {
                    if (!cancelled) {
                        subscriber.onComplete();
                    }
                    return false;
                }
            }
            return true;
        }

        private BufferPool.Pooled produce() throws IOException {
            BufferPool.Pooled buffer = buffers.take();
            boolean good = false;
            try {
                for (int tries = 0; tries < TRIES && !good; tries++) {
                    good = fill(buffer.octets().clear());
                }
                if (!good) {
                    throw new StoreException(Reason.CHANGED, what + ": the mailbox is changed all the time");
                }
                return buffer;
            } finally {
                if (!good) {
                    buffer.release();
                }
            }
        }

        /** Fills a buffer; whether its content is the message, and not what another program was writing. */
        private boolean fill(ByteBuffer out) throws IOException {
            Source from = source;
            WireEncoder reading = encoder;
            try {
                if (from == null || reading == null) {
                    from = opener.open();
                    source = from;
                    reading = from.encoder();
                    encoder = reading;
                    skip(reading, out);
                }
                reading.encode(blocks(), out.clear());
                out.flip();
            } catch (StoreException e) {
                // it may be of two times
                if (from == null || from.isStill()) {
                    throw e;
                }
                forget();
                return false;
            }
            if (!from.isStill()) {
                forget();
                return false;
            }
            long after = produced + out.remaining();
            if (after > octets || reading.finished() != (after == octets) || !out.hasRemaining()) {
                throw new StoreException(
                        Reason.CORRUPT, "a message has not the " + octets + " octets that were counted");
            }
            produced = after;
            given.add(out);
            if (produced == octets) {
                from.given(given.value());
            }
            return true;
        }

        /** Reads what was emitted already, and verifies that it is equal. */
        private void skip(WireEncoder from, ByteBuffer scratch) throws IOException {
            Fingerprint again = new Fingerprint();
            for (long done = 0; done < produced; ) {
                scratch.clear().limit((int) Math.min(scratch.capacity(), produced - done));
                from.encode(blocks(), scratch);
                scratch.flip();
                if (!scratch.hasRemaining()) {
                    break;
                }
                done += scratch.remaining();
                again.add(scratch);
            }
            if (!again.value().equals(given.value())) {
                throw new StoreException(
                        Reason.CHANGED, "the message was changed by another program while it was sent");
            }
        }

        private void forget() {
            Source from = source;
            source = null;
            encoder = null;
            if (from != null) {
                from.close();
            }
        }

        private void fail(StoreException error) {
            Source from = source;
            if (from != null && error.reason() == Reason.CORRUPT) {
                from.failed(error);
            }
            finish();
            if (!cancelled) {
                subscriber.onError(error);
            }
        }

        private void finish() {
            done = true;
            forget();
        }
    }
}
