package org.pop2.auth;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.commons.codec.binary.Base32;

/**
 * {@code {TOTP}<secret in base32>:<time step used last>:{ARGON2ID}...}: a password directly followed by six digits,
 * which are valid for one login within 30 s (RFC 6238, HMAC-SHA-1).
 */
final class TotpHash implements PasswordHash {
    static final String SCHEME = "TOTP";
    static final int DIGITS = 6;
    static final int STEP_SECONDS = 30;
    /** Steps to either side that are accepted: for clocks that are off, and for the time it takes to type. */
    private static final int WINDOW = 1;

    private static final int MODULUS = 1_000_000;
    /** RFC 4226 p. 5: at least 128 bits. */
    private static final int MIN_SECRET_OCTETS = 16;

    private static final int MAX_SECRET_OCTETS = 64;

    private static final Pattern FORM = Pattern.compile("([A-Za-z2-7]{1,128}={0,6}):([0-9]{1,18}):(\\{.*)");

    private final String secretText;
    private final byte[] secret;
    private final long lastStep;
    private final String passwordText;
    private final PasswordHash password;
    private final InstantSource clock;

    private TotpHash(String secretText, byte[] secret, long lastStep, String passwordText, InstantSource clock)
            throws UnusableHashException {
        this.secretText = secretText;
        this.secret = secret;
        this.lastStep = lastStep;
        this.passwordText = passwordText;
        this.password = Passwords.parse(passwordText, clock);
        this.clock = clock;
        if (password instanceof OtpHash || password instanceof TotpHash) {
            throw new UnusableHashException("one-time passwords go together with a password only");
        }
    }

    static TotpHash parse(String text, InstantSource clock) throws UnusableHashException {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new UnusableHashException("it is not secret:step:{SCHEME}hash");
        }
        byte[] secret = new Base32().decode(matcher.group(1));
        if (secret.length < MIN_SECRET_OCTETS || secret.length > MAX_SECRET_OCTETS) {
            throw new UnusableHashException(
                    "its secret has not " + MIN_SECRET_OCTETS + " to " + MAX_SECRET_OCTETS + " octets");
        }
        return new TotpHash(matcher.group(1), secret, Long.parseLong(matcher.group(2)), matcher.group(3), clock);
    }

    /** The stored hash of the password that the digits follow. */
    String password() {
        return passwordText;
    }

    /** The same with the hash of another password. */
    String withPassword(String stored) {
        return text(secretText, lastStep, stored);
    }

    static String text(String secretText, long lastStep, String password) {
        return "{" + SCHEME + "}" + secretText + ":" + lastStep + ":" + password;
    }

    @Override
    public boolean matches(byte[] passwordAndCode) {
        return check(passwordAndCode).right();
    }

    /** Always computes the password's hash, so that the time does not reveal a wrong code. */
    @Override
    public Match check(byte[] passwordAndCode) {
        int split = Math.max(passwordAndCode.length - DIGITS, 0);
        // a password is never empty; the one that is tried then is no less wrong
        byte[] alone = Arrays.copyOf(passwordAndCode, Math.max(split, 1));
        try {
            long step = split == 0 ? -1 : stepOf(passwordAndCode, split);
            boolean right = password.matches(alone);
            return right && step >= 0
                    ? new Match(true, text(secretText, step, passwordText), Integer.MAX_VALUE)
                    : Match.NONE;
        } finally {
            Arrays.fill(alone, (byte) 0);
        }
    }

    /** The time step for which these digits are valid; -1 if there is none, or if it was used. */
    private long stepOf(byte[] octets, int from) {
        int code = 0;
        for (int i = from; i < octets.length; i++) {
            if (octets[i] < '0' || octets[i] > '9') {
                return -1;
            }
            code = code * 10 + (octets[i] - '0');
        }
        long now = clock.instant().getEpochSecond() / STEP_SECONDS;
        long found = -1;
        for (long step = Math.max(now - WINDOW, lastStep + 1); step <= now + WINDOW; step++) {
            if (code(secret, step) == code && found < 0) {
                found = step;
            }
        }
        return found;
    }

    /** RFC 6238 p. 4 and RFC 4226 p. 6. */
    static int code(byte[] secret, long step) {
        try {
            Mac mac = Mac.getInstance("HmacSHA1");
            mac.init(new SecretKeySpec(secret, "HmacSHA1"));
            byte[] result =
                    mac.doFinal(ByteBuffer.allocate(Long.BYTES).putLong(step).array());
            int offset = result[result.length - 1] & 0xf;
            return (ByteBuffer.wrap(result).getInt(offset) & Integer.MAX_VALUE) % MODULUS;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has HmacSHA1", e);
        }
    }

    @Override
    public boolean isCheap() {
        return password.isCheap();
    }

    @Override
    public boolean isWeak() {
        return password.isWeak();
    }

    @Override
    public String renewed(byte[] passwordAndCode) {
        byte[] alone = Arrays.copyOf(passwordAndCode, passwordAndCode.length - DIGITS);
        try {
            return withPassword(password.renewed(alone));
        } finally {
            Arrays.fill(alone, (byte) 0);
        }
    }

    @Override
    public String shape() {
        return password.shape();
    }

    @Override
    public Optional<Decoy> decoy() {
        return password.decoy();
    }
}
