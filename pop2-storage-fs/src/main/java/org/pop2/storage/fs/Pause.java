package org.pop2.storage.fs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Time as this storage sees it; a test lets it pass without waiting. */
interface Pause {
    Pause REAL = new Pause() {
        @Override
        public void millis(long duration) {
            try {
                Waits.during(() -> LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(duration)));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public long now() {
            return System.currentTimeMillis();
        }
    };

    void millis(long duration);

    /** Milliseconds since 1970. */
    long now();
}
