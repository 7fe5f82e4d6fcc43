package org.pop2.app.bench;

import java.util.Arrays;

/** Times in nanoseconds. Keeps all up to {@value #MOST}; beyond that every other one, and so on. */
final class Latencies {
    private static final int MOST = 1 << 20;

    private long[] nanos = new long[1024];
    private int count;
    private int every = 1;
    private int skipped;

    void add(long time) {
        skipped++;
        if (skipped < every) {
            return;
        }
        skipped = 0;
        if (count == nanos.length) {
            if (count == MOST) {
                for (int i = 0; i < MOST / 2; i++) {
                    nanos[i] = nanos[2 * i];
                }
                count = MOST / 2;
                every *= 2;
            } else {
                nanos = Arrays.copyOf(nanos, 2 * count);
            }
        }
        nanos[count++] = time;
    }

    void clear() {
        count = 0;
        every = 1;
        skipped = 0;
    }

    /** The quantile in milliseconds; 0 without times. */
    double millis(double part) {
        if (count == 0) {
            return 0;
        }
        long[] sorted = Arrays.copyOf(nanos, count);
        Arrays.sort(sorted);
        return sorted[(int) Math.min(count - 1, Math.round(part * count))] / 1e6;
    }
}
