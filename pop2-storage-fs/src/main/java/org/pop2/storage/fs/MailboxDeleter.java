package org.pop2.storage.fs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.fs.format.MboxIndex;
import org.pop2.storage.fs.format.PseudoMessage;
import org.pop2.storage.fs.format.WireEncoder;
import org.pop2.storage.fs.io.FileStatus;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.journal.Commits;
import org.pop2.storage.fs.journal.Journal;
import org.pop2.storage.fs.journal.Replacements;
import org.pop2.storage.fs.lock.MboxLocks;
import org.pop2.storage.fs.lock.Pause;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Deletes from a mailbox that was counted. Blocks. */
final class MailboxDeleter {
    private static final Logger LOG = LoggerFactory.getLogger(MailboxDeleter.class);

    /** Least octets that a deletion must cut off for recovery to recognise that it is unfinished. */
    private static final int SHORTER = 64;

    private final MboxLocks locks;
    private final Commits commits;
    private final MailboxRecovery recovery;
    private final MailboxIndexer indexer;
    private final Replacements replacements;
    private final Pause pause;

    MailboxDeleter(
            MboxLocks locks,
            Commits commits,
            MailboxRecovery recovery,
            MailboxIndexer indexer,
            Replacements replacements,
            Pause pause) {
        this.locks = locks;
        this.commits = commits;
        this.recovery = recovery;
        this.indexer = indexer;
        this.replacements = replacements;
        this.pause = pause;
    }

    /**
     * Deletes messages, durably when it returns, and nothing if it fails. Those that another program has deleted are
     * deleted.
     *
     * @param numbers message numbers; not empty
     * @param stillHeld fails if the right to delete is gone; called with the mailbox locked
     */
    void delete(Counted counted, BitSet numbers, Guard stillHeld) throws IOException {
        try (MboxLocks.Locked locked = locks.lock(counted.path(), false)) {
            if (recovery.isDeletionPending(counted.path())) {
                throw new StoreException(Reason.UNAVAILABLE, counted.path() + ": an earlier deletion was interrupted");
            }
            stillHeld.check();
            if (locked == null) {
                LOG.atInfo().addKeyValue("mailbox", counted.path()).log("mailbox-gone");
                return;
            }
            recovery.recoverDelivery(locked);
            delete(locked, counted, numbers);
        }
    }

    private void delete(MboxLocks.Locked locked, Counted counted, BitSet numbers) throws IOException {
        FileStatus now = indexer.settled(locked);
        Counted.View seen = counted.view();
        BitSet rows = rows(counted, numbers);
        MboxIndex all = unmoved(locked, counted, seen, now, rows);
        if (all == null) {
            IndexFile.Stored found = indexer.recounted(locked);
            all = found.index();
            rows = moved(locked, counted, numbers, Relocation.of(counted.index(), all), all);
        }
        if (rows.isEmpty()) {
            return;
        }
        if (rows.cardinality() == all.rows() && all.hasNumbers() && empty(locked, all)) {
            return;
        }
        int first = rows.nextSetBit(0);
        commits.remove(locked, all.start(first), keptAfter(locked.file(), all, rows, first), all.end());
        indexer.update(locked, all.without(rows));
    }

    /**
     * Empties a mailbox that is also read by IMAP as IMAP servers do: c-client's pseudo-message stays. Otherwise
     * Dovecot 2.3 may believe that the empty file still has its old length, and write the next message behind as many
     * NULs.
     *
     * @return {@code false} if the mailbox is too short for that message
     */
    private boolean empty(MboxLocks.Locked locked, MboxIndex all) throws IOException {
        Instant now = Instant.ofEpochMilli(pause.now());
        Optional<byte[]> pseudo = PseudoMessage.of(locked.file(), all, now, all.end() - SHORTER);
        if (pseudo.isEmpty()) {
            return false;
        }
        byte[] octets = pseudo.get();
        try (Replacements.Image image = replacements.image(out -> out.put(octets, 0, octets.length))) {
            MboxIndex left = indexer.scan(image.file(), image.length(), locked::keepAlive);
            commits.remove(locked, 0, List.of(new Journal.Range(image.file(), 0, image.length())), all.end());
            indexer.update(locked, left);
        }
        return true;
    }

    private static BitSet rows(Counted counted, BitSet numbers) {
        BitSet rows = new BitSet(counted.index().rows());
        numbers.stream().forEach(number -> rows.set(counted.index().rowOf(number)));
        return rows;
    }

    /**
     * The current index, appended messages included, if the messages to delete did not move; {@code null} if they have
     * to be located.
     */
    private @Nullable MboxIndex unmoved(
            MboxLocks.Locked locked, Counted counted, Counted.View seen, FileStatus now, BitSet rows)
            throws IOException {
        if (seen.moved() != null || !seen.isOf(locked.mailbox().key())) {
            return null;
        }
        MboxIndex index = counted.index();
        boolean same = seen.isGood(now) && now.size() == index.end();
        if (!same && !counted.areStill(seen, now, rows.stream().toArray())) {
            return null;
        }
        MboxIndex all = indexer.extend(locked.file(), index, now.size(), locked::keepAlive);
        boolean ended =
                all.rows() >= index.rows() && (!rows.get(index.rows() - 1) || isOnlyEnded(locked.file(), index, all));
        return ended ? all : null;
    }

    /**
     * The current rows of the messages to delete, without those that are gone. Each must equal, to the octet, the one
     * that the session was shown.
     */
    private BitSet moved(MboxLocks.Locked locked, Counted counted, BitSet numbers, Relocation found, MboxIndex all)
            throws IOException {
        BitSet rows = new BitSet(all.rows());
        for (int number = numbers.nextSetBit(0); number >= 0; number = numbers.nextSetBit(number + 1)) {
            int before = counted.index().rowOf(number);
            if (found.isDoubtful(before)) {
                throw counted.changed("message " + number + " is one of several that are alike, and some were deleted");
            }
            int row = found.row(before);
            if (row == Relocation.GONE) {
                continue;
            }
            if (!counted.shown().isThat(number, print(locked, all, row))) {
                throw counted.changed("message " + number + " is not what was read in this session: it was changed");
            }
            rows.set(row);
        }
        return rows;
    }

    private Fingerprint.Value print(MboxLocks.Locked locked, MboxIndex all, int row) throws IOException {
        WireEncoder encoder =
                new WireEncoder(locked.file(), all, row, indexer.format().quoting());
        Fingerprint print = new Fingerprint();
        ByteBuffer some = ByteBuffer.allocate(ContentBuffer.MAX_OCTETS);
        while (!encoder.finished()) {
            encoder.encode(Content.blocks(), some.clear());
            print.add(some.flip());
            locked.keepAlive();
        }
        return print.value();
    }

    /** Whether at most the missing line ends were appended to the last message. */
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

    /** A last check before a deletion. */
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
