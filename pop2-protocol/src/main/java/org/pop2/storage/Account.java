package org.pop2.storage;

import java.util.Optional;

/**
 * A user as the storage keeps one.
 *
 * @param user whose account it is
 * @param passwordHash {@code {SCHEME}hash} as Dovecot writes it, for the server to verify; opaque to the storage
 * @param enabled whether the user may log in; mail for a disabled user is still delivered
 * @param quota how much mail the user may have; empty: the default quota
 */
public record Account(UserName user, String passwordHash, boolean enabled, Optional<Quota> quota) {
    /** Longest password hash, in characters. */
    public static final int MAX_HASH_LENGTH = 1024;

    /**
     * @throws IllegalArgumentException if the hash is empty, too long, begins or ends with a blank or holds a character
     *     other than printable ASCII
     */
    public Account {
        if (passwordHash.isEmpty()
                || passwordHash.length() > MAX_HASH_LENGTH
                || !passwordHash.equals(passwordHash.strip())
                || !passwordHash.chars().allMatch(c -> c >= ' ' && c < 0x7f)) {
            throw new IllegalArgumentException("not a password hash");
        }
    }

    /** An account with the default quota. To change an account use the {@code with...} methods, which keep the rest. */
    public Account(UserName user, String passwordHash, boolean enabled) {
        this(user, passwordHash, enabled, Optional.empty());
    }

    public Account withPasswordHash(String hash) {
        return new Account(user, hash, enabled, quota);
    }

    public Account withEnabled(boolean whether) {
        return new Account(user, passwordHash, whether, quota);
    }

    public Account withQuota(Optional<Quota> some) {
        return new Account(user, passwordHash, enabled, some);
    }

    /** Without the hash: accounts end up in logs. */
    @Override
    public String toString() {
        return "Account[user=" + user + ", passwordHash=***, enabled=" + enabled + ", quota="
                + quota.map(Quota::toString).orElse("default") + "]";
    }
}
