package org.pop2.auth;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.pop2.storage.Account;

/**
 * Recently verified logins, so that a client which connects every few seconds costs one slow hash a minute. Holds no
 * passwords, and no hashes that could be attacked: an entry is an HMAC-SHA-256 of user, stored hash and password, under
 * a key that never leaves this process. A changed account hash therefore makes its entry useless. A hit does not
 * prolong an entry's life.
 */
final class VerifiedLogins {
    private static final String ALGORITHM = "HmacSHA256";

    private final long lifetimeNanos;
    private final int maxEntries;
    private final LongSupplier nanoTime;
    private final SecretKeySpec key;
    /** Never used itself, only copied: a tenth of the cost of looking the algorithm up. */
    private final Mac keyed;

    /** Tags, with the time at which each was verified, in the order of that time. */
    private final Map<ByteBuffer, Long> verifiedAt = new LinkedHashMap<>();

    /**
     * @param lifetime how long a login is remembered; zero: not at all
     * @param maxEntries how many are remembered; the oldest goes first
     * @param nanoTime {@link System#nanoTime}, or a test's clock
     */
    VerifiedLogins(Duration lifetime, int maxEntries, LongSupplier nanoTime) {
        this.lifetimeNanos = lifetime.toNanos();
        this.maxEntries = maxEntries;
        this.nanoTime = nanoTime;
        byte[] random = new byte[32];
        new SecureRandom().nextBytes(random);
        this.key = new SecretKeySpec(random, ALGORITHM);
        this.keyed = newMac(key);
    }

    private static Mac newMac(SecretKeySpec key) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return mac;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
        }
    }

    private Mac mac() {
        try {
            return (Mac) keyed.clone();
        } catch (CloneNotSupportedException notByThisProvider) {
            return newMac(key);
        }
    }

    boolean contains(Account account, byte[] password) {
        if (isOff()) {
            return false;
        }
        ByteBuffer tag = tag(account, password);
        long now = nanoTime.getAsLong();
        synchronized (verifiedAt) {
            Long at = verifiedAt.get(tag);
            return at != null && now - at < lifetimeNanos;
        }
    }

    void add(Account account, byte[] password) {
        if (isOff()) {
            return;
        }
        ByteBuffer tag = tag(account, password);
        long now = nanoTime.getAsLong();
        synchronized (verifiedAt) {
            // removed first: putting a present key would leave it at its old place
            verifiedAt.remove(tag);
            Iterator<Long> oldest = verifiedAt.values().iterator();
            while (oldest.hasNext() && (now - oldest.next() >= lifetimeNanos || verifiedAt.size() >= maxEntries)) {
                oldest.remove();
            }
            verifiedAt.put(tag, now);
        }
    }

    void clear() {
        synchronized (verifiedAt) {
            verifiedAt.clear();
        }
    }

    int size() {
        synchronized (verifiedAt) {
            return verifiedAt.size();
        }
    }

    private boolean isOff() {
        return lifetimeNanos <= 0 || maxEntries <= 0;
    }

    private ByteBuffer tag(Account account, byte[] password) {
        Mac mac = mac();
        // neither a user name nor a stored hash holds a NUL: three parts that cannot run into each other
        mac.update(account.user().value().getBytes(StandardCharsets.UTF_8));
        mac.update((byte) 0);
        mac.update(account.passwordHash().getBytes(StandardCharsets.US_ASCII));
        mac.update((byte) 0);
        mac.update(password);
        return ByteBuffer.wrap(mac.doFinal());
    }
}
