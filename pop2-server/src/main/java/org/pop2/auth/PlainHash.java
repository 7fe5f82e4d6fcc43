package org.pop2.auth;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HexFormat;

/** {@code {PLAIN}}: the password itself, for closed networks; with {@code .b64} or {@code .hex} in that encoding. */
final class PlainHash implements PasswordHash {
    private final byte[] password;

    private PlainHash(byte[] password) {
        this.password = password;
    }

    static PlainHash parse(String stored, String encoding) throws UnusableHashException {
        byte[] password;
        try {
            password = switch (encoding) {
                case "" -> stored.getBytes(StandardCharsets.UTF_8);
                case "B64", "BASE64" -> Base64.getDecoder().decode(stored);
                case "HEX" -> HexFormat.of().parseHex(stored);
                default -> throw new UnusableHashException("its encoding is not one of .b64, .base64 and .hex");
            };
        } catch (IllegalArgumentException e) {
            // without the cause, whose message may quote the password
            throw new UnusableHashException("it is not in the encoding that its scheme names");
        }
        if (!Passwords.isPossible(password)) {
            throw new UnusableHashException(
                    "no password can be empty, hold a NUL or be over " + Passwords.MAX_OCTETS + " octets long");
        }
        return new PlainHash(password);
    }

    @Override
    public boolean matches(byte[] candidate) {
        return MessageDigest.isEqual(password, candidate);
    }

    @Override
    public boolean isCheap() {
        return true;
    }
}
