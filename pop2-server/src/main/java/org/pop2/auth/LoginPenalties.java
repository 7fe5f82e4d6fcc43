package org.pop2.auth;

import java.net.InetAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.pop2.net.NetworkPrefix;
import org.pop2.storage.UserName;

/**
 * Delays for repeated failed logins. After {@value #FREE} failures of a user name or from an address the next refusals
 * are told late: 1, 2, 4 s and so on, up to 30 s; and of such a name or address only {@value #MAX_IN_FLIGHT} logins may
 * be under way, those that wait for their refusal counted. Right passwords are never told late, and whoever has lately
 * logged in from where he calls is not turned away for what others do to his name.
 *
 * <p>An address is a {@link NetworkPrefix}. All programs of this machine share the loopback addresses, so these are not
 * counted. Each password that was tried is a failure, two for one HELO too, and also if the client did not wait for the
 * answer. Nothing is recorded for a login that is turned away. Safe for many threads.
 */
final class LoginPenalties {
    /** Failures without delay: people mistype. */
    static final int FREE = 3;

    static final int MAX_IN_FLIGHT = 4;
    static final Duration LONGEST = Duration.ofSeconds(30);
    /** Counted from the last failure. */
    static final Duration FORGIVEN_AFTER = Duration.ofMinutes(10);
    /** How long a user is known at an address after logging in from it. */
    static final Duration KNOWN_FOR = Duration.ofDays(7);

    static final int MAX_ENTRIES = 10_000;

    private final LongSupplier nanoTime;
    private final long origin;
    private final FailedLogins<UserName> users = new FailedLogins<>(MAX_ENTRIES);
    private final FailedLogins<NetworkPrefix> addresses = new FailedLogins<>(MAX_ENTRIES);
    private final KnownPlaces known = new KnownPlaces(MAX_ENTRIES);

    LoginPenalties(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.origin = nanoTime.getAsLong();
    }

    /**
     * A login begins.
     *
     * @param user whose name is used; nothing if no user can have that name
     * @param client nothing if it is not known
     * @return empty if it must wait its turn; no password may be tried then
     */
    synchronized Optional<Attempt> begin(Optional<UserName> user, @Nullable InetAddress client) {
        long now = now();
        NetworkPrefix address = key(client);
        boolean counted = !address.equals(NetworkPrefix.UNKNOWN);
        FailedLogins.Entry ofUser = user.map(users::find).orElse(null);
        FailedLogins.Entry ofAddress = counted ? addresses.find(address) : null;
        KnownPlaces.Known place =
                user.map(name -> known.find(name, address, now)).orElse(null);
        boolean full = (ofUser != null && ofUser.isFull(now)) || (ofAddress != null && ofAddress.isFull(now));
        if (full && (place == null || !place.mayBegin())) {
            return Optional.empty();
        }
        return Optional.of(new Attempt(
                user.orElse(null),
                address,
                user.map(users::of).orElse(null),
                counted ? addresses.of(address) : null,
                place));
    }

    /** A login that is not counted. */
    Attempt uncounted() {
        return new Attempt(null, NetworkPrefix.UNKNOWN, null, null, null);
    }

    /**
     * A login under way. {@link #refused}, {@link #accepted} or {@link #abandoned} is called at its end; further calls
     * do nothing.
     */
    final class Attempt {
        private final @Nullable UserName user;
        private final NetworkPrefix address;
        private final FailedLogins.@Nullable Entry ofUser;
        private final FailedLogins.@Nullable Entry ofAddress;
        private final KnownPlaces.@Nullable Known place;
        private int wrong;
        private boolean hashing;
        private boolean abandoned;
        private boolean ended;

        private Attempt(
                @Nullable UserName user,
                NetworkPrefix address,
                FailedLogins.@Nullable Entry ofUser,
                FailedLogins.@Nullable Entry ofAddress,
                KnownPlaces.@Nullable Known place) {
            this.user = user;
            this.address = address;
            this.ofUser = ofUser;
            this.ofAddress = ofAddress;
            this.place = place;
            if (ofUser != null) {
                ofUser.begins();
            }
            if (ofAddress != null) {
                ofAddress.begins();
            }
            if (place != null) {
                place.begins();
            }
        }

        /** A password is about to be hashed. Returns {@code false} if the client is gone and it need not be. */
        boolean beginsHash() {
            synchronized (LoginPenalties.this) {
                hashing = !ended;
                return hashing;
            }
        }

        /** The password has been hashed. If the client has gone meanwhile, this ends the login. */
        void endsHash(boolean wasWrong) {
            synchronized (LoginPenalties.this) {
                hashing = false;
                wrong = wasWrong ? wrong + 1 : 0;
                if (abandoned) {
                    abandoned();
                }
            }
        }

        /** The login failed; returns the delay of the refusal. */
        Duration refused() {
            synchronized (LoginPenalties.this) {
                return end() ? fail(Math.max(1, wrong)) : Duration.ZERO;
            }
        }

        private Duration fail(int passwords) {
            long now = now();
            long delay = 0;
            if (user != null && ofUser != null) {
                delay = users.failed(user, ofUser, passwords, now);
            }
            if (ofAddress != null) {
                delay = Math.max(delay, addresses.failed(address, ofAddress, passwords, now));
            }
            if (delay > 0) {
                // whether or not the client waits for it: hanging up must not make room for the next attempt
                if (ofUser != null) {
                    ofUser.tellAt(now + delay);
                }
                if (ofAddress != null) {
                    ofAddress.tellAt(now + delay);
                }
            }
            return Duration.ofNanos(delay);
        }

        /** The login was good. */
        void accepted() {
            synchronized (LoginPenalties.this) {
                if (!end()) {
                    return;
                }
                if (ofAddress != null) {
                    ofAddress.forgive();
                }
                if (user != null) {
                    known.add(user, address, now());
                }
                tidy();
            }
        }

        /**
         * The login has no outcome: it was given up, or the storage failed. A password that was tried still counts, and
         * one that is being hashed ends the login when that is done.
         */
        void abandoned() {
            synchronized (LoginPenalties.this) {
                abandoned = true;
                if (hashing || !end()) {
                    return;
                }
                if (wrong > 0) {
                    Duration unused = fail(wrong);
                } else {
                    tidy();
                }
            }
        }

        private boolean end() {
            if (ended) {
                return false;
            }
            ended = true;
            if (ofUser != null) {
                ofUser.ends();
            }
            if (ofAddress != null) {
                ofAddress.ends();
            }
            if (place != null) {
                place.ends();
            }
            return true;
        }

        private void tidy() {
            if (user != null && ofUser != null) {
                users.tidy(user, ofUser);
            }
            if (ofAddress != null) {
                addresses.tidy(address, ofAddress);
            }
        }
    }

    /** Names and addresses that are remembered. */
    synchronized int size() {
        return users.size() + addresses.size();
    }

    private long now() {
        return nanoTime.getAsLong() - origin;
    }

    private static NetworkPrefix key(@Nullable InetAddress client) {
        return client == null || client.isLoopbackAddress() ? NetworkPrefix.UNKNOWN : NetworkPrefix.of(client);
    }
}
