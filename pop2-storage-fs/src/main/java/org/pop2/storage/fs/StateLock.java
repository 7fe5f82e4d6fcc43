package org.pop2.storage.fs;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;

/**
 * A lock between the processes, and the threads, that use one state directory; for a few small reads and writes. The
 * file is never removed, so its channel can stay open: one per file in the whole JVM.
 */
final class StateLock {
    private static final Map<Path, StateLock> JVM = new HashMap<>();
    private static final int PAUSE_MILLIS = 5;

    private final Path path;
    private final IoFile file;
    private final ReentrantLock threads = new ReentrantLock();

    private StateLock(Path path, IoFile file) {
        this.path = path;
        this.file = file;
    }

    /** The lock of that file on the real disk; the file comes to be. */
    static StateLock at(StorageIo io, Path path) throws IOException {
        synchronized (JVM) {
            FileStatus there = io.stat(path);
            StateLock known = JVM.get(path);
            if (known != null && there != null && known.isStill(there)) {
                return known;
            }
            StateLock lock = new StateLock(path, open(io, path));
            FileStatus created = io.stat(path);
            if (created != null) {
                lock.key = created.key();
            }
            JVM.put(path, lock);
            return lock;
        }
    }

    private FileStatus.FileKey key = new FileStatus.FileKey(0, 0);

    private boolean isStill(FileStatus status) {
        return key.equals(status.key());
    }

    private static IoFile open(StorageIo io, Path path) throws IOException {
        try {
            return io.open(path, StorageIo.Mode.CREATE);
        } catch (FileAlreadyExistsException e) {
            return io.open(path, StorageIo.Mode.WRITE);
        }
    }

    interface Body<T> {
        T run() throws IOException;
    }

    /** Runs with the lock held; fails as busy if it cannot be had in that time. */
    <T> T locked(long timeoutMillis, Pause pause, Body<T> body) throws IOException {
        long deadline = pause.now() + timeoutMillis;
        boolean got;
        try {
            got = threads.tryLock(timeoutMillis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            // nobody here is interrupted on purpose, and an interrupted thread must not touch a channel
            got = threads.tryLock();
        }
        if (!got) {
            throw busy();
        }
        try {
            while (!file.tryLock(false)) {
                if (pause.now() >= deadline) {
                    throw busy();
                }
                pause.millis(PAUSE_MILLIS);
            }
            try {
                return body.run();
            } finally {
                file.unlock();
            }
        } finally {
            threads.unlock();
        }
    }

    private StoreException busy() {
        return new StoreException(Reason.BUSY, path + " is locked by another process for too long");
    }
}
