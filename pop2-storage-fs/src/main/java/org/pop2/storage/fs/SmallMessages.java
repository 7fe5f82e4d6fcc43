package org.pop2.storage.fs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.fs.format.MboxIndex;
import org.pop2.storage.fs.format.WireEncoder;
import org.pop2.storage.fs.io.BufferPool;
import org.pop2.storage.fs.io.StoreErrors;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/**
 * The small messages of one mailbox. With each message that is requested, the following ones are read, twice as many
 * each time, as far as a buffer holds them. So a client that reads in order, as nearly all do, is mostly answered from
 * memory and on its own thread.
 *
 * <p>After reading, it checks whether somebody has written to the mailbox since the messages were located. So what is
 * kept is what was announced, whatever happens to the file later. A deletion makes checks of its own.
 */
final class SmallMessages {
    /** Octets of the longest small message: a buffer holds two. */
    private static final int LONGEST = ContentBuffer.MAX_OCTETS / 2;

    /** Octets of a buffer that the encoder may leave unused. */
    private static final int SPARE = 2;

    /** Attempts to read while others write to the mailbox. */
    private static final int TRIES = 20;

    /** Where the messages are read from; closed after each reading. */
    interface Source extends AutoCloseable {
        boolean isThere(int row);

        WireEncoder encoder(int row);

        /** Whether nobody has written to the mailbox since it was opened, so that what was read are the messages. */
        boolean isStill() throws IOException;

        @Override
        void close();
    }

    /** Locates messages, the first of which must exist. Called on the reading pool. */
    interface Opener {
        Source open(int firstRow, int lastRow) throws IOException;
    }

    private final String name;
    private final MboxIndex index;
    private final Opener opener;
    private final Consumer<StoreException> onCorrupt;
    private final Shown shown;
    private final BufferPool buffers;
    private final ReadAhead budget;
    private final Executor readers;

    // guarded by this
    /** Messages that were read ahead. */
    private @Nullable Chunk ahead;

    private int expected = 1;
    private int step = 1;
    private boolean closed;

    /**
     * @param onCorrupt called before a subscriber learns that a message is not what was counted
     * @param shown called with what is emitted
     */
    SmallMessages(
            String name,
            MboxIndex index,
            Opener opener,
            Consumer<StoreException> onCorrupt,
            Shown shown,
            BufferPool buffers,
            ReadAhead budget,
            Executor readers) {
        this.name = name;
        this.index = index;
        this.opener = opener;
        this.onCorrupt = onCorrupt;
        this.shown = shown;
        this.buffers = buffers;
        this.budget = budget;
        this.readers = readers;
    }

    static boolean isSmall(long octets) {
        return octets <= LONGEST;
    }

    /** One buffer. */
    Publisher<ContentBuffer> content(int number) {
        return subscriber -> subscriber.onSubscribe(new Reading(number, subscriber));
    }

    /** Drops what was read ahead. */
    void close() {
        synchronized (this) {
            closed = true;
        }
        forget();
    }

    private void forget() {
        Chunk known;
        synchronized (this) {
            known = ahead;
            ahead = null;
        }
        drop(known);
    }

    private static void drop(@Nullable Chunk chunk) {
        if (chunk != null) {
            chunk.drop();
        }
    }

    private @Nullable ContentBuffer known(int number) {
        Chunk used = null;
        ContentBuffer known;
        synchronized (this) {
            Chunk chunk = ahead;
            known = chunk == null ? null : chunk.take(number, shown);
            if (chunk == null || known == null) {
                return null;
            }
            expected = number + 1;
            if (number == chunk.last()) {
                used = chunk;
                ahead = null;
            }
        }
        drop(used);
        return known;
    }

    /** The last of the messages to read with this one. */
    private synchronized int last(int number) {
        step = number == expected && number > 1 ? 2 * step : 1;
        expected = number + 1;
        long octets = octets(number);
        int last = number;
        // a larger one would be read in vain: it is not asked for here
        while (last < index.count() && last + 1 - number < step && isSmall(octets(last + 1))) {
            octets += octets(last + 1);
            if (octets > ContentBuffer.MAX_OCTETS - SPARE) {
                // more will not fit next time either
                step = last + 1 - number;
                break;
            }
            last++;
        }
        return last;
    }

    private long octets(int number) {
        return index.octets(index.rowOf(number));
    }

    private ContentBuffer read(int number) throws IOException {
        forget();
        return taken(number, filled(number, last(number)));
    }

    /** Whether that message has been read ahead. */
    boolean isKnown(int number) {
        synchronized (this) {
            return ahead != null && ahead.has(number);
        }
    }

    /**
     * Reads a message ahead, and some more, if the client reads in order.
     *
     * @return whether it is in memory now; if not, it may have to be read on request
     */
    boolean readNext(int number) throws IOException {
        if (isKnown(number)) {
            return true;
        }
        synchronized (this) {
            if (closed || number != expected || !isSmall(octets(number))) {
                return false;
            }
        }
        forget();
        try {
            keep(filled(number, last(number)));
        } catch (StoreException e) {
            if (e.reason() == Reason.CHANGED) {
                return false;
            }
            if (e.reason() == Reason.CORRUPT) {
                onCorrupt.accept(e);
            }
            throw e;
        } finally {
            synchronized (this) {
                expected = number;
            }
        }
        return true;
    }

    private Chunk filled(int first, int last) throws IOException {
        BufferPool.Pooled buffer = buffers.take();
        Chunk chunk = null;
        try {
            for (int tries = 0; tries < TRIES && chunk == null; tries++) {
                chunk = filled(first, last, buffer);
            }
            if (chunk == null) {
                throw new StoreException(Reason.CHANGED, name + ": changed all the time by another program");
            }
            return chunk;
        } finally {
            if (chunk == null) {
                buffer.release();
            }
        }
    }

    /** {@code null} if somebody wrote to the mailbox meanwhile. */
    private @Nullable Chunk filled(int first, int last, BufferPool.Pooled buffer) throws IOException {
        try (Source source = opener.open(index.rowOf(first), index.rowOf(last))) {
            int[] ends = new int[last - first + 1];
            Fingerprint.Value[] prints = new Fingerprint.Value[ends.length];
            int count = 0;
            ByteBuffer out = buffer.octets().clear();
            try {
                while (count < ends.length && source.isThere(index.rowOf(first + count))) {
                    prints[count] = encode(source, first + count, out);
                    ends[count++] = out.position();
                }
            } catch (StoreException e) {
                // it may be of two times
                if (source.isStill()) {
                    throw e;
                }
                return null;
            }
            return source.isStill()
                    ? new Chunk(buffer, first, Arrays.copyOf(ends, count), Arrays.copyOf(prints, count), budget)
                    : null;
        }
    }

    private Fingerprint.Value encode(Source source, int number, ByteBuffer out) throws IOException {
        int start = out.position();
        source.encoder(index.rowOf(number)).encode(Content.blocks(), out);
        if (out.position() - start != octets(number)) {
            throw new StoreException(
                    Reason.CORRUPT,
                    "message " + number + " has not the " + octets(number) + " octets that were counted");
        }
        Fingerprint print = new Fingerprint();
        print.add(out.slice(start, out.position() - start));
        return print.value();
    }

    /** Takes the first message of a chunk and keeps the others. */
    private ContentBuffer taken(int number, Chunk chunk) {
        ContentBuffer wanted = chunk.take(number, shown);
        if (wanted == null) {
            throw new IllegalStateException("a buffer that was just filled");
        }
        if (number == chunk.last()) {
            chunk.drop();
        } else {
            keep(chunk);
        }
        return wanted;
    }

    private void keep(Chunk chunk) {
        budget.keep(chunk);
        Chunk unused = chunk;
        synchronized (this) {
            if (!closed) {
                unused = ahead;
                ahead = chunk;
            }
        }
        drop(unused);
    }

    /** Messages in one buffer, which returns to the pool once it is dropped and none of them is in use. */
    static final class Chunk {
        private final BufferPool.Pooled buffer;
        private final int first;
        private final int[] ends;
        private final Fingerprint.Value[] prints;
        private final ReadAhead budget;
        /** Users of the buffer: the chunk itself until it is dropped, and messages in use. */
        private final AtomicInteger users = new AtomicInteger(1);

        private boolean dropped;

        Chunk(BufferPool.Pooled buffer, int first, int[] ends, Fingerprint.Value[] prints, ReadAhead budget) {
            this.buffer = buffer;
            this.first = first;
            this.ends = ends;
            this.prints = prints;
            this.budget = budget;
        }

        int last() {
            return first + ends.length - 1;
        }

        synchronized boolean has(int number) {
            return !dropped && number >= first && number <= last();
        }

        synchronized @Nullable ContentBuffer take(int number, Shown shown) {
            if (!has(number)) {
                return null;
            }
            shown.record(number, prints[number - first]);
            users.incrementAndGet();
            int start = number == first ? 0 : ends[number - first - 1];
            return new Taken(this, buffer.octets().slice(start, ends[number - first] - start));
        }

        void drop() {
            synchronized (this) {
                if (dropped) {
                    return;
                }
                dropped = true;
            }
            budget.forget(this);
            unused();
        }

        private void unused() {
            if (users.decrementAndGet() == 0) {
                buffer.release();
            }
        }
    }

    /** One message of a chunk. */
    private static final class Taken implements ContentBuffer {
        private final ByteBuffer octets;
        private @Nullable Chunk chunk;

        private Taken(Chunk chunk, ByteBuffer octets) {
            this.chunk = chunk;
            this.octets = octets;
        }

        @Override
        public ByteBuffer octets() {
            return octets;
        }

        @Override
        public void release() {
            Chunk used;
            synchronized (this) {
                used = chunk;
                chunk = null;
            }
            if (used != null) {
                used.unused();
            }
        }
    }

    private final class Reading implements Subscription, Runnable {
        private static final AtomicIntegerFieldUpdater<Reading> STATE =
                AtomicIntegerFieldUpdater.newUpdater(Reading.class, "state");

        private static final int WAITS = 0;
        private static final int ASKED = 1;
        private static final int OVER = 2;

        private final int number;
        private final Subscriber<? super ContentBuffer> subscriber;
        private volatile int state = WAITS;
        private volatile boolean cancelled;

        Reading(int number, Subscriber<? super ContentBuffer> subscriber) {
            this.number = number;
            this.subscriber = subscriber;
        }

        @Override
        public void request(long n) {
            if (n <= 0) {
                fail(new IllegalArgumentException("demand must be positive (Reactive Streams 3.9)"));
                return;
            }
            if (state != WAITS || !STATE.compareAndSet(this, WAITS, ASKED)) {
                return;
            }
            ContentBuffer known = known(number);
            if (known != null) {
                give(known);
                return;
            }
            try {
                readers.execute(this);
            } catch (RejectedExecutionException e) {
                fail(StoreErrors.of(e));
            }
        }

        @Override
        public void cancel() {
            cancelled = true;
            state = OVER;
        }

        @Override
        public void run() {
            if (cancelled) {
                return;
            }
            ContentBuffer buffer;
            try {
                // it may have come while this waited
                ContentBuffer known = known(number);
                buffer = known != null ? known : read(number);
            } catch (IOException | RuntimeException e) {
                StoreException error = StoreErrors.about(name + ", message " + number, e);
                if (error.reason() == Reason.CORRUPT) {
                    onCorrupt.accept(error);
                }
                fail(error);
                return;
            }
            give(buffer);
        }

        private void give(ContentBuffer buffer) {
            if (!STATE.compareAndSet(this, ASKED, OVER)) {
                buffer.release();
                return;
            }
            subscriber.onNext(buffer);
            if (!cancelled) {
                subscriber.onComplete();
            }
        }

        private void fail(Throwable error) {
            if (STATE.getAndSet(this, OVER) != OVER) {
                subscriber.onError(error);
            }
        }
    }
}
