package org.pop2.auth;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Failed logins, by user name or by address. Bounded: the entry with the fewest failures makes room, so that a flood of
 * other names cannot erase many failures. Guarded by its {@link LoginPenalties}.
 */
final class FailedLogins<K> {
    /** In the order of the last failure. */
    private final Map<K, Entry> entries = new LinkedHashMap<>();

    private final int most;

    /** @param most entries with failures; logins under way are bounded elsewhere */
    FailedLogins(int most) {
        this.most = most;
    }

    /** The state of a user name or an address. */
    static final class Entry {
        private int failures;
        private long lastFailure;
        private int running;

        /** When the delayed refusals will be sent. */
        private final PriorityQueue<Long> told = new PriorityQueue<>();

        private void forget(long now) {
            if (failures > 0 && now - lastFailure >= LoginPenalties.FORGIVEN_AFTER.toNanos()) {
                failures = 0;
            }
            for (Long next = told.peek(); next != null && next <= now; next = told.peek()) {
                told.remove();
            }
        }

        boolean isFull(long now) {
            forget(now);
            return failures >= LoginPenalties.FREE && running + told.size() >= LoginPenalties.MAX_IN_FLIGHT;
        }

        void begins() {
            running++;
        }

        void ends() {
            running--;
        }

        void forgive() {
            failures = 0;
        }

        /** Counts wrong passwords; returns the delay of the refusal in nanoseconds. */
        private long fail(int passwords, long now) {
            forget(now);
            failures += passwords;
            lastFailure = now;
            if (failures <= LoginPenalties.FREE) {
                return 0;
            }
            int doublings = Math.min(failures - LoginPenalties.FREE - 1, 10);
            return Math.min(1_000_000_000L << doublings, LoginPenalties.LONGEST.toNanos());
        }

        void tellAt(long time) {
            told.add(time);
        }

        private boolean isIdle() {
            return failures == 0 && running == 0 && told.isEmpty();
        }
    }

    /** The state of a name or address, without recording anything. */
    @Nullable
    Entry find(K key) {
        return entries.get(key);
    }

    /** The entry for a login that may proceed; created if missing. */
    Entry of(K key) {
        return entries.computeIfAbsent(key, any -> new Entry());
    }

    /** Records a failed login; returns the delay of its refusal. */
    long failed(K key, Entry entry, int passwords, long now) {
        long delay = entry.fail(passwords, now);
        // what failed last is the last in the order, and what had to make room meanwhile is here again
        entries.remove(key);
        entries.put(key, entry);
        if (entries.size() > most) {
            makeRoom(entry, now);
        }
        return delay;
    }

    private void makeRoom(Entry latest, long now) {
        @Nullable K least = null;
        int leastFailures = Integer.MAX_VALUE;
        Iterator<Map.Entry<K, Entry>> all = entries.entrySet().iterator();
        // with one failure there is nobody who counts less, but for those that are forgiven
        while (all.hasNext() && leastFailures > 1) {
            Map.Entry<K, Entry> each = all.next();
            each.getValue().forget(now);
            if (each.getValue() != latest && each.getValue().failures < leastFailures) {
                least = each.getKey();
                leastFailures = each.getValue().failures;
            }
        }
        if (least != null) {
            entries.remove(least);
        }
    }

    /** Removes the entry if it holds nothing any more. */
    void tidy(K key, Entry entry) {
        if (entry.isIdle()) {
            entries.remove(key, entry);
        }
    }

    int size() {
        return entries.size();
    }
}
