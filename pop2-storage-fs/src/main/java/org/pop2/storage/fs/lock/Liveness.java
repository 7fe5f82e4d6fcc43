package org.pop2.storage.fs.lock;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.fs.io.FileStatus;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.io.ProcessIdentity;
import org.pop2.storage.fs.io.StorageIo;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells at once whether another holder is dead, killed without a word included: each opening of the storage keeps a
 * POSIX lock on a file of its own in the state directory, and the kernel drops it with the process.
 */
public interface Liveness {
    ProcessIdentity self();

    /** What is known of a holder. */
    enum State {
        ALIVE,
        DEAD,
        /** On another host, or its process number may be another process's by now. */
        UNKNOWN
    }

    State stateOf(ProcessIdentity holder) throws IOException;

    /** Whether that holder is known to be gone. In doubt it lives. */
    default boolean isDead(ProcessIdentity holder) throws IOException {
        return stateOf(holder) == State.DEAD;
    }

    /** The one with files and processes. */
    final class Files implements Liveness, AutoCloseable {
        private static final Logger LOG = LoggerFactory.getLogger(Liveness.class);
        private static final String SUFFIX = ".live";
        private static final String GRAVE = ".dead";
        /** Other locks of the process have been found by then. */
        private static final long GRAVE_MILLIS = 7 * 86_400_000L;

        /** A channel of our own on our own file, closed, would drop the lock: so these are never opened again. */
        private static final Set<String> OURS = ConcurrentHashMap.newKeySet();

        private final StorageIo io;
        private final Path directory;
        private final ProcessIdentity self = ProcessIdentity.create();
        private final IoFile file;

        /** @param directory for the files; exists */
        public Files(StorageIo io, Path directory) throws IOException {
            this.io = io;
            this.directory = directory;
            OURS.add(self.owner());
            IoFile created = null;
            boolean locked = false;
            try {
                created = io.open(path(self), StorageIo.Mode.CREATE);
                locked = created.tryLock(false);
                if (!locked) {
                    throw new StoreException(
                            Reason.UNAVAILABLE,
                            path(self) + ": cannot be locked, so nobody could tell whether this process lives");
                }
                file = created;
            } finally {
                if (!locked) {
                    OURS.remove(self.owner());
                    discard(created);
                }
            }
        }

        private void discard(@Nullable IoFile created) throws IOException {
            if (created != null) {
                created.close();
                io.unlink(path(self));
            }
        }

        private Path path(ProcessIdentity holder) {
            return directory.resolve(holder.owner() + SUFFIX);
        }

        @Override
        public ProcessIdentity self() {
            return self;
        }

        @Override
        public State stateOf(ProcessIdentity holder) throws IOException {
            if (OURS.contains(holder.owner())) {
                return State.ALIVE;
            }
            // whatever either process knows of its system: the kernel drops the lock with the process
            if (io.stat(path(holder)) != null) {
                return isUnlocked(path(holder)) ? State.DEAD : State.ALIVE;
            }
            if (io.stat(grave(holder.owner())) != null) {
                return State.DEAD;
            }
            if (!holder.host().equals(self.host()) || (isUnknown(holder) != isUnknown(self))) {
                return State.UNKNOWN;
            }
            if (!holder.boot().equals(self.boot())) {
                return State.DEAD;
            }
            // another state directory, or gone: only the process can tell, and its number may have been given away
            boolean gone = holder.pid() == self.pid()
                    || (seesOthers()
                            && ProcessHandle.of(holder.pid())
                                    .filter(ProcessHandle::isAlive)
                                    .isEmpty());
            return gone ? State.DEAD : State.UNKNOWN;
        }

        private static boolean isUnknown(ProcessIdentity process) {
            return process.boot().equals(ProcessIdentity.UNKNOWN);
        }

        /** Whether processes of other users can be seen from here: a sandbox hides them, as if they were gone. */
        private boolean seesOthers() throws IOException {
            return io.stat(Path.of("/proc/1")) != null;
        }

        /** What remains of a process that died, for the locks that it has left. */
        private Path grave(String owner) {
            return directory.resolve(owner + GRAVE);
        }

        private boolean isUnlocked(Path path) throws IOException {
            try (IoFile probe = io.open(path, StorageIo.Mode.WRITE)) {
                boolean free = probe.tryLock(false);
                if (free) {
                    probe.unlock();
                }
                return free;
            } catch (NoSuchFileException e) {
                return true;
            }
        }

        /** Finds processes that have died since; whether there was one. */
        public boolean sweep() throws IOException {
            boolean found = false;
            for (String name : io.list(directory)) {
                Path file = directory.resolve(name);
                if (name.endsWith(GRAVE)) {
                    FileStatus there = io.stat(file);
                    if (there != null && System.currentTimeMillis() - there.mtime() / 1_000_000 > GRAVE_MILLIS) {
                        io.unlink(file);
                    }
                } else if (name.endsWith(SUFFIX)) {
                    String owner = name.substring(0, name.length() - SUFFIX.length());
                    if (!OURS.contains(owner) && isUnlocked(file)) {
                        io.rename(file, grave(owner));
                        found = true;
                    }
                }
            }
            return found;
        }

        @Override
        public void close() {
            try {
                io.unlink(path(self));
                file.close();
            } catch (IOException e) {
                LOG.atWarn()
                        .addKeyValue("file", path(self))
                        .addKeyValue("error", e.toString())
                        .log("file-not-removed");
            }
            OURS.remove(self.owner());
        }
    }
}
