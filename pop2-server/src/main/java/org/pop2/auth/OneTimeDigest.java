package org.pop2.auth;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The secure hash functions of RFC 2289, with results folded to 64 bits (Appendix A). MD4 is broken and left out. */
public enum OneTimeDigest {
    MD5("MD5"),
    SHA1("SHA-1");

    private final String algorithm;

    OneTimeDigest(String algorithm) {
        this.algorithm = algorithm;
    }

    /** {@code md5} or {@code sha1}, as a challenge has it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The function of that label, upper or lower case. */
    public static Optional<OneTimeDigest> named(String label) {
        return Arrays.stream(values())
                .filter(digest -> digest.name().equalsIgnoreCase(label))
                .findFirst();
    }

    /** "concatenating the seed with the secret pass-phrase, and then ... through the secure hash" (p. 4). */
    long initial(String seed, byte[] passPhrase) {
        MessageDigest computing = digest();
        computing.update(seed.toLowerCase(Locale.ROOT).getBytes(StandardCharsets.US_ASCII));
        return folded(computing.digest(passPhrase));
    }

    /** The next step: from a one-time password to the one that precedes it in use. */
    long step(long value) {
        byte[] octets = ByteBuffer.allocate(Long.BYTES).putLong(value).array();
        return folded(digest().digest(octets));
    }

    private long folded(byte[] result) {
        if (this == MD5) {
            ByteBuffer halves = ByteBuffer.wrap(result);
            return halves.getLong(0) ^ halves.getLong(Long.BYTES);
        }
        ByteBuffer words = ByteBuffer.wrap(result);
        int first = words.getInt(0) ^ words.getInt(8) ^ words.getInt(16);
        int second = words.getInt(4) ^ words.getInt(12);
        // "the order of the bytes ... is little endian" (p. 14)
        return ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(first)
                .putInt(second)
                .order(ByteOrder.BIG_ENDIAN)
                .getLong(0);
    }

    private MessageDigest digest() {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has " + algorithm, e);
        }
    }
}
