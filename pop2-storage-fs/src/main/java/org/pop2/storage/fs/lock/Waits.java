package org.pop2.storage.fs.lock;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** Waiting for another thread of this process. */
final class Waits {
    private Waits() {}

    /** Whether the lock was got in that time. */
    static boolean tryLock(ReentrantLock lock, long millis) {
        try {
            return lock.tryLock() || lock.tryLock(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            // nobody here is interrupted on purpose, and an interrupted thread must not touch a channel
            return lock.tryLock();
        }
    }
}
