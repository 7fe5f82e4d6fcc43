package org.pop2.storage.fs.lock;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Time as this storage sees it; a test lets it pass without waiting. */
public interface Pause {
    Pause REAL = new Pause() {
        @Override
        public void millis(long duration) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(duration));
        }

        @Override
        public long now() {
            return System.currentTimeMillis();
        }

        @Override
        public long elapsed() {
            return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
        }
    };

    void millis(long duration);

    /** Milliseconds since 1970: for what people read, and for comparison with the times of files. */
    long now();

    /** Milliseconds since some moment, for durations: nobody sets this clock. */
    long elapsed();
}
