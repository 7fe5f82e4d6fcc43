package org.pop2.storage.fs;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.StoreException;
import org.pop2.storage.fs.format.MboxIndex;
import org.pop2.storage.fs.io.FileStatus;
import org.pop2.storage.fs.io.StorageIo;
import org.pop2.storage.fs.lock.ChannelRegistry;
import org.pop2.storage.fs.lock.MailboxPath;
import org.pop2.storage.fs.lock.MboxLocks;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens a mailbox file and counts it. Blocks. Independent of sessions. */
final class MailboxOpener {
    private static final Logger LOG = LoggerFactory.getLogger(MailboxOpener.class);
    /** Larger additions are scanned before the mailbox is locked, so that deliveries wait for milliseconds only. */
    private static final long SCAN_UNLOCKED = 1024 * 1024;

    private final StorageIo io;
    private final ChannelRegistry channels;
    private final MboxLocks locks;
    private final MailboxRecovery recovery;
    private final MailboxIndexer indexer;

    MailboxOpener(
            StorageIo io, ChannelRegistry channels, MboxLocks locks, MailboxRecovery recovery, MailboxIndexer indexer) {
        this.io = io;
        this.channels = channels;
        this.locks = locks;
        this.recovery = recovery;
        this.indexer = indexer;
    }

    /** Counts a mailbox; {@code null} if there is none. */
    @Nullable
    Counted open(MailboxPath path) throws IOException {
        IndexFile.Stored saved = indexer.load(path);
        Counted unchanged = openUnchanged(path, saved);
        if (unchanged != null) {
            return unchanged;
        }
        return count(path, saved);
    }

    private @Nullable Counted count(MailboxPath path, IndexFile.@Nullable Stored saved) throws IOException {
        IndexFile.Stored known = scanUnlocked(path, saved);
        try (MboxLocks.Locked locked = locks.lock(path, false)) {
            if (locked == null) {
                return null;
            }
            recovery.recover(locked);
            IndexFile.Stored stored = indexer.saved(locked, known, saved);
            return counted(path, locked.mailbox().share(), stored);
        }
    }

    private Counted counted(MailboxPath path, ChannelRegistry.Shared mailbox, IndexFile.Stored stored) {
        return new Counted(io, path, indexer, this::find, mailbox, stored);
    }

    /** Counts a held mailbox that another program has rewritten; {@code null} if it is gone. */
    private Counted.@Nullable Found find(MailboxPath path) throws IOException {
        try (MboxLocks.Locked locked = locks.lock(path, false)) {
            if (locked == null) {
                return null;
            }
            recovery.recover(locked);
            IndexFile.Stored stored = indexer.recounted(locked);
            return new Counted.Found(locked.mailbox().share(), stored);
        }
    }

    /** Nothing to keep alive while nothing is locked. */
    private static void unlocked() {}

    /**
     * The mailbox from its index, if nothing was written since: then nothing is read, and no delivery waits for our
     * lock. Programs that write after this check append behind what was counted.
     *
     * <p>However, a session that has just lost its hold may be deleting, having locked the mailbox while it still had
     * the hold. So the check comes after the mailbox was seen unlocked.
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
            return counted(path, mailbox, known.at(now));
        }
        mailbox.close();
        return null;
    }

    /** The file's status, if the file is unchanged and unlocked. */
    private @Nullable FileStatus unchanged(MailboxPath path, IndexFile.Stored known) throws IOException {
        if (!locks.isFree(path) || recovery.isPending(path)) {
            return null;
        }
        FileStatus now = path.check(io);
        return now == null || !known.isUnchanged(now) || indexer.isRecent(now) || indexer.isCoarse(now) ? null : now;
    }

    private IndexFile.@Nullable Stored scanUnlocked(MailboxPath path, IndexFile.@Nullable Stored known)
            throws IOException {
        FileStatus status = path.check(io);
        if (status == null || recovery.isPending(path)) {
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
            MboxIndex index = known != null && known.isBeginningOf(mailbox.file(), now)
                    ? indexer.extend(mailbox.file(), known.index(), now.size(), MailboxOpener::unlocked)
                    : indexer.scan(mailbox.file(), now.size(), MailboxOpener::unlocked);
            IndexFile.Stored stored = IndexFile.Stored.of(mailbox.file(), index, now);
            FileStatus after = path.check(io);
            // somebody was writing: what was read may be of two times
            boolean quiet = after != null && after.sameAs(now) && !indexer.isRecent(now);
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
}
