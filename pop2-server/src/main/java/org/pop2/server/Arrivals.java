package org.pop2.server;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.pop2.net.Arrival;

/**
 * Connections that wait for a TLS handshake or the header of a proxy before their session. When there is no room, they
 * make room, oldest first, so that silent ones keep nobody out. Safe for many threads.
 */
final class Arrivals {
    private final Map<Arrival, Listener> waiting = new LinkedHashMap<>();

    synchronized void add(Arrival arrival, Listener listener) {
        waiting.put(arrival, listener);
    }

    synchronized void remove(Arrival arrival) {
        waiting.remove(arrival);
    }

    /** Closes the oldest on such a listener; {@code false} if there is none. */
    boolean makeRoom(Predicate<Listener> on) {
        Optional<Arrival> oldest = take(on);
        // on a thread of its own, and so not under the lock
        oldest.ifPresent(Arrival::giveWay);
        return oldest.isPresent();
    }

    private synchronized Optional<Arrival> take(Predicate<Listener> on) {
        for (Iterator<Map.Entry<Arrival, Listener>> all = waiting.entrySet().iterator(); all.hasNext(); ) {
            Map.Entry<Arrival, Listener> each = all.next();
            if (on.test(each.getValue())) {
                all.remove();
                return Optional.of(each.getKey());
            }
        }
        return Optional.empty();
    }
}
