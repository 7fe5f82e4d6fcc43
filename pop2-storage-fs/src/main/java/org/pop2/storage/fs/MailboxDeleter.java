package org.pop2.storage.fs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.fs.format.MboxIndex;
import org.pop2.storage.fs.io.FileStatus;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.journal.Commits;
import org.pop2.storage.fs.journal.Journal;
import org.pop2.storage.fs.lock.MboxLocks;

/** Deletes from a mailbox that was counted. Blocks. */
final class MailboxDeleter {
    private final MboxLocks locks;
    private final Commits commits;
    private final MailboxRecovery recovery;
    private final MailboxIndexer indexer;

    MailboxDeleter(MboxLocks locks, Commits commits, MailboxRecovery recovery, MailboxIndexer indexer) {
        this.locks = locks;
        this.commits = commits;
        this.recovery = recovery;
        this.indexer = indexer;
    }

    /**
     * Deletes messages, durably when it returns, and nothing if it fails.
     *
     * @param numbers message numbers; not empty
     * @param stillHeld fails if the right to delete is gone; called with the mailbox locked
     */
    void delete(Counted counted, BitSet numbers, Guard stillHeld) throws IOException {
        MboxIndex index = counted.index();
        BitSet rows = new BitSet(index.rows());
        numbers.stream().forEach(number -> rows.set(index.rowOf(number)));
        try (MboxLocks.Locked locked = locks.lock(counted.path(), false)) {
            if (locked == null || !counted.isOf(locked.mailbox().key())) {
                throw counted.changed("was removed or replaced");
            }
            if (recovery.isDeletionPending(counted.path())) {
                throw new StoreException(Reason.UNAVAILABLE, counted.path() + ": an earlier deletion was interrupted");
            }
            stillHeld.check();
            recovery.recoverDelivery(locked);
            FileStatus now = indexer.settled(locked);
            if (!now.sameAs(counted.stored().status())) {
                for (int row = rows.nextSetBit(0); row >= 0; row = rows.nextSetBit(row + 1)) {
                    counted.check(now, row);
                }
            }
            MboxIndex all = indexer.extend(locked.file(), index, now.size(), locked::keepAlive);
            if (all.rows() < index.rows() || (rows.get(index.rows() - 1) && !isOnlyEnded(locked.file(), index, all))) {
                throw counted.changed("was appended to in the middle of a message");
            }
            int first = rows.nextSetBit(0);
            commits.remove(locked, all.start(first), keptAfter(locked.file(), all, rows, first), all.end());
            indexer.update(locked, all.without(rows));
        }
    }

    /** Whether what was appended to the last message is at most the line ends that were missing behind it. */
    private static boolean isOnlyEnded(IoFile file, MboxIndex before, MboxIndex after) throws IOException {
        long from = before.end();
        long to = after.next(before.rows() - 1);
        if (to - from > 4) {
            return false;
        }
        ByteBuffer octets = ByteBuffer.allocate((int) (to - from));
        if (!file.readFully(octets, from)) {
            throw new IOException("the mailbox became shorter while it was locked");
        }
        for (byte octet : octets.array()) {
            if (octet != '\n' && octet != '\r') {
                return false;
            }
        }
        return true;
    }

    /** A last look before a deletion. */
    interface Guard {
        void check() throws IOException;
    }

    private static List<Journal.Range> keptAfter(IoFile file, MboxIndex index, BitSet deleted, int first) {
        List<Journal.Range> kept = new ArrayList<>();
        int row = deleted.nextClearBit(first);
        while (row < index.rows()) {
            int next = deleted.nextSetBit(row);
            int end = next < 0 ? index.rows() : next;
            kept.add(new Journal.Range(file, index.start(row), index.next(end - 1)));
            row = next < 0 ? index.rows() : deleted.nextClearBit(next);
        }
        return kept;
    }
}
