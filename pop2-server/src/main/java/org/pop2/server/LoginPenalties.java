package org.pop2.server;

import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.UserName;

/**
 * What failed logins cost those who try again and again. After {@value #FREE} failures of a user name or from an
 * address the next refusals are told late: 1, 2, 4 s and so on, up to 30 s; and of such a name or address only
 * {@value #MAX_IN_FLIGHT} logins may be under way, those that wait for their refusal counted. Right passwords are never
 * told late, and whoever has lately logged in from where he calls is not turned away for what others do to his name.
 *
 * <p>An address is a {@link Peer}. All programs of this machine share the loopback addresses, so these are not counted.
 * Bounded: what failed longest ago is forgotten first. Safe for many threads.
 */
final class LoginPenalties {
    /** Failures that cost nothing: people mistype. */
    static final int FREE = 3;

    static final int MAX_IN_FLIGHT = 4;
    static final Duration LONGEST = Duration.ofSeconds(30);
    /** After the last failure. */
    static final Duration FORGIVEN_AFTER = Duration.ofMinutes(10);
    /** How long somebody who logged in is known at his address. */
    static final Duration KNOWN_FOR = Duration.ofDays(7);

    static final int MAX_ENTRIES = 10_000;

    private final LongSupplier nanoTime;
    private final long origin;
    private final Map<UserName, Entry> users = new Bounded<>();
    private final Map<Peer, Entry> addresses = new Bounded<>();
    private final Map<Pair, Known> known = new Bounded<>();

    LoginPenalties(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.origin = nanoTime.getAsLong();
    }

    private record Pair(UserName user, Peer address) {
        // written out, as in UserName

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Pair pair && user.equals(pair.user) && address.equals(pair.address);
        }

        @Override
        public int hashCode() {
            return 31 * user.hashCode() + address.hashCode();
        }
    }

    /** Oldest out. */
    private static final class Bounded<K, V> extends LinkedHashMap<K, V> {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
            return size() > MAX_ENTRIES;
        }
    }

    /** Of a user name or an address. */
    private static final class Entry {
        int failures;
        long lastFailure;
        int running;
        /** When the refusals that wait will be told. */
        final PriorityQueue<Long> told = new PriorityQueue<>();

        void forget(long now) {
            if (failures > 0 && now - lastFailure >= FORGIVEN_AFTER.toNanos()) {
                failures = 0;
            }
            for (Long next = told.peek(); next != null && next <= now; next = told.peek()) {
                told.remove();
            }
        }

        boolean isFull(long now) {
            forget(now);
            return failures >= FREE && running + told.size() >= MAX_IN_FLIGHT;
        }

        long delay() {
            if (failures <= FREE) {
                return 0;
            }
            int doublings = Math.min(failures - FREE - 1, 10);
            return Math.min(Duration.ofSeconds(1L << doublings).toNanos(), LONGEST.toNanos());
        }

        boolean isIdle() {
            return failures == 0 && running == 0 && told.isEmpty();
        }
    }

    /** Somebody who logged in from there. */
    private static final class Known {
        long since;
        int running;
    }

    /**
     * A login begins.
     *
     * @param user whose name is used; nothing if no user can have that name
     * @param client nothing if it is not known
     * @return nothing if it must wait its turn: nothing is to be tried then
     */
    synchronized Optional<Attempt> begin(Optional<UserName> user, @Nullable InetAddress client) {
        long now = now();
        Peer address = key(client);
        Entry ofUser = user.map(name -> users.computeIfAbsent(name, any -> new Entry()))
                .orElse(null);
        Entry ofAddress = !address.equals(Peer.UNKNOWN) ? addresses.computeIfAbsent(address, any -> new Entry()) : null;
        Known ofPair = user.map(name -> known.get(new Pair(name, address)))
                .filter(pair -> now - pair.since < KNOWN_FOR.toNanos())
                .orElse(null);
        boolean full = (ofUser != null && ofUser.isFull(now)) || (ofAddress != null && ofAddress.isFull(now));
        if (full && (ofPair == null || ofPair.running >= MAX_IN_FLIGHT)) {
            return Optional.empty();
        }
        return Optional.of(new Attempt(user.orElse(null), address, ofUser, ofAddress, ofPair));
    }

    /** A login under way. One of its methods is called at its end; further calls do nothing. */
    final class Attempt {
        private final @Nullable UserName user;
        private final Peer address;
        private final @Nullable Entry ofUser;
        private final @Nullable Entry ofAddress;
        private final @Nullable Known ofPair;
        private boolean ended;

        private Attempt(
                @Nullable UserName user,
                Peer address,
                @Nullable Entry ofUser,
                @Nullable Entry ofAddress,
                @Nullable Known ofPair) {
            this.user = user;
            this.address = address;
            this.ofUser = ofUser;
            this.ofAddress = ofAddress;
            this.ofPair = ofPair;
            entries().forEach(entry -> entry.running++);
            if (ofPair != null) {
                ofPair.running++;
            }
        }

        /** The login failed; says how late that is to be told. */
        Duration refused() {
            synchronized (LoginPenalties.this) {
                if (!end()) {
                    return Duration.ZERO;
                }
                long now = now();
                long delay = 0;
                for (Entry entry : entries()) {
                    entry.forget(now);
                    entry.failures++;
                    entry.lastFailure = now;
                    delay = Math.max(delay, entry.delay());
                }
                if (delay > 0) {
                    // whether or not the client waits for it: hanging up must not make room for the next attempt
                    for (Entry entry : entries()) {
                        entry.told.add(now + delay);
                    }
                }
                toTheEnd();
                return Duration.ofNanos(delay);
            }
        }

        /** The login was good. */
        void accepted() {
            synchronized (LoginPenalties.this) {
                if (!end()) {
                    return;
                }
                if (ofAddress != null) {
                    ofAddress.failures = 0;
                }
                if (user != null) {
                    Pair pair = new Pair(user, address);
                    Known there = known.remove(pair);
                    if (there == null) {
                        there = new Known();
                    }
                    there.since = now();
                    known.put(pair, there);
                }
                tidy();
            }
        }

        /** Nothing is known of the login: it was given up, or the storage failed. */
        void abandoned() {
            synchronized (LoginPenalties.this) {
                if (end()) {
                    tidy();
                }
            }
        }

        private boolean end() {
            if (ended) {
                return false;
            }
            ended = true;
            entries().forEach(entry -> entry.running--);
            if (ofPair != null) {
                ofPair.running--;
            }
            return true;
        }

        private List<Entry> entries() {
            List<Entry> entries = new ArrayList<>(2);
            if (ofUser != null) {
                entries.add(ofUser);
            }
            if (ofAddress != null) {
                entries.add(ofAddress);
            }
            return entries;
        }

        /** What failed last is forgotten last. */
        private void toTheEnd() {
            if (user != null && ofUser != null && users.remove(user, ofUser)) {
                users.put(user, ofUser);
            }
            if (ofAddress != null && addresses.remove(address, ofAddress)) {
                addresses.put(address, ofAddress);
            }
        }

        private void tidy() {
            if (user != null && ofUser != null && ofUser.isIdle()) {
                users.remove(user, ofUser);
            }
            if (ofAddress != null && ofAddress.isIdle()) {
                addresses.remove(address, ofAddress);
            }
        }
    }

    /** How many names and addresses it knows something of. */
    synchronized int size() {
        return users.size() + addresses.size();
    }

    private long now() {
        return nanoTime.getAsLong() - origin;
    }

    private static Peer key(@Nullable InetAddress client) {
        return client == null || client.isLoopbackAddress() ? Peer.UNKNOWN : Peer.of(client);
    }
}
