package org.pop2.management;

import java.time.Clock;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.pop2.server.ServerObserver.Login;
import org.pop2.storage.UserName;

/** The last logins, a bounded number. Safe for many threads. */
final class RecentLogins {
    static final int MOST = 50;

    /**
     * A login.
     *
     * @param user who logged in; nobody unless accepted
     */
    record Entry(Instant at, Login result, String address, Optional<UserName> user) {}

    private final Clock clock;
    private final Deque<Entry> entries = new ArrayDeque<>(MOST);

    RecentLogins(Clock clock) {
        this.clock = clock;
    }

    void add(Login result, String address, Optional<UserName> user) {
        Entry entry = new Entry(clock.instant(), result, address, user);
        synchronized (entries) {
            if (entries.size() == MOST) {
                entries.removeFirst();
            }
            entries.addLast(entry);
        }
    }

    /** The latest first. */
    List<Entry> latest() {
        List<Entry> copy;
        synchronized (entries) {
            copy = new ArrayList<>(entries);
        }
        Collections.reverse(copy);
        return copy;
    }
}
