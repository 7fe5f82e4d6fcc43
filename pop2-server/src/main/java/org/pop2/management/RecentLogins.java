package org.pop2.management;

import java.time.Clock;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import org.pop2.storage.UserName;

/** Recent logins, a bounded number. Safe for many threads. */
final class RecentLogins {
    static final int MOST = 50;

    /** A login that was accepted. */
    record Entry(Instant at, UserName user, String address) {}

    private final Clock clock;
    private final Deque<Entry> entries = new ArrayDeque<>(MOST);

    RecentLogins(Clock clock) {
        this.clock = clock;
    }

    void add(UserName user, String address) {
        Entry entry = new Entry(clock.instant(), user, address);
        synchronized (entries) {
            if (entries.size() == MOST) {
                entries.removeFirst();
            }
            entries.addLast(entry);
        }
    }

    /** Latest first. */
    List<Entry> latest() {
        List<Entry> copy;
        synchronized (entries) {
            copy = new ArrayList<>(entries);
        }
        Collections.reverse(copy);
        return copy;
    }
}
