package org.pop2.auth;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;

/**
 * One digest of password and salt, as LDAP servers and Dovecot have it: {@code {SSHA512}base64(digest + salt)}. Fast,
 * and therefore weak. Accepted so that accounts can be migrated; hashed anew at a login.
 */
final class SaltedHash implements PasswordHash {
    private static final int MAX_SALT_OCTETS = 64;

    private final String algorithm;
    private final byte[] digest;
    private final byte[] salt;

    private SaltedHash(String algorithm, byte[] digest, byte[] salt) {
        this.algorithm = algorithm;
        this.digest = digest;
        this.salt = salt;
    }

    /**
     * @param scheme {@code SSHA512}, {@code SSHA256} or {@code SSHA}
     * @param encoding what follows the scheme's name: {@code .HEX}, {@code .B64}, {@code .BASE64} or nothing
     */
    static SaltedHash parse(String scheme, String encoding, String text) throws UnusableHashException {
        byte[] octets;
        try {
            octets = switch (encoding.toUpperCase(Locale.ROOT)) {
                case "", ".B64", ".BASE64" -> Base64.getDecoder().decode(text);
                case ".HEX" -> HexFormat.of().parseHex(text);
                default -> throw new UnusableHashException("its encoding is not one of .b64, .base64 and .hex");
            };
        } catch (IllegalArgumentException e) {
            throw new UnusableHashException("it is not in the encoding that its scheme names");
        }
        String algorithm = scheme.equals("SSHA") ? "SHA-1" : "SHA-" + scheme.substring("SSHA".length());
        int length = of(algorithm).getDigestLength();
        if (octets.length <= length || octets.length > length + MAX_SALT_OCTETS) {
            throw new UnusableHashException("its length is not that of a digest and a salt");
        }
        return new SaltedHash(
                algorithm, Arrays.copyOf(octets, length), Arrays.copyOfRange(octets, length, octets.length));
    }

    @Override
    public boolean matches(byte[] password) {
        MessageDigest computing = of(algorithm);
        computing.update(password);
        return MessageDigest.isEqual(digest, computing.digest(salt));
    }

    @Override
    public boolean isCheap() {
        return true;
    }

    private static MessageDigest of(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has " + algorithm, e);
        }
    }
}
