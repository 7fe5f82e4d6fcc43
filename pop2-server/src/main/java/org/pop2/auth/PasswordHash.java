package org.pop2.auth;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A stored hash that was parsed and whose cost is within bounds. */
interface PasswordHash {

    /**
     * Whether this is the password. Slow on purpose. Neither keeps nor changes the octets.
     *
     * @param password 1 to {@link Passwords#MAX_OCTETS} octets, none of them NUL
     */
    boolean matches(byte[] password);

    /** As {@link #matches}, with the hash to store before a login with a one-time password counts. */
    default Match check(byte[] password) {
        return matches(password) ? Match.LASTING : Match.NONE;
    }

    /** Whether trying a password costs next to nothing, as with one stored in clear. */
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

    /** Scheme and parameters: hashes of the same shape take the same time. Empty if trying is cheap. */
    default String shape() {
        return "";
    }

    /** A hash of the same cost whose password nobody knows; empty if trying is cheap. */
    default Optional<Decoy> decoy() {
        return Optional.empty();
    }

    /**
     * The result of trying a password.
     *
     * @param right whether it is the password
     * @param next the hash to store instead, if this login uses the password up
     * @param left how many more such passwords there are
     */
    record Match(boolean right, @Nullable String next, int left) {
        static final Match NONE = new Match(false, null, 0);
        /** Right, and valid for further logins. */
        static final Match LASTING = new Match(true, null, Integer.MAX_VALUE);

        /** Omits the next hash, which is secret. */
        @Override
        public String toString() {
            return right ? (next == null ? "right" : "right once") : "wrong";
        }
    }

    /**
     * A hash to compute for an unknown user.
     *
     * @param shape scheme and parameters: hashes of the same shape take the same time
     * @param hash of that shape
     */
    record Decoy(String shape, PasswordHash hash) {}
}
