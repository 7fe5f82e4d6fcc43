package org.pop2.auth;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pop2.net.NetworkPrefix;
import org.pop2.storage.UserName;

/**
 * Networks from which users have logged in recently. Bounded, per user as well, so that a user of many networks
 * displaces nobody else. Guarded by its {@link LoginPenalties}.
 */
final class KnownPlaces {
    static final int MAX_PLACES = 16;

    /** A user who logged in from a network. */
    static final class Known {
        private long since;
        private int running;

        boolean mayBegin() {
            return running < LoginPenalties.MAX_IN_FLIGHT;
        }

        void begins() {
            running++;
        }

        void ends() {
            running--;
        }
    }

    /** Oldest out. */
    private static final class Bounded<K, V> extends LinkedHashMap<K, V> {
        private static final long serialVersionUID = 1L;

        private final int most;

        Bounded(int most) {
            this.most = most;
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
            return size() > most;
        }
    }

    private final Map<UserName, Map<NetworkPrefix, Known>> users;

    KnownPlaces(int mostUsers) {
        users = new Bounded<>(mostUsers);
    }

    @Nullable
    Known find(UserName user, NetworkPrefix address, long now) {
        Map<NetworkPrefix, Known> places = users.get(user);
        Known known = places == null ? null : places.get(address);
        return known != null && now - known.since < LoginPenalties.KNOWN_FOR.toNanos() ? known : null;
    }

    /** Records that the user has logged in from there. */
    void add(UserName user, NetworkPrefix address, long now) {
        Map<NetworkPrefix, Known> before = users.remove(user);
        Map<NetworkPrefix, Known> places = before == null ? new Bounded<>(MAX_PLACES) : before;
        users.put(user, places);
        Known again = places.remove(address);
        Known there = again == null ? new Known() : again;
        there.since = now;
        places.put(address, there);
    }
}
