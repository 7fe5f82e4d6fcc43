package org.pop2.storage.sql;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.sql.Database.Repeat;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import reactor.core.publisher.Operators;

/**
 * The content of one message, in windows of chunks by key: one short statement each, sent only for chunks that were
 * requested. So nothing is ever queued here, and no connection is held while a client is waited for.
 */
final class ChunkReader implements Publisher<ContentBuffer> {
    /** Most chunks of one statement: half a MiB. */
    private static final int WINDOW = 8;

    private final Database database;
    private final UUID mailboxId;
    private final UUID bodyId;
    private final long octets;
    private final Runnable onCorrupt;

    /** @param onCorrupt run before the subscriber hears that the message is not what was counted */
    ChunkReader(Database database, UUID mailboxId, UUID bodyId, long octets, Runnable onCorrupt) {
        this.database = database;
        this.mailboxId = mailboxId;
        this.bodyId = bodyId;
        this.octets = octets;
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
        private final AtomicBoolean busy = new AtomicBoolean();
        private final int chunks = chunks();
        private volatile boolean over;
        private long demand;
        /** The next chunk. Only whoever set {@link #busy} touches it. */
        private volatile int next;

        Reading(Subscriber<? super ContentBuffer> subscriber) {
            this.subscriber = subscriber;
        }

        @Override
        public void request(long n) {
            if (n <= 0) {
                if (!over) {
                    over = true;
                    subscriber.onError(new IllegalArgumentException("Reactive Streams 3.9: request of " + n));
                }
                return;
            }
            synchronized (this) {
                demand = Operators.addCap(demand, n);
            }
            read();
        }

        @Override
        public void cancel() {
            over = true;
        }

        /** One window at a time; whoever ends one looks for the demand that came meanwhile. */
        private void read() {
            if (over || demand() == 0 || !busy.compareAndSet(false, true)) {
                return;
            }
            int from = next;
            int to = (int) Math.min(Math.min(WINDOW, chunks - from), demand()) + from;
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
                                    to))
                    .subscribe(window -> emit(from, to, window), this::fail);
        }

        private void emit(int from, int to, List<Chunk> window) {
            if (!isWhole(from, to, window)) {
                onCorrupt.run();
                fail(new StoreException(
                        Reason.CORRUPT,
                        "read a message: chunks " + from + " to " + to + " of body " + bodyId + " in mailbox "
                                + mailboxId + " are not what was counted"));
                return;
            }
            for (Chunk chunk : window) {
                if (over) {
                    return;
                }
                synchronized (this) {
                    if (demand != Long.MAX_VALUE) {
                        demand--;
                    }
                }
                next = chunk.seq() + 1;
                subscriber.onNext(ContentBuffer.unpooled(chunk.octets()));
            }
            if (next == chunks) {
                if (!over) {
                    over = true;
                    subscriber.onComplete();
                }
                return;
            }
            busy.set(false);
            read();
        }

        private boolean isWhole(int from, int to, List<Chunk> window) {
            if (window.size() != to - from) {
                return false;
            }
            for (int i = 0; i < window.size(); i++) {
                int seq = from + i;
                long length = seq == chunks - 1 ? octets - (long) seq * WireForm.CHUNK_OCTETS : WireForm.CHUNK_OCTETS;
                if (window.get(i).seq() != seq || window.get(i).octets().remaining() != length) {
                    return false;
                }
            }
            return true;
        }

        private synchronized long demand() {
            return demand;
        }

        private void fail(Throwable error) {
            if (!over) {
                over = true;
                subscriber.onError(error);
            }
        }
    }
}
