package org.pop2.storage.fs.lock;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.fs.io.FileStatus;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.io.StorageIo;

/**
 * A lock between the processes, and the threads, that use one state directory; for a few small reads and writes. The
 * file is never removed, so its channel can stay open: one per file in the whole JVM. It has many parts, each an octet
 * of the file, so that those who want different things seldom wait for each other.
 */
public final class StateLock {
    private static final Map<Path, Opened> JVM = new ConcurrentHashMap<>();
    private static final int PAUSE_MILLIS = 5;
    /** The same in all processes. */
    private static final int PARTS = 64;

    private final Path path;
    private final IoFile file;
    private final ReentrantLock[] threads = new ReentrantLock[PARTS];

    private StateLock(Path path, IoFile file) {
        this.path = path;
        this.file = file;
        Arrays.setAll(threads, part -> new ReentrantLock());
    }

    /** The lock of that file on the real disk. The file is created if missing. */
    public static StateLock at(StorageIo io, Path path) throws IOException {
        return JVM.computeIfAbsent(path, any -> new Opened()).get(io, path);
    }

    /** What there is of a path in this JVM; each has a monitor of its own, for files are opened in it. */
    private static final class Opened {
        private FileStatus.@Nullable FileKey key;
        private @Nullable StateLock lock;

        synchronized StateLock get(StorageIo io, Path path) throws IOException {
            FileStatus there = io.stat(path);
            StateLock known = lock;
            if (known == null || there == null || !there.key().equals(key)) {
                known = new StateLock(path, open(io, path));
                FileStatus created = io.stat(path);
                key = created == null ? null : created.key();
                lock = known;
            }
            return known;
        }
    }

    private static IoFile open(StorageIo io, Path path) throws IOException {
        try {
            return io.open(path, StorageIo.Mode.CREATE);
        } catch (FileAlreadyExistsException e) {
            return io.open(path, StorageIo.Mode.WRITE);
        }
    }

    public interface Body<T> {
        T run() throws IOException;
    }

    /** Runs with the part of the lock held that a name falls to; fails as busy if it cannot be had in that time. */
    public <T> T locked(String name, long timeoutMillis, Pause pause, Body<T> body) throws IOException {
        int part = Math.floorMod(name.hashCode(), PARTS);
        long deadline = pause.elapsed() + timeoutMillis;
        if (!Waits.tryLock(threads[part], timeoutMillis)) {
            throw busy();
        }
        try {
            while (!file.tryLock(part)) {
                if (pause.elapsed() >= deadline) {
                    throw busy();
                }
                pause.millis(PAUSE_MILLIS);
            }
            try {
                return body.run();
            } finally {
                file.unlock(part);
            }
        } finally {
            threads[part].unlock();
        }
    }

    private StoreException busy() {
        return new StoreException(Reason.BUSY, path + " is locked by another process for too long");
    }
}
