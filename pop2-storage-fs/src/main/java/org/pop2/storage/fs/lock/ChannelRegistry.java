package org.pop2.storage.fs.lock;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.fs.io.FileStatus;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.io.StorageIo;
import org.pop2.storage.fs.io.StoreErrors;

/**
 * Exactly one channel for each mailbox file in the whole JVM, counted by its users.
 *
 * <p>A POSIX lock belongs to the process, not to the channel: when <em>any</em> descriptor of the file is closed, the
 * kernel drops the lock without a word, and {@code FileLock.isValid()} goes on saying {@code true}. So nobody else in
 * this module opens a mailbox, and a channel is closed only when nobody uses it any more, which means nobody holds its
 * lock.
 *
 * <p>A file is opened and closed with its own lock held, and no other: a file system that hangs keeps those waiting who
 * want that mailbox. Its entry stays until the channel is closed, so that no second one comes to be before.
 */
public final class ChannelRegistry {
    /** The registry for the real disk. */
    public static final ChannelRegistry JVM = new ChannelRegistry();

    private static final int TRIES = 10;
    /** As long as a mailbox that is locked by another program is waited for. */
    private static final long OPENING_MILLIS = 10_000;

    // guarded by this, for no longer than a look
    private final Map<FileStatus.FileKey, Shared> entries = new HashMap<>();
    /** Channels that may be second ones of a file in use. */
    private final List<IoFile> doubtful = new ArrayList<>();

    /**
     * The file at a path, to be {@linkplain Shared#close closed} by the caller.
     *
     * @return {@code null} if nothing is there
     */
    @Nullable
    public Shared open(StorageIo io, MailboxPath path) throws IOException {
        for (int i = 0; i < TRIES; i++) {
            FileStatus status = path.check(io);
            if (status == null) {
                return null;
            }
            Shared entry = enter(status.key());
            boolean opened = false;
            try {
                opened = entry.open(io, path, status);
            } finally {
                if (!opened) {
                    entry.close();
                }
            }
            if (opened) {
                return entry;
            }
        }
        throw new StoreException(Reason.BUSY, path + ": replaced again and again while it was opened");
    }

    private synchronized Shared enter(FileStatus.FileKey key) {
        Shared entry = entries.computeIfAbsent(key, Shared::new);
        entry.users++;
        return entry;
    }

    private synchronized void doubt(IoFile file) {
        doubtful.add(file);
    }

    /** Closes them when there is no lock that it could drop: nothing is open that would have to wait for it. */
    private synchronized void closeDoubtful() throws IOException {
        if (entries.isEmpty()) {
            for (IoFile file : doubtful) {
                file.close();
            }
            doubtful.clear();
        }
    }

    public final class Shared {
        private final FileStatus.FileKey key;
        /** Held while the channel is opened or closed. */
        private final ReentrantLock opening = new ReentrantLock();

        private volatile @Nullable IoFile file;
        private volatile boolean writable;
        /** Guarded by the registry. */
        private int users;

        private Shared(FileStatus.FileKey key) {
            this.key = key;
        }

        /** Whether the channel is that of the file; if not, another file has taken its place. */
        private boolean open(StorageIo io, MailboxPath path, FileStatus status) throws IOException {
            if (!Waits.tryLock(opening, OPENING_MILLIS)) {
                throw new StoreException(Reason.BUSY, path + ": its file system does not answer");
            }
            try {
                return file != null || openFirst(io, path, status);
            } finally {
                opening.unlock();
            }
        }

        private boolean openFirst(StorageIo io, MailboxPath path, FileStatus status) throws IOException {
            boolean mayWrite = (status.mode() & 0222) != 0;
            IoFile channel;
            try {
                // a FIFO that took its place would be waited for by a reader, and by nobody who may do both
                channel = open(io, path, true);
            } catch (NoSuchFileException e) {
                return false;
            } catch (IOException e) {
                if (!StoreErrors.isDenied(e)) {
                    throw e;
                }
                mayWrite = false;
                channel = open(io, path, false);
            }
            boolean same = false;
            try {
                FileStatus again = path.check(io);
                same = again != null && again.key().equals(key);
            } finally {
                if (!same) {
                    // it was replaced in between, or cannot be looked at: this channel may be of another file, and of
                    // one that is locked
                    doubt(channel);
                }
            }
            if (same) {
                writable = mayWrite;
                file = channel;
            }
            return same;
        }

        private static IoFile open(StorageIo io, MailboxPath path, boolean writable) throws IOException {
            return io.openBeneath(path.base(), path.relative(), writable ? StorageIo.Mode.WRITE : StorageIo.Mode.READ);
        }

        public FileStatus.FileKey key() {
            return key;
        }

        public IoFile file() {
            IoFile open = file;
            if (open == null) {
                throw new IllegalStateException("used after it was closed");
            }
            return open;
        }

        public boolean writable() {
            return writable;
        }

        public Shared share() {
            return enter(key);
        }

        public void close() throws IOException {
            synchronized (ChannelRegistry.this) {
                users--;
                if (users > 0) {
                    return;
                }
            }
            opening.lock();
            try {
                closeUnused();
            } finally {
                opening.unlock();
            }
            closeDoubtful();
        }

        /** Whoever comes meanwhile waits, and opens it anew. */
        private void closeUnused() throws IOException {
            synchronized (ChannelRegistry.this) {
                if (users > 0) {
                    return;
                }
            }
            IoFile unused = file;
            file = null;
            try {
                if (unused != null) {
                    unused.close();
                }
            } finally {
                synchronized (ChannelRegistry.this) {
                    if (users == 0) {
                        entries.remove(key, this);
                    }
                }
            }
        }
    }
}
