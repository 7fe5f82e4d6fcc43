package org.pop2.auth;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bouncycastle.crypto.digests.SHA1Digest;
import org.bouncycastle.crypto.generators.PKCS5S2ParametersGenerator;
import org.bouncycastle.crypto.params.KeyParameter;

/** PBKDF2 with HMAC-SHA-1 as Dovecot writes it: {@code $1$salt$rounds$key in hex}; the salt is taken as text. */
final class Pbkdf2Hash implements PasswordHash {
    /** About 1 s of computing; 5,000 is Dovecot's default. */
    static final int MAX_ROUNDS = 1_000_000;

    private static final Pattern FORM = Pattern.compile("\\$1\\$([^$]{1,64})\\$([0-9]{1,9})\\$([0-9a-fA-F]{40})");
    private static final SecureRandom RANDOM = new SecureRandom();

    private final byte[] salt;
    private final int rounds;
    private final byte[] key;

    private Pbkdf2Hash(byte[] salt, int rounds, byte[] key) {
        this.salt = salt;
        this.rounds = rounds;
        this.key = key;
    }

    static Pbkdf2Hash parse(String text) throws UnusableHashException {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new UnusableHashException("it is no PBKDF2 hash as Dovecot writes it");
        }
        int rounds = Integer.parseInt(matcher.group(2));
        if (rounds < 1 || rounds > MAX_ROUNDS) {
            throw new UnusableHashException("its rounds are not within 1 to " + MAX_ROUNDS);
        }
        return new Pbkdf2Hash(
                matcher.group(1).getBytes(StandardCharsets.UTF_8),
                rounds,
                HexFormat.of().parseHex(matcher.group(3)));
    }

    @Override
    public boolean matches(byte[] password) {
        // not the JCA's: that takes a password of characters, and these are octets
        PKCS5S2ParametersGenerator generator = new PKCS5S2ParametersGenerator(new SHA1Digest());
        generator.init(password, salt, rounds);
        byte[] computed = ((KeyParameter) generator.generateDerivedMacParameters(key.length * Byte.SIZE)).getKey();
        try {
            return MessageDigest.isEqual(key, computed);
        } finally {
            Arrays.fill(computed, (byte) 0);
        }
    }

    @Override
    public String shape() {
        return "pbkdf2-" + rounds;
    }

    @Override
    public Optional<Decoy> decoy() {
        byte[] otherSalt = new byte[salt.length];
        RANDOM.nextBytes(otherSalt);
        byte[] otherKey = new byte[key.length];
        RANDOM.nextBytes(otherKey);
        return Optional.of(new Decoy(shape(), new Pbkdf2Hash(otherSalt, rounds, otherKey)));
    }
}
