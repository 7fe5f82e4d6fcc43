package org.pop2.storage.fs;

import java.io.IOException;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What takes long: waiting for a lock or the disk, reading a whole mailbox. While a thread of {@link Work} is here,
 * another one takes its place, so that the others' mailboxes do not wait behind this one.
 */
final class Waits {
    private Waits() {}

    interface Body<T> {
        @Nullable
        T run() throws IOException;
    }

    interface Step {
        void run() throws IOException;
    }

    /** Runs something that may take long. */
    static <T> @Nullable T during(Body<T> body) throws IOException {
        Blocker<T> blocker = new Blocker<>(body);
        block(blocker);
        return blocker.result();
    }

    /** Runs something that may take long. */
    static void during(Step step) throws IOException {
        Waits.<Void>during(() -> {
            step.run();
            return null;
        });
    }

    /** Whether the lock was got in that time. */
    static boolean tryLock(ReentrantLock lock, long millis) {
        if (lock.tryLock()) {
            return true;
        }
        boolean[] got = new boolean[1];
        try {
            ForkJoinPool.managedBlock(new ForkJoinPool.ManagedBlocker() {
                @Override
                public boolean block() throws InterruptedException {
                    got[0] = lock.tryLock(millis, TimeUnit.MILLISECONDS);
                    return true;
                }

                @Override
                public boolean isReleasable() {
                    return false;
                }
            });
        } catch (InterruptedException e) {
            // nobody here is interrupted on purpose, and an interrupted thread must not touch a channel
            return lock.tryLock();
        }
        return got[0];
    }

    private static void block(ForkJoinPool.ManagedBlocker blocker) {
        try {
            ForkJoinPool.managedBlock(blocker);
        } catch (InterruptedException e) {
            throw new IllegalStateException("nothing in it can be interrupted", e);
        }
    }

    private static final class Blocker<T> implements ForkJoinPool.ManagedBlocker {
        private final Body<T> body;
        private @Nullable Throwable failure;
        private @Nullable T value;

        Blocker(Body<T> body) {
            this.body = body;
        }

        @Override
        public boolean block() {
            try {
                value = body.run();
            } catch (IOException | RuntimeException | Error e) {
                failure = e;
            }
            return true;
        }

        @Override
        public boolean isReleasable() {
            return false;
        }

        @Nullable
        T result() throws IOException {
            if (failure instanceof IOException e) {
                throw e;
            }
            if (failure instanceof RuntimeException e) {
                throw e;
            }
            if (failure instanceof Error e) {
                throw e;
            }
            return value;
        }
    }
}
