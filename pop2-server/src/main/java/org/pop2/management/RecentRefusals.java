package org.pop2.management;

import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Recent refusals: one entry for each reason and host, so that a host that tries a thousand times does not displace the
 * others. A bounded number. Safe for many threads.
 */
final class RecentRefusals {
    static final int MOST = 50;

    /**
     * Refusals of one host for one reason.
     *
     * @param last when it happened last
     * @param count how often, since the entry was made
     */
    record Entry(Instant last, String reason, String host, long count) {}

    private record Key(String reason, String host) {}

    private final Clock clock;
    private final Map<Key, Entry> entries = new LinkedHashMap<>();

    RecentRefusals(Clock clock) {
        this.clock = clock;
    }

    /** @param address with or without a port */
    void add(String reason, String address) {
        Key key = new Key(reason, host(address));
        synchronized (entries) {
            Entry before = entries.remove(key);
            if (entries.size() == MOST) {
                entries.remove(entries.keySet().iterator().next());
            }
            entries.put(key, new Entry(clock.instant(), reason, key.host(), before == null ? 1 : before.count() + 1));
        }
    }

    private static String host(String address) {
        int colon = address.lastIndexOf(':');
        return colon < 0 || address.endsWith("]") ? address : address.substring(0, colon);
    }

    /** Latest first. */
    List<Entry> latest() {
        List<Entry> copy;
        synchronized (entries) {
            copy = new ArrayList<>(entries.values());
        }
        Collections.reverse(copy);
        return copy;
    }
}
