package org.pop2.storage.fs;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;

/**
 * Exactly one channel for each mailbox file in the whole JVM, counted by its users.
 *
 * <p>A POSIX lock belongs to the process, not to the channel: when <em>any</em> descriptor of the file is closed, the
 * kernel drops the lock without a word, and {@code FileLock.isValid()} goes on saying {@code true}. So nobody else in
 * this module opens a mailbox, and a channel is closed only when nobody uses it any more, which means nobody holds its
 * lock.
 */
final class ChannelRegistry {
    /** The registry for the real disk. */
    static final ChannelRegistry JVM = new ChannelRegistry();

    private static final int TRIES = 10;

    private final Map<FileStatus.FileKey, Shared> open = new HashMap<>();
    /** Channels that may be second ones of a file in use. */
    private final List<IoFile> doubtful = new ArrayList<>();

    /**
     * The file at a path, to be {@linkplain Shared#close closed} by the caller.
     *
     * @return {@code null} if nothing is there
     */
    synchronized @Nullable Shared open(StorageIo io, MailboxPath path) throws IOException {
        for (int i = 0; i < TRIES; i++) {
            FileStatus status = path.check(io);
            if (status == null) {
                return null;
            }
            Shared known = open.get(status.key());
            if (known != null) {
                known.users++;
                return known;
            }
            boolean writable = (status.mode() & 0222) != 0;
            IoFile file;
            try {
                file = open(io, path, writable);
            } catch (NoSuchFileException e) {
                continue;
            } catch (IOException e) {
                if (!writable || !StoreErrors.isDenied(e)) {
                    throw e;
                }
                writable = false;
                file = open(io, path, false);
            }
            FileStatus again = path.check(io);
            if (again != null && again.key().equals(status.key())) {
                Shared shared = new Shared(status.key(), file, writable);
                open.put(status.key(), shared);
                return shared;
            }
            // it was replaced in between: this channel may be of either file, and of one that is locked
            doubtful.add(file);
            closeDoubtful();
        }
        throw new StoreException(Reason.BUSY, path + ": replaced again and again while it was opened");
    }

    /** Closes them when there is no lock that it could drop. */
    private void closeDoubtful() throws IOException {
        if (open.isEmpty()) {
            for (IoFile file : doubtful) {
                file.close();
            }
            doubtful.clear();
        }
    }

    private static IoFile open(StorageIo io, MailboxPath path, boolean writable) throws IOException {
        return io.openBeneath(path.base(), path.relative(), writable ? StorageIo.Mode.WRITE : StorageIo.Mode.READ);
    }

    final class Shared {
        private final FileStatus.FileKey key;
        private final IoFile file;
        private final boolean writable;
        private int users = 1;

        private Shared(FileStatus.FileKey key, IoFile file, boolean writable) {
            this.key = key;
            this.file = file;
            this.writable = writable;
        }

        FileStatus.FileKey key() {
            return key;
        }

        IoFile file() {
            return file;
        }

        boolean writable() {
            return writable;
        }

        Shared share() {
            synchronized (ChannelRegistry.this) {
                users++;
                return this;
            }
        }

        void close() throws IOException {
            synchronized (ChannelRegistry.this) {
                users--;
                if (users == 0) {
                    open.remove(key);
                    file.close();
                    closeDoubtful();
                }
            }
        }
    }
}
