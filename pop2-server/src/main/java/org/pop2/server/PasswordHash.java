package org.pop2.server;

/** A stored hash that was understood, and whose cost is within bounds. */
interface PasswordHash {

    /**
     * Whether this is the password; takes the time that the hash was made to take. Neither keeps nor changes the
     * octets.
     *
     * @param password 1 to {@link Passwords#MAX_OCTETS} octets, none of them NUL
     */
    boolean matches(byte[] password);

    /** Whether trying a password costs (next to) nothing, as it does with one stored in clear. */
    default boolean isCheap() {
        return false;
    }

    /** Whether a new hash of the same password would protect it better. */
    default boolean isWeak() {
        return true;
    }
}
