package org.pop2.auth;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A stored hash that was understood, and whose cost is within bounds. */
interface PasswordHash {

    /**
     * Whether this is the password; takes the time that the hash was made to take. Neither keeps nor changes the
     * octets.
     *
     * @param password 1 to {@link Passwords#MAX_OCTETS} octets, none of them NUL
     */
    boolean matches(byte[] password);

    /** As {@link #matches}, and what has to be stored before a login with a password that is good once may count. */
    default Match check(byte[] password) {
        return matches(password) ? Match.LASTING : Match.NONE;
    }

    /** Whether trying a password costs (next to) nothing, as it does with one stored in clear. */
    default boolean isCheap() {
        return false;
    }

    /** Whether a new hash of the same password would protect it better. */
    default boolean isWeak() {
        return true;
    }

    /** The text to store in place of this one, for the password that it {@linkplain #matches matched}. Blocks. */
    default String renewed(byte[] password) {
        return Passwords.DEFAULT_SCHEME + Argon2Hash.hash(password);
    }

    /** Scheme and parameters: hashes of the same shape take the same time. Empty where trying is cheap. */
    default String shape() {
        return "";
    }

    /** A hash of the same cost that nobody has the password of; none where trying is cheap. */
    default Optional<Decoy> decoy() {
        return Optional.empty();
    }

    /**
     * What a password is worth.
     *
     * @param right whether it is the password
     * @param next what takes the place of the stored hash, if the password is spent by this login
     * @param left how many more such passwords there are
     */
    record Match(boolean right, @Nullable String next, int left) {
        static final Match NONE = new Match(false, null, 0);
        /** Right, and good for the next login too. */
        static final Match LASTING = new Match(true, null, Integer.MAX_VALUE);

        /** Without what is stored next: it tells a secret. */
        @Override
        public String toString() {
            return right ? (next == null ? "right" : "right once") : "wrong";
        }
    }

    /**
     * Something to compute where there is nothing to try.
     *
     * @param shape scheme and parameters: hashes of the same shape take the same time
     * @param hash of that shape
     */
    record Decoy(String shape, PasswordHash hash) {}
}
