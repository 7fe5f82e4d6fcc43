package org.pop2.storage.fs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.Examined;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What can be done with a mailbox file: count it, delete from it, append to it. Blocks; knows no sessions. */
final class MboxFiles {
    private static final Logger LOG = LoggerFactory.getLogger(MboxFiles.class);
    /** More than this is scanned before the mailbox is locked, so that deliveries wait for milliseconds only. */
    private static final long SCAN_UNLOCKED = 1024 * 1024;
    /** Least octets of a mailbox for which another thread is asked to help scanning. */
    private static final long SCAN_PIECE = 16 * 1024 * 1024;
    /** Most threads that scan one mailbox. */
    private static final int SCANNERS = Math.min(4, Runtime.getRuntime().availableProcessors());
    /** Longest step of a file system's clock that counts in fractions of a second. */
    private static final long TICK_NANOS = 10_000_000;

    /** What was appended since a mailbox was counted is scanned for each delivery up to this size. */
    private static final long SCAN_AGAIN = 64 * 1024;

    /** Octets of the shortest line that begins a message; a little less. */
    private static final long SHORTEST_MESSAGE = 20;

    private static final long SECOND_NANOS = 1_000_000_000;

    private final StorageIo io;
    private final ChannelRegistry channels;
    private final MboxLocks locks;
    private final Commits commits;
    private final Deliveries deliveries;
    private final IndexFile indexes;
    private final MboxFormat format;
    private final Pause pause;
    private final Executor helpers;

    /** What does everything on the calling thread. */
    MboxFiles(
            StorageIo io,
            ChannelRegistry channels,
            MboxLocks locks,
            Commits commits,
            Deliveries deliveries,
            IndexFile indexes,
            MboxFormat format,
            Pause pause) {
        this(io, channels, locks, commits, deliveries, indexes, format, pause, Runnable::run);
    }

    /** @param helpers threads that help scanning if they have nothing else to do */
    MboxFiles(
            StorageIo io,
            ChannelRegistry channels,
            MboxLocks locks,
            Commits commits,
            Deliveries deliveries,
            IndexFile indexes,
            MboxFormat format,
            Pause pause,
            Executor helpers) {
        this.io = io;
        this.channels = channels;
        this.locks = locks;
        this.commits = commits;
        this.deliveries = deliveries;
        this.indexes = indexes;
        this.format = format;
        this.pause = pause;
        this.helpers = helpers;
    }

    MboxFormat format() {
        return format;
    }

    /** A mailbox as it was counted, with its channel, which {@link #close} gives back. */
    final class Counted {
        private final MailboxPath path;
        private final ChannelRegistry.Shared mailbox;
        private final IndexFile.Stored stored;
        private volatile FileStatus good;

        private Counted(MailboxPath path, ChannelRegistry.Shared mailbox, IndexFile.Stored stored) {
            this.path = path;
            this.mailbox = mailbox;
            this.stored = stored;
            this.good = stored.status();
        }

        MailboxPath path() {
            return path;
        }

        MboxIndex index() {
            return stored.index();
        }

        IoFile file() {
            return mailbox.file();
        }

        boolean writable() {
            return mailbox.writable();
        }

        ChannelRegistry.Shared share() {
            return mailbox.share();
        }

        void close() throws IOException {
            mailbox.close();
        }

        /** Closes for somebody who can do nothing about a failure but tell the administrator. */
        void closeOrWarn() {
            giveBack(mailbox);
        }

        /** As {@link #closeOrWarn}, of what {@link #share} gave. */
        void giveBack(ChannelRegistry.Shared channel) {
            try {
                channel.close();
            } catch (IOException e) {
                LOG.atWarn()
                        .addKeyValue("mailbox", path)
                        .addKeyValue("error", e.toString())
                        .log("mailbox-not-closed");
            }
        }

        /**
         * Fails as corrupt unless the octets that were counted are still there: it is the same file, not shorter, and
         * if it was written to, begins and ends the same and has a message where {@code row} was.
         */
        void check(int row) throws IOException {
            check(row, row);
        }

        /** As {@link #check(int)}, of some messages. */
        void check(int firstRow, int lastRow) throws IOException {
            FileStatus now = path.check(io);
            if (now == null || !now.key().equals(mailbox.key())) {
                throw changed("was replaced");
            }
            if (now.sameAs(good)) {
                return;
            }
            for (int row = firstRow; row <= lastRow; row++) {
                check(now, row);
            }
            good = now;
        }

        private void check(FileStatus now, int row) throws IOException {
            if (!stored.isPrefixOf(file(), now)
                    || Quoting.from(head(index().start(row)), 0, Quoting.FROM_LENGTH) != Quoting.Match.YES) {
                throw changed("was changed");
            }
        }

        private byte[] head(long at) throws IOException {
            byte[] head = new byte[Quoting.FROM_LENGTH];
            return file().readFully(ByteBuffer.wrap(head), at) ? head : new byte[Quoting.FROM_LENGTH];
        }

        private StoreException changed(String how) {
            return new StoreException(Reason.CORRUPT, path + ": " + how + " by another program");
        }
    }

    /** Counts a mailbox; {@code null} if there is none. */
    @Nullable
    Counted open(MailboxPath path) throws IOException {
        IndexFile.Stored saved = indexes.load(path).orElse(null);
        Counted unchanged = openUnchanged(path, saved);
        if (unchanged != null) {
            return unchanged;
        }
        return Waits.during(() -> count(path, saved));
    }

    private @Nullable Counted count(MailboxPath path, IndexFile.@Nullable Stored saved) throws IOException {
        IndexFile.Stored known = scanUnlocked(path, saved);
        try (MboxLocks.Locked locked = locks.lock(path, false)) {
            if (locked == null) {
                return null;
            }
            recover(locked);
            IndexFile.Stored stored = index(locked, known);
            if (!stored.isThat(saved)) {
                indexes.save(path, stored);
            }
            return new Counted(path, locked.mailbox().share(), stored);
        }
    }

    /** Nothing to keep alive while nothing is locked. */
    private static void unlocked() {}

    /**
     * The mailbox as the index has it, if nothing was written since: then nothing is read, and no delivery has to wait
     * for a lock of ours. Whoever writes after this look appends behind what was counted.
     *
     * <p>But a session that has just lost its hold may be in the middle of a deletion, for which it has locked the
     * mailbox while the hold was still its own: so it must be free first, and looked at after that.
     */
    private @Nullable Counted openUnchanged(MailboxPath path, IndexFile.@Nullable Stored known) throws IOException {
        FileStatus now = known == null ? null : unchanged(path, known);
        if (known == null || now == null) {
            return null;
        }
        ChannelRegistry.Shared mailbox = channels.open(io, path);
        if (mailbox == null) {
            return null;
        }
        if (mailbox.key().equals(now.key())) {
            return new Counted(path, mailbox, known.at(now));
        }
        mailbox.close();
        return null;
    }

    /** What is there, if it is what was counted, and nobody is at it. */
    private @Nullable FileStatus unchanged(MailboxPath path, IndexFile.Stored known) throws IOException {
        if (!locks.isFree(path) || commits.isPending(path) || deliveries.isPending(path)) {
            return null;
        }
        FileStatus now = path.check(io);
        return now == null || !known.isUnchanged(now) || isRecent(now) || isCoarse(now) ? null : now;
    }

    private void recover(MboxLocks.Locked locked) throws IOException {
        recoverDeletion(locked);
        recoverDelivery(locked);
    }

    private void recoverDelivery(MboxLocks.Locked locked) throws IOException {
        if (locked.mailbox().writable()) {
            deliveries.recover(locked);
        } else if (deliveries.isPending(locked.path())) {
            LOG.atWarn()
                    .addKeyValue("mailbox", locked.path())
                    .addKeyValue("reason", "read-only")
                    .log("delivery-recovery-blocked");
        }
    }

    private void recoverDeletion(MboxLocks.Locked locked) throws IOException {
        if (!commits.isPending(locked.path())) {
            return;
        }
        if (!locked.mailbox().writable()) {
            throw new StoreException(
                    Reason.UNAVAILABLE, locked.path() + ": a deletion was interrupted, and the file is read-only now");
        }
        commits.recover(locked);
    }

    /** What is in the way of a mailbox, for people. */
    List<Examined.Finding> examine(MailboxPath path) {
        List<Examined.Finding> found = new ArrayList<>();
        try {
            path.check(io);
            found.addAll(locks.examine(path));
            if (commits.isPending(path) || deliveries.isPending(path)) {
                found.add(new Examined.Finding(
                        Examined.Severity.WARN,
                        path + ": a deletion or a delivery was interrupted; the next session or delivery finishes it"));
            }
        } catch (IOException | StoreException e) {
            String why = StoreErrors.about(path.toString(), e).getMessage();
            found.add(new Examined.Finding(Examined.Severity.FAIL, String.valueOf(why)));
        }
        return found;
    }

    /** Puts right what an interrupted release or delivery left, if there is something. */
    void recover(MailboxPath path) throws IOException {
        try (MboxLocks.Locked locked = locks.lock(path, false)) {
            if (locked == null) {
                LOG.atError()
                        .addKeyValue("mailbox", path)
                        .addKeyValue("reason", "gone")
                        .log("recovery-impossible");
            } else {
                recover(locked);
            }
        }
    }

    private IndexFile.@Nullable Stored scanUnlocked(MailboxPath path, IndexFile.@Nullable Stored known)
            throws IOException {
        FileStatus status = path.check(io);
        if (status == null || commits.isPending(path) || deliveries.isPending(path)) {
            return known;
        }
        if (known != null && status.size() - known.index().end() < SCAN_UNLOCKED) {
            return known;
        }
        if (known == null && status.size() < SCAN_UNLOCKED) {
            return null;
        }
        ChannelRegistry.Shared mailbox = channels.open(io, path);
        if (mailbox == null) {
            return known;
        }
        try {
            FileStatus now = path.check(io);
            if (now == null || !now.key().equals(mailbox.key())) {
                return known;
            }
            MboxIndex index = known != null && known.isPrefixOf(mailbox.file(), now)
                    ? MboxScanner.extend(mailbox.file(), known.index(), now.size(), format, MboxFiles::unlocked)
                    : scan(mailbox.file(), now.size(), MboxFiles::unlocked);
            IndexFile.Stored stored = IndexFile.Stored.of(mailbox.file(), index, now);
            FileStatus after = path.check(io);
            // somebody was writing: what was read may be of two times
            boolean quiet = after != null && after.sameAs(now) && !isRecent(now);
            return quiet ? stored : known;
        } catch (StoreException e) {
            LOG.atDebug()
                    .addKeyValue("mailbox", path)
                    .addKeyValue("error", e.toString())
                    .log("mailbox-counted-again");
            return known;
        } finally {
            mailbox.close();
        }
    }

    private MboxIndex scan(IoFile file, long end, Runnable onBlock) throws IOException {
        return MboxScanner.scan(file, end, format, onBlock, helpers, SCANNERS, SCAN_PIECE);
    }

    private IndexFile.Stored index(MboxLocks.Locked locked, IndexFile.@Nullable Stored known) throws IOException {
        FileStatus now = settled(locked);
        if (known != null && known.isUnchanged(now) && !isCoarse(now)) {
            return known.at(now);
        }
        IoFile file = locked.file();
        MboxIndex index = known != null && now.size() > known.index().end() && known.isPrefixOf(file, now)
                ? MboxScanner.extend(file, known.index(), now.size(), format, locked::keepAlive)
                : scan(file, now.size(), locked::keepAlive);
        return IndexFile.Stored.of(file, index, now);
    }

    /**
     * The status at a moment when a later change must have another time: two changes within one tick of the file
     * system's clock look like one. (popa3d sleeps a second for that.)
     */
    private FileStatus settled(MboxLocks.Locked locked) throws IOException {
        FileStatus status = locked.status();
        if (isRecent(status)) {
            pause.millis(TICK_NANOS / 1_000_000);
            status = locked.status();
        }
        return status;
    }

    private boolean isRecent(FileStatus status) {
        return Math.abs(pause.now() * 1_000_000 - status.mtime()) < TICK_NANOS;
    }

    /** Whether the file system counts whole seconds, and this one is not over for long. */
    private boolean isCoarse(FileStatus status) {
        return status.mtime() % SECOND_NANOS == 0 && pause.now() * 1_000_000 - status.mtime() < 2 * SECOND_NANOS;
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
            if (locked == null || !locked.mailbox().key().equals(counted.mailbox.key())) {
                throw counted.changed("was removed or replaced");
            }
            if (commits.isPending(counted.path())) {
                throw new StoreException(Reason.UNAVAILABLE, counted.path() + ": an earlier deletion was interrupted");
            }
            stillHeld.check();
            recoverDelivery(locked);
            FileStatus now = settled(locked);
            if (!now.sameAs(counted.stored.status())) {
                for (int row = rows.nextSetBit(0); row >= 0; row = rows.nextSetBit(row + 1)) {
                    counted.check(now, row);
                }
            }
            MboxIndex all = MboxScanner.extend(locked.file(), index, now.size(), format, locked::keepAlive);
            if (all.rows() < index.rows() || (rows.get(index.rows() - 1) && !isOnlyEnded(locked.file(), index, all))) {
                throw counted.changed("was appended to in the middle of a message");
            }
            int first = rows.nextSetBit(0);
            commits.remove(locked, all.start(first), keptAfter(locked.file(), all, rows, first), all.end());
            updateIndex(locked, all.without(rows));
        }
    }

    /** Whether what was appended to the last message is at most the line ends that were missing behind it. */
    private static boolean isOnlyEnded(IoFile file, MboxIndex before, MboxIndex after) throws IOException {
        long from = before.end();
        long to = after.next(before.rows() - 1);
        if (to - from > 4) {
            return false;
        }
        for (byte octet : read(file, from, to)) {
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

    private void updateIndex(MboxLocks.Locked locked, MboxIndex index) {
        try {
            if (index.end() == 0) {
                // there is nothing to read next time, and so no reason to wait for another time of the file's
                indexes.remove(locked.path());
                return;
            }
            FileStatus status = settled(locked);
            if (status.size() == index.end()) {
                indexes.save(locked.path(), IndexFile.Stored.of(locked.file(), index, status));
            }
        } catch (IOException | StoreException e) {
            // the deletion is done and durable; the next opening finds the index stale and makes a new one
            LOG.atWarn()
                    .addKeyValue("mailbox", locked.path())
                    .addKeyValue("error", e.toString())
                    .log("index-not-saved");
        }
    }

    /** A last look before a message is added to what a mailbox has. */
    interface Room {
        void check(MboxIndex contents);
    }

    /** Appends a message, durably when it returns, and nothing if it fails. The file comes to be. */
    void append(MailboxPath path, StoredMessage message) throws IOException {
        append(path, message, null);
    }

    /** @param room fails if there is none; called with the mailbox locked. {@code null}: nobody asks */
    void append(MailboxPath path, StoredMessage message, @Nullable Room room) throws IOException {
        makeDirectories(path);
        try (MboxLocks.Locked locked = locks.lock(path, true)) {
            if (locked == null) {
                throw new StoreException(Reason.BUSY, path + ": removed while it was created");
            }
            if (!locked.mailbox().writable()) {
                throw new StoreException(Reason.UNAVAILABLE, path + ": read-only");
            }
            recover(locked);
            IoFile file = locked.file();
            long size = file.size();
            boolean mayBeFull = size / SHORTEST_MESSAGE >= format.maxMessages();
            if (room != null || mayBeFull) {
                MboxIndex contents = contents(locked);
                // one more, and no session would be given the mailbox
                MboxScanner.requireAtMost(contents.rows() + 1, format);
                if (room != null) {
                    room.check(contents);
                }
            }
            byte[] before = lineEndsBefore(file, size);
            deliveries.begin(locked, size, before, message);
            boolean clean = false;
            try {
                // nothing is written yet that would have to be told from somebody else's mail
                clean = true;
                file.requireEnd(size);
                clean = false;
                boolean done = false;
                try {
                    file.append(ByteBuffer.wrap(before), size);
                    message.writeTo(file, size + before.length, locked::keepAlive);
                    file.force();
                    done = true;
                } finally {
                    clean = done || takeBack(locked, size);
                }
            } finally {
                if (clean) {
                    deliveries.end(path);
                }
            }
        }
    }

    /**
     * What a locked mailbox has. Usually little was appended since the index was saved, and it is cheaper to scan that
     * again with the next delivery than to wait for the clock to tick, as an index to be saved needs it.
     */
    private MboxIndex contents(MboxLocks.Locked locked) throws IOException {
        IndexFile.Stored saved = indexes.load(locked.path()).orElse(null);
        FileStatus now = locked.status();
        long behind = now.size() - (saved == null ? 0 : saved.index().end());
        if (saved != null && behind > 0 && behind <= SCAN_AGAIN && saved.isPrefixOf(locked.file(), now)) {
            return MboxScanner.extend(locked.file(), saved.index(), now.size(), format, locked::keepAlive);
        }
        if (saved == null && behind <= SCAN_AGAIN) {
            return scan(locked.file(), now.size(), locked::keepAlive);
        }
        IndexFile.Stored stored = index(locked, saved);
        if (!stored.isThat(saved)) {
            indexes.save(locked.path(), stored);
        }
        return stored.index();
    }

    private void makeDirectories(MailboxPath path) throws IOException {
        java.nio.file.Path at = path.base();
        for (int i = 0; i < path.relative().getNameCount() - 1; i++) {
            java.nio.file.Path next = at.resolve(path.relative().getName(i));
            FileStatus there = io.stat(next);
            if (there == null) {
                io.makeDirectory(next);
                io.forceDirectory(at);
            } else if (there.kind() != FileStatus.Kind.DIRECTORY) {
                throw new StoreException(
                        Reason.CORRUPT, next + " is " + there.kind() + ", no directory (links are not followed)");
            }
            at = next;
        }
    }

    /** Whether nothing of a failed delivery is left. */
    private boolean takeBack(MboxLocks.Locked locked, long size) {
        try {
            return deliveries.takeBack(locked);
        } catch (IOException e) {
            LOG.atError()
                    .addKeyValue("mailbox", locked.path())
                    .addKeyValue("octet", size)
                    .addKeyValue("error", e.toString())
                    .log("delivery-torn");
            return false;
        }
    }

    /** What is missing so that the file ends with an empty line. */
    private byte[] lineEndsBefore(IoFile file, long size) throws IOException {
        if (size == 0) {
            return new byte[0];
        }
        // as for an opening: mail that nobody could read is not taken
        if (!MboxScanner.startsMessage(file, 0, size)) {
            throw MboxScanner.noMailbox();
        }
        byte[] end = read(file, Math.max(0, size - 4), size);
        String text = new String(end, java.nio.charset.StandardCharsets.ISO_8859_1);
        if (text.endsWith("\n\n") || text.endsWith("\n\r\n")) {
            return new byte[0];
        }
        return text.endsWith("\n") ? new byte[] {'\n'} : new byte[] {'\n', '\n'};
    }

    private static byte[] read(IoFile file, long from, long to) throws IOException {
        byte[] octets = new byte[(int) (to - from)];
        if (!file.readFully(ByteBuffer.wrap(octets), from)) {
            throw new IOException("the mailbox became shorter while it was locked");
        }
        return octets;
    }
}
