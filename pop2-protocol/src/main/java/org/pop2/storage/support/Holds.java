package org.pop2.storage.support;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Notes;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.reactivestreams.Publisher;

/**
 * Exclusive holds of mailboxes, with takeover and fencing (rules S6, S10, S11, S13), for a storage on one node. The
 * storage supplies a {@link Snapshot} of a mailbox; this class makes it the {@link Mailbox} for the caller.
 */
public final class Holds {
    private static final long RETRY_MILLIS = 2;

    /** The holders. Several {@link Holds} over one table are several instances of a storage over the same mail. */
    public static final class Table {
        private final Map<Object, Held> holders = new HashMap<>();

        /** An empty table. */
        public Table() {}
    }

    private final Table table;
    private final HoldPolicy policy;
    private final Executor executor;

    /** Holds with a table of their own. The executor takes snapshots and deletes. */
    public Holds(HoldPolicy policy, Executor executor) {
        this(new Table(), policy, executor);
    }

    public Holds(Table table, HoldPolicy policy, Executor executor) {
        this.table = table;
        this.policy = policy;
        this.executor = executor;
    }

    /**
     * Opens a mailbox as {@link org.pop2.storage.MailStore#open} requires.
     *
     * @param key identifies the mailbox, by {@link Object#equals}
     * @param look takes the snapshot, on the executor, once the mailbox is held
     */
    public Publisher<Mailbox> open(Object key, Supplier<? extends Snapshot> look) {
        return new Opening(outcome -> attempt(new Held(key), look, outcome, System.nanoTime()));
    }

    /** Gives up every mailbox that was opened here and is still held, without deleting. */
    public void close() {
        List<Held> mine;
        synchronized (table) {
            mine = new ArrayList<>(table.holders.values());
        }
        mine.stream().filter(it -> it.owner() == this).forEach(Held::abandon);
    }

    private void attempt(Held newcomer, Supplier<? extends Snapshot> look, Opening.Outcome outcome, long since) {
        if (outcome.isCancelled()) {
            return;
        }
        Held loser = null;
        boolean got = false;
        synchronized (table) {
            Held holder = table.holders.get(newcomer.key);
            if (holder == null || (holder.isSilent(policy.takeoverAfter().toNanos()) && !holder.deleting)) {
                table.holders.put(newcomer.key, newcomer);
                loser = holder;
                got = true;
            }
        }
        if (loser != null) {
            loser.lose();
        }
        if (got) {
            execute(() -> begin(newcomer, look, outcome), outcome, newcomer);
        } else if (System.nanoTime() - since < policy.busyWait().toNanos()) {
            CompletableFuture.delayedExecutor(RETRY_MILLIS, TimeUnit.MILLISECONDS)
                    .execute(() -> attempt(newcomer, look, outcome, since));
        } else {
            outcome.failed(new StoreException(Reason.BUSY, "held by another session"));
        }
    }

    private void execute(Runnable work, Opening.Outcome outcome, Held newcomer) {
        try {
            executor.execute(work);
        } catch (RuntimeException rejected) {
            newcomer.abandon();
            outcome.failed(new StoreException(Reason.UNAVAILABLE, "the storage is closed", rejected));
        }
    }

    private static void begin(Held newcomer, Supplier<? extends Snapshot> look, Opening.Outcome outcome) {
        try {
            newcomer.begin(look.get());
        } catch (RuntimeException e) {
            newcomer.abandon();
            outcome.failed(e);
            return;
        }
        outcome.opened(newcomer);
    }

    /** A held mailbox. It is its own fencing token: the table knows which of them holds. */
    private final class Held implements Mailbox {
        private final Object key;
        private final Occurrence lost = new Occurrence();
        private final Occurrence released = new Occurrence();
        private final AtomicBoolean releasing = new AtomicBoolean();
        private final AtomicBoolean told = new AtomicBoolean();
        private volatile long lastActive = System.nanoTime();
        private volatile @Nullable Snapshot snapshot;
        private volatile long[] octets = {};
        /** Guarded by the table: a deletion that has begun is not taken over. */
        private boolean deleting;

        Held(Object key) {
            this.key = key;
        }

        Holds owner() {
            return Holds.this;
        }

        void begin(Snapshot seen) {
            octets = seen.octets().stream().mapToLong(it -> it).toArray();
            snapshot = seen;
            lastActive = System.nanoTime();
            boolean held;
            synchronized (table) {
                held = table.holders.get(key) == this;
            }
            if (!held) {
                // lost before it was there
                ended();
            }
        }

        private Snapshot snapshot() {
            return Objects.requireNonNull(snapshot, "not opened");
        }

        boolean isSilent(long nanos) {
            return System.nanoTime() - lastActive >= nanos;
        }

        /** Another session holds it now. */
        void lose() {
            ended();
            lost.happen(null);
        }

        /** Gives it back as if it had never been opened. */
        void abandon() {
            boolean mine;
            synchronized (table) {
                mine = !deleting && table.holders.remove(key, this);
            }
            if (mine) {
                ended();
            }
        }

        private void ended() {
            Snapshot seen = snapshot;
            if (seen != null && told.compareAndSet(false, true)) {
                seen.ended();
            }
        }

        private int index(int number) {
            return Objects.checkIndex(number - 1, octets.length);
        }

        @Override
        public int count() {
            return octets.length;
        }

        @Override
        public long octets(int number) {
            return octets[index(number)];
        }

        @Override
        public boolean writable() {
            return snapshot().writable();
        }

        @Override
        public Publisher<ContentBuffer> content(int number) {
            return snapshot().content(index(number) + 1);
        }

        @Override
        public Publisher<Void> release(BitSet deleted) {
            BitSet copy = (BitSet) deleted.clone();
            if (copy.get(0) || copy.length() > count() + 1 || (!writable() && !copy.isEmpty())) {
                throw new IllegalArgumentException("cannot delete " + copy + " of " + count());
            }
            return subscriber -> {
                released.subscribe(subscriber);
                if (releasing.compareAndSet(false, true)) {
                    let(copy);
                }
            };
        }

        private void let(BitSet deleted) {
            synchronized (table) {
                deleting = table.holders.get(key) == this;
            }
            if (!deleting) {
                released.happen(new StoreException(Reason.BUSY, "the mailbox was taken over"));
            } else if (deleted.isEmpty()) {
                end(null);
            } else {
                try {
                    executor.execute(() -> delete(deleted));
                } catch (RuntimeException rejected) {
                    end(new StoreException(Reason.UNAVAILABLE, "the storage is closed", rejected));
                }
            }
        }

        private void delete(BitSet deleted) {
            try {
                snapshot().delete(deleted);
            } catch (RuntimeException e) {
                end(Failures.of(e));
                return;
            }
            end(null);
        }

        private void end(@Nullable StoreException error) {
            synchronized (table) {
                table.holders.remove(key, this);
            }
            ended();
            released.happen(error);
        }

        @Override
        public void active() {
            lastActive = System.nanoTime();
        }

        @Override
        public Publisher<Void> lost() {
            return lost;
        }

        @Override
        public Optional<Notes> notes() {
            return snapshot().notes();
        }
    }
}
