package org.pop2.storage.sql;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.sql.Database.Repeat;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import reactor.core.publisher.Operators;

/**
 * The content of one message, in windows of chunks by key: one short statement each, so that no connection is held
 * while a client is waited for. A few readings at a time may read one window ahead of what was requested; the others
 * read only that.
 *
 * <p>The last chunk is given away when the checksum of the whole is right: of a message that is not what was delivered
 * the client gets less than it was told, and cannot acknowledge it.
 */
final class ChunkReader implements Publisher<ContentBuffer> {
    /** Most chunks of one statement: half a MiB. */
    private static final int WINDOW = 8;

    private final Database database;
    private final UUID mailboxId;
    private final UUID bodyId;
    private final long octets;
    private final long checksum;
    private final ReadAhead budget;
    private final Runnable onCorrupt;

    /**
     * @param budget whether this may read more than it was asked for: two windows at most
     * @param onCorrupt run before the subscriber hears that the message is not what was delivered
     */
    ChunkReader(
            Database database,
            UUID mailboxId,
            UUID bodyId,
            long octets,
            long checksum,
            ReadAhead budget,
            Runnable onCorrupt) {
        this.database = database;
        this.mailboxId = mailboxId;
        this.bodyId = bodyId;
        this.octets = octets;
        this.checksum = checksum;
        this.budget = budget;
        this.onCorrupt = onCorrupt;
    }

    @Override
    public void subscribe(Subscriber<? super ContentBuffer> subscriber) {
        subscriber.onSubscribe(new Reading(subscriber));
    }

    private int chunks() {
        return (int) ((octets + WireForm.CHUNK_OCTETS - 1) / WireForm.CHUNK_OCTETS);
    }

    /** @param seq which chunk */
    private record Chunk(int seq, ByteBuffer octets) {}

    private final class Reading implements Subscription {
        private final Subscriber<? super ContentBuffer> subscriber;
        private final int chunks = chunks();
        private final AtomicLong demand = new AtomicLong();
        /** Above 0 while somebody is in {@link #drain}, who alone touches what follows the volatile fields. */
        private final AtomicInteger calls = new AtomicInteger();

        private final AtomicReference<@Nullable List<Chunk>> arrived = new AtomicReference<>();
        private volatile @Nullable Throwable failure;
        private volatile boolean cancelled;

        private final Deque<Chunk> queue = new ArrayDeque<>();
        private final Checksum seen = new Checksum();
        /** Where the last window begins and ends that was asked for, and how many chunks have been emitted. */
        private int windowFrom;

        private int asked;

        private int emitted;
        private boolean reading;
        private boolean mayReadAhead;
        private boolean over;

        Reading(Subscriber<? super ContentBuffer> subscriber) {
            this.subscriber = subscriber;
        }

        @Override
        public void request(long n) {
            if (n <= 0) {
                failure = new IllegalArgumentException("Reactive Streams 3.9: request of " + n);
            } else {
                demand.getAndUpdate(before -> Operators.addCap(before, n));
            }
            drain();
        }

        @Override
        public void cancel() {
            cancelled = true;
            drain();
        }

        /** Whoever comes while somebody is here leaves the work to them. */
        private void drain() {
            if (calls.getAndIncrement() != 0) {
                return;
            }
            int done = 1;
            while (done != 0) {
                step();
                done = calls.addAndGet(-done);
            }
        }

        private void step() {
            if (over) {
                return;
            }
            Throwable error = failure;
            if (cancelled) {
                end();
            } else if (error != null) {
                end();
                subscriber.onError(error);
            } else {
                take(arrived.getAndSet(null));
                // the database works while what came from it is looked at
                readOn();
                emit();
                readOn();
            }
        }

        private void take(@Nullable List<Chunk> window) {
            if (window == null) {
                return;
            }
            reading = false;
            if (isWhole(window)) {
                queue.addAll(window);
            } else {
                failCorrupt();
            }
        }

        private void failCorrupt() {
            onCorrupt.run();
            end();
            subscriber.onError(new StoreException(
                    Reason.CORRUPT,
                    "read a message: body " + bodyId + " in mailbox " + mailboxId + " is not what was delivered"));
        }

        private void emit() {
            while (!over && !queue.isEmpty() && demand.get() > 0) {
                if (cancelled) {
                    end();
                    return;
                }
                demand.getAndUpdate(before -> before == Long.MAX_VALUE ? before : before - 1);
                ByteBuffer chunk = queue.remove().octets();
                seen.add(chunk);
                emitted++;
                if (emitted == chunks && seen.value() != checksum) {
                    failCorrupt();
                    return;
                }
                subscriber.onNext(ContentBuffer.unpooled(chunk));
            }
            if (!over && emitted == chunks) {
                end();
                subscriber.onComplete();
            }
        }

        /** What is wanted; and, if few enough do so, the next window while this one is on its way to the client. */
        private void readOn() {
            int left = chunks - asked;
            long wanted = demand.get() - queue.size();
            if (over || reading || left == 0) {
                return;
            }
            if (!mayReadAhead && emitted > 0 && left > WINDOW) {
                mayReadAhead = budget.transferBegins();
            }
            if (mayReadAhead && queue.size() <= WINDOW) {
                read(Math.min(left, WINDOW));
            } else if (wanted > 0) {
                read((int) Math.min(Math.min(left, WINDOW), wanted));
            }
        }

        private void read(int count) {
            reading = true;
            int from = asked;
            windowFrom = from;
            asked += count;
            database.run(
                            "read a message",
                            Repeat.ALWAYS,
                            connection -> database.rows(
                                    connection,
                                    Sql.CHUNKS,
                                    row -> new Chunk(
                                            Rows.get(row, 0, Integer.class), Rows.get(row, 1, ByteBuffer.class)),
                                    mailboxId,
                                    bodyId,
                                    from,
                                    from + count))
                    .subscribe(
                            window -> {
                                arrived.set(window);
                                drain();
                            },
                            error -> {
                                failure = error;
                                drain();
                            });
        }

        private boolean isWhole(List<Chunk> window) {
            if (window.size() != asked - windowFrom) {
                return false;
            }
            for (int i = 0; i < window.size(); i++) {
                int seq = windowFrom + i;
                long length = seq == chunks - 1 ? octets - (long) seq * WireForm.CHUNK_OCTETS : WireForm.CHUNK_OCTETS;
                if (window.get(i).seq() != seq || window.get(i).octets().remaining() != length) {
                    return false;
                }
            }
            return true;
        }

        private void end() {
            over = true;
            queue.clear();
            if (mayReadAhead) {
                mayReadAhead = false;
                budget.transferEnds();
            }
        }
    }
}
