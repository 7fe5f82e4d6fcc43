package org.pop2.server;

import java.util.concurrent.ConcurrentHashMap;

/** How many of each there are, up to a limit. What there is none of takes no memory. Safe for many threads. */
final class Counts<K> {
    private final ConcurrentHashMap<K, Integer> counts = new ConcurrentHashMap<>();
    private volatile int limit;

    Counts(int limit) {
        this.limit = limit;
    }

    /** From now on; those that are there stay. */
    void limit(int most) {
        limit = most;
    }

    /** One more, if that is within the limit; {@code false}: it is not, and nothing was counted. */
    boolean add(K key) {
        boolean[] fits = new boolean[1];
        counts.compute(key, (same, count) -> {
            int now = count == null ? 0 : count;
            fits[0] = now < limit;
            return fits[0] ? Integer.valueOf(now + 1) : count;
        });
        return fits[0];
    }

    /** One that was added has gone. */
    void remove(K key) {
        counts.computeIfPresent(key, (same, count) -> count > 1 ? count - 1 : null);
    }
}
