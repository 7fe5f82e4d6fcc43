package org.pop2.auth;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.commons.codec.binary.Base32;
import org.pop2.library.Library;
import org.pop2.protocol.Secret;
import org.pop2.storage.UserName;

/**
 * Passwords for one login each, for links that others can listen to and that cannot or must not be encrypted. Their
 * state is part of the account's password hash and changes with each login.
 *
 * <p>Two kinds: a list of passwords, computed from a pass phrase that the server never sees again (RFC 2289, S/KEY), in
 * place of a password; and six digits from a device with a clock (TOTP, RFC 6238), appended to a password.
 */
public final class OneTimePasswords {
    /** RFC 2289 p. 5: "must be at least 10 characters". */
    public static final int MIN_PASS_PHRASE = 10;

    /** RFC 2289 p. 5: "Implementations MUST support ... up to 63 characters". */
    public static final int MAX_PASS_PHRASE = 63;

    /** Most passwords of one list; each takes a hash to compute. */
    public static final int MAX_COUNT = 9999;

    /** With fewer left, the log warns at each login. */
    public static final int FEW = 20;

    private static final int TOTP_SECRET_OCTETS = 20;
    private static final SecureRandom RANDOM = new SecureRandom();

    private OneTimePasswords() {}

    /**
     * The position in a list of passwords.
     *
     * @param digest the hash function
     * @param sequence number of the password used last; the next one is one less, which is also how many are left
     * @param seed 1 to 16 letters and digits, not secret
     */
    public record State(OneTimeDigest digest, int sequence, String seed) {
        /** @throws IllegalArgumentException if there is no such list; the message says why */
        public State {
            if (sequence < 0 || sequence > MAX_COUNT) {
                throw new IllegalArgumentException("a list has at most " + MAX_COUNT + " passwords");
            }
            if (!seed.matches("[A-Za-z0-9]{1,16}")) {
                throw new IllegalArgumentException("a seed has 1 to 16 letters and digits");
            }
        }
    }

    /**
     * One password of a list.
     *
     * @param sequence its number
     * @param words the password as six words
     * @param hex the same as 16 hexadecimal digits in groups of four
     */
    public record Response(int sequence, String words, String hex) {
        @Override
        public String toString() {
            return "Response[" + sequence + "]";
        }
    }

    /** A random seed: two letters and five digits. */
    public static String newSeed() {
        return String.format(
                Locale.ROOT,
                "%c%c%05d",
                (char) ('a' + RANDOM.nextInt(26)),
                (char) ('a' + RANDOM.nextInt(26)),
                RANDOM.nextInt(100_000));
    }

    /**
     * The text to store for a new list.
     *
     * @throws IllegalArgumentException if the pass phrase is shorter than {@link #MIN_PASS_PHRASE} or longer than
     *     {@link #MAX_PASS_PHRASE} octets
     */
    public static String start(State state, Secret passPhrase) {
        return new OtpHash(state.digest(), state.sequence(), state.seed(), value(state, state.sequence(), passPhrase))
                .text();
    }

    /** The position in the list; empty if the account has none. */
    public static Optional<State> state(String stored) {
        return otp(stored).map(hash -> new State(hash.digest(), hash.sequence(), hash.seed()));
    }

    /** Whether that list was computed from this pass phrase. */
    public static boolean isOf(String stored, Secret passPhrase) {
        return otp(stored)
                .map(hash -> hash.last()
                        == value(new State(hash.digest(), hash.sequence(), hash.seed()), hash.sequence(), passPhrase))
                .orElse(false);
    }

    /** The next passwords, in the order of their use; at most as many as are left. */
    public static List<Response> next(State state, Secret passPhrase, int count) {
        List<Response> responses = new ArrayList<>();
        for (int sequence = state.sequence() - 1; sequence >= 0 && sequence >= state.sequence() - count; sequence--) {
            long value = value(state, sequence, passPhrase);
            String hex = OtpHash.hex(value).toUpperCase(Locale.ROOT);
            responses.add(new Response(
                    sequence,
                    SixWords.encode(value),
                    String.join(
                            " ", hex.substring(0, 4), hex.substring(4, 8), hex.substring(8, 12), hex.substring(12))));
        }
        return responses;
    }

    private static long value(State state, int sequence, Secret passPhrase) {
        byte[] octets = passPhrase.octets();
        try {
            if (octets.length < MIN_PASS_PHRASE || octets.length > MAX_PASS_PHRASE) {
                throw new IllegalArgumentException(
                        "a pass phrase has " + MIN_PASS_PHRASE + " to " + MAX_PASS_PHRASE + " characters");
            }
            long value = state.digest().initial(state.seed(), octets);
            for (int i = 0; i < sequence; i++) {
                value = state.digest().step(value);
            }
            return value;
        } finally {
            Arrays.fill(octets, (byte) 0);
        }
    }

    private static Optional<OtpHash> otp(String stored) {
        return parsed(stored).filter(OtpHash.class::isInstance).map(OtpHash.class::cast);
    }

    // ---- six digits after the password

    /** A new secret, 160 bits in base32. */
    public static String newTotpSecret() {
        Library.COMMONS_CODEC.require("secrets for six digits");
        byte[] secret = new byte[TOTP_SECRET_OCTETS];
        RANDOM.nextBytes(secret);
        return new Base32().encodeToString(secret).replace("=", "");
    }

    /**
     * The text to store for a password that must be followed by six digits from now on.
     *
     * @param stored the hash of that password
     * @throws UnusableHashException if nobody could log in with that hash
     */
    public static String withTotp(String stored, String secret) throws UnusableHashException {
        String text = TotpHash.text(secret, 0, stored);
        Passwords.requireUsable(text);
        return text;
    }

    /** The hash of the password that the digits follow; nothing if that account has no such digits. */
    public static Optional<String> passwordOfTotp(String stored) {
        return totp(stored).map(TotpHash::password);
    }

    /** The stored text with another hash of a password, digits asked for as before. */
    public static String withPassword(String stored, String passwordHash) {
        return totp(stored).map(hash -> hash.withPassword(passwordHash)).orElse(passwordHash);
    }

    /** For an authenticator on a telephone: {@code otpauth://totp/...}. */
    public static String totpUri(UserName user, String issuer, String secret) {
        return "otpauth://totp/" + escaped(issuer) + ":" + escaped(user.value()) + "?secret=" + secret + "&issuer="
                + escaped(issuer) + "&algorithm=SHA1&digits=" + TotpHash.DIGITS + "&period=" + TotpHash.STEP_SECONDS;
    }

    private static String escaped(String text) {
        StringBuilder out = new StringBuilder();
        for (byte octet : text.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (octet & 0xff);
            if (c < 0x7f && (Character.isLetterOrDigit(c) || "-._~".indexOf(c) >= 0)) {
                out.append(c);
            } else {
                out.append(String.format(Locale.ROOT, "%%%02X", (int) c));
            }
        }
        return out.toString();
    }

    private static Optional<TotpHash> totp(String stored) {
        return parsed(stored).filter(TotpHash.class::isInstance).map(TotpHash.class::cast);
    }

    private static Optional<PasswordHash> parsed(String stored) {
        try {
            return Optional.of(Passwords.parse(stored));
        } catch (UnusableHashException e) {
            return Optional.empty();
        }
    }
}
