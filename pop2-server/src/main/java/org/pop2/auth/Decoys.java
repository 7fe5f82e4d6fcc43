package org.pop2.auth;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Hashes to compute for unknown users, so that a refusal takes as long as for a known one. Accounts may have hashes of
 * several schemes and costs. An unknown name is given one of those seen in recent logins, in proportion to how often
 * each was seen, and the same one as long as these proportions last. Until a login was seen, it is the default scheme.
 * Safe for many threads.
 */
final class Decoys {
    private static final String ALGORITHM = "HmacSHA256";
    private static final int MAX_SHAPES = 8;
    /** At this total the counts are halved, so that recent logins weigh more. */
    private static final int MAX_TOTAL = 10_000;

    private static final class Seen {
        final PasswordHash.Decoy decoy;
        int count;

        Seen(PasswordHash.Decoy decoy) {
            this.decoy = decoy;
        }
    }

    private final Map<String, Seen> shapes = new LinkedHashMap<>();
    private final PasswordHash standard;
    private final SecretKeySpec key;
    private int total;

    /** @param standard computed until an account has been seen */
    Decoys(PasswordHash standard) {
        this.standard = standard;
        byte[] random = new byte[32];
        new SecureRandom().nextBytes(random);
        key = new SecretKeySpec(random, ALGORITHM);
    }

    /** Counts a password that was tried against that hash. */
    synchronized void seen(PasswordHash hash) {
        // a new decoy takes random octets, and a moment that unknown users do not take
        Seen seen = shapes.get(hash.shape());
        if (seen == null) {
            Optional<PasswordHash.Decoy> decoy = hash.decoy();
            if (decoy.isEmpty() || shapes.size() >= MAX_SHAPES) {
                return;
            }
            seen = new Seen(decoy.get());
            shapes.put(hash.shape(), seen);
        }
        seen.count++;
        total++;
        if (total >= MAX_TOTAL) {
            total = 0;
            shapes.values().removeIf(each -> {
                each.count /= 2;
                total += each.count;
                return each.count == 0;
            });
        }
    }

    /** The hash to compute for that name. */
    synchronized PasswordHash of(String name) {
        if (total == 0) {
            return standard;
        }
        // a place between 0 and 1 that belongs to the name, for as long as this process lives
        long place = ((place(name) >>> 33) * total) >>> 31;
        for (Seen seen : shapes.values()) {
            place -= seen.count;
            if (place < 0) {
                return seen.decoy.hash();
            }
        }
        return standard;
    }

    private long place(String name) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return ByteBuffer.wrap(mac.doFinal(name.getBytes(StandardCharsets.UTF_8)))
                    .getLong();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
        }
    }
}
