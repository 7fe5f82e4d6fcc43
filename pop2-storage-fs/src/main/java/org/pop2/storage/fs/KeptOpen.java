package org.pop2.storage.fs;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Mailboxes whose sessions have ended without a deletion: held, counted and open for a moment longer. The end of such a
 * session waits for no file, and the next one of that mailbox in this process, if it comes soon, neither. A session of
 * another process waits that moment for the hold.
 *
 * <p>Bounded in mailboxes, that is descriptors, and in messages, that is memory. Safe for many threads.
 */
final class KeptOpen implements AutoCloseable {
    private static final long KEPT_MILLIS = 100;
    private static final int MOST = 256;
    private static final long MOST_MESSAGES = 1_000_000;

    /** A mailbox, and the right to delete from it. */
    record Entry(MboxFiles.Counted counted, Holds.Hold hold, long sinceNanos) {
        private Path file() {
            return counted.path().file();
        }

        private int rows() {
            return counted.index().rows();
        }

        /** Lets go of both. Touches files. */
        private void end() {
            hold.end();
            counted.closeOrWarn();
        }
    }

    private final Work work;
    private final Map<Path, Entry> entries = new ConcurrentHashMap<>();
    private final AtomicLong messages = new AtomicLong();
    private final AtomicBoolean sweeping = new AtomicBoolean();
    private volatile boolean closed;

    KeptOpen(Work work) {
        this.work = work;
    }

    int count() {
        return entries.size();
    }

    /**
     * Takes over what a session had; touches no file. Sessions that keep their mailboxes at the same moment may go a
     * little over the bounds.
     *
     * @return {@code false}: not taken, there is no room or another session has the mailbox
     */
    boolean keep(MboxFiles.Counted counted, Holds.Hold hold) {
        int rows = counted.index().rows();
        if (closed || entries.size() >= MOST || messages.get() + rows > MOST_MESSAGES) {
            return false;
        }
        Holds.Hold next = hold.handOver();
        if (next == null) {
            return false;
        }
        Entry entry = new Entry(counted, next, System.nanoTime());
        messages.addAndGet(rows);
        Entry before = entries.put(entry.file(), entry);
        if (before != null) {
            // its hold is gone, or this one would not have been to be had
            messages.addAndGet(-before.rows());
            work.submit(before::end, before::end);
        }
        if (closed && remove(entry)) {
            entry.end();
        } else if (sweeping.compareAndSet(false, true)) {
            later();
        }
        return true;
    }

    /** What is kept of a mailbox is the caller's from now on; nothing if there is nothing, or no right to it. */
    @Nullable
    Entry take(MailboxPath path) {
        Entry entry = entries.get(path.file());
        if (entry == null || !remove(entry)) {
            return null;
        }
        if (!entry.hold().isCurrent()) {
            entry.end();
            return null;
        }
        return entry;
    }

    private boolean remove(Entry entry) {
        boolean removed = entries.remove(entry.file(), entry);
        if (removed) {
            messages.addAndGet(-entry.rows());
        }
        return removed;
    }

    private void later() {
        work.later(KEPT_MILLIS, this::sweep, () -> sweeping.set(false));
    }

    private void sweep() {
        long now = System.nanoTime();
        for (Entry entry : entries.values()) {
            if (now - entry.sinceNanos() >= KEPT_MILLIS * 1_000_000 && remove(entry)) {
                entry.end();
            }
        }
        if (!entries.isEmpty()) {
            later();
            return;
        }
        sweeping.set(false);
        if (!entries.isEmpty() && sweeping.compareAndSet(false, true)) {
            later();
        }
    }

    /** Lets go of all, on the caller's thread, and takes no more. */
    @Override
    public void close() {
        closed = true;
        for (Entry entry : entries.values()) {
            if (remove(entry)) {
                entry.end();
            }
        }
    }
}
