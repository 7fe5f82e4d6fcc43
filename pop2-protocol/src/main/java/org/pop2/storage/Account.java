package org.pop2.storage;

/**
 * A user as the storage keeps one.
 *
 * @param user whose account it is
 * @param passwordHash {@code {SCHEME}hash} as Dovecot writes it, for the server to verify; opaque to the storage
 * @param enabled whether the user may log in; mail for a disabled user is still delivered
 */
public record Account(UserName user, String passwordHash, boolean enabled) {
    /** Longest password hash, in characters. */
    public static final int MAX_HASH_LENGTH = 1024;

    /**
     * @throws IllegalArgumentException if the hash is empty, too long, begins or ends with a blank or holds a character
     *     that is no printable ASCII
     */
    public Account {
        if (passwordHash.isEmpty()
                || passwordHash.length() > MAX_HASH_LENGTH
                || !passwordHash.equals(passwordHash.strip())
                || !passwordHash.chars().allMatch(c -> c >= ' ' && c < 0x7f)) {
            throw new IllegalArgumentException("not a password hash");
        }
    }

    /** Without the hash: accounts end up in logs. */
    @Override
    public String toString() {
        return "Account[user=" + user + ", passwordHash=***, enabled=" + enabled + "]";
    }
}
