package org.pop2.storage.fs;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.StoreException;
import org.pop2.storage.fs.format.MboxFormat;
import org.pop2.storage.fs.format.MboxIndex;
import org.pop2.storage.fs.format.MboxScanner;
import org.pop2.storage.fs.io.FileStatus;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.io.StorageIo;
import org.pop2.storage.fs.lock.MailboxPath;
import org.pop2.storage.fs.lock.MboxLocks;
import org.pop2.storage.fs.lock.Pause;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes the index of a mailbox, from the saved one and what was appended since. Blocks. */
final class MailboxIndexer {
    private static final Logger LOG = LoggerFactory.getLogger(MailboxIndexer.class);
    /** Longest tick of a file system's clock with subsecond resolution. */
    private static final long TICK_NANOS = 10_000_000;

    /** Up to this size, appended mail is scanned again at each delivery. */
    private static final long SCAN_AGAIN = 64 * 1024;

    private static final long SECOND_NANOS = 1_000_000_000;

    private final IndexFile saved;
    private final MboxFormat format;
    private final Pause pause;

    MailboxIndexer(IndexFile saved, MboxFormat format, Pause pause) {
        this.saved = saved;
        this.format = format;
        this.pause = pause;
    }

    /** The saved index of a mailbox. */
    IndexFile.@Nullable Stored load(MailboxPath path) {
        return saved.load(path).orElse(null);
    }

    /** Makes an index by reading the whole mailbox. */
    MboxIndex scan(IoFile file, long end, Runnable onBlock) throws IOException {
        return MboxScanner.scan(file, end, format, onBlock);
    }

    /** The index of a mailbox that was appended to. */
    MboxIndex extend(IoFile file, MboxIndex known, long end, Runnable onBlock) throws IOException {
        return MboxScanner.extend(file, known, end, format, onBlock);
    }

    /** The index of a locked mailbox; saved if it has changed. */
    IndexFile.Stored saved(MboxLocks.Locked locked, IndexFile.@Nullable Stored known, IndexFile.@Nullable Stored before)
            throws IOException {
        IndexFile.Stored stored = index(locked, known);
        if (!stored.isThat(before)) {
            saved.save(locked.path(), stored);
        }
        return stored;
    }

    /** The index of a locked mailbox, made anew and saved. */
    IndexFile.Stored recounted(MboxLocks.Locked locked) throws IOException {
        FileStatus now = settled(locked);
        IndexFile.Stored stored =
                IndexFile.Stored.of(locked.file(), scan(locked.file(), now.size(), locked::keepAlive), now);
        saved.save(locked.path(), stored);
        return stored;
    }

    private IndexFile.Stored index(MboxLocks.Locked locked, IndexFile.@Nullable Stored known) throws IOException {
        FileStatus now = settled(locked);
        if (known != null && known.isUnchanged(now) && !isCoarse(now)) {
            return known.at(now);
        }
        IoFile file = locked.file();
        MboxIndex index = known != null && now.size() > known.index().end() && known.isBeginningOf(file, now)
                ? extend(file, known.index(), now.size(), locked::keepAlive)
                : scan(file, now.size(), locked::keepAlive);
        return IndexFile.Stored.of(file, index, now);
    }

    /**
     * The status at a moment after which any change gets another time: two changes within one tick of the file system's
     * clock look like one. (popa3d sleeps a second for that.)
     */
    FileStatus settled(MboxLocks.Locked locked) throws IOException {
        FileStatus status = locked.status();
        if (isRecent(status)) {
            pause.millis(TICK_NANOS / 1_000_000);
            status = locked.status();
        }
        return status;
    }

    /** As {@link #settled(MboxLocks.Locked)}, for an unlocked file; {@code null} if it does not exist. */
    @Nullable
    FileStatus settled(MailboxPath path, StorageIo io) throws IOException {
        FileStatus status = path.check(io);
        if (status != null && isRecent(status)) {
            pause.millis(TICK_NANOS / 1_000_000);
            status = path.check(io);
        }
        return status;
    }

    /** Whether a file was written to within the last tick of the clock, though c-client sets back when that was. */
    boolean isRecent(FileStatus status) {
        return isRecent(status.mtime()) || isRecent(status.ctime());
    }

    private boolean isRecent(long nanos) {
        return Math.abs(pause.now() * 1_000_000 - nanos) < TICK_NANOS;
    }

    /** Whether the file system counts whole seconds, and the current one has hardly ended. */
    boolean isCoarse(FileStatus status) {
        return status.mtime() % SECOND_NANOS == 0 && pause.now() * 1_000_000 - status.mtime() < 2 * SECOND_NANOS;
    }

    MboxFormat format() {
        return format;
    }

    /**
     * The contents of a locked mailbox. Usually little was appended since the index was saved; scanning that again at
     * the next delivery is cheaper than waiting for the clock to tick, as saving an index requires.
     */
    MboxIndex contents(MboxLocks.Locked locked) throws IOException {
        IndexFile.Stored known = load(locked.path());
        FileStatus now = locked.status();
        long behind = now.size() - (known == null ? 0 : known.index().end());
        if (known != null && behind > 0 && behind <= SCAN_AGAIN && known.isPrefixOf(locked.file(), now)) {
            return extend(locked.file(), known.index(), now.size(), locked::keepAlive);
        }
        if (known == null && behind <= SCAN_AGAIN) {
            return scan(locked.file(), now.size(), locked::keepAlive);
        }
        return saved(locked, known, known).index();
    }

    /** Saves the index after a deletion, as far as it is known. */
    void update(MboxLocks.Locked locked, MboxIndex index) {
        try {
            if (index.end() == 0) {
                // there is nothing to read next time, and so no reason to wait for another time of the file's
                saved.remove(locked.path());
                return;
            }
            FileStatus status = settled(locked);
            if (status.size() == index.end()) {
                saved.save(locked.path(), IndexFile.Stored.of(locked.file(), index, status));
            }
        } catch (IOException | StoreException e) {
            // the deletion is done and durable; the next opening finds the index stale and makes a new one
            LOG.atWarn()
                    .addKeyValue("mailbox", locked.path())
                    .addKeyValue("error", e.toString())
                    .log("index-not-saved");
        }
    }
}
