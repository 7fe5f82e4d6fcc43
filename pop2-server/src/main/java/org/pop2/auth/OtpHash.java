package org.pop2.auth;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code {OTP}sha1 499 seed0001 0123456789abcdef}, as Dovecot writes it (RFC 2289): digest, sequence number and seed of
 * the one-time password that was used last, and that password. The next one is the value that hashes to it.
 *
 * @param digest the hash function
 * @param sequence of the password used last; as many are left
 * @param seed 1 to 16 letters and digits
 * @param last the password used last
 */
record OtpHash(OneTimeDigest digest, int sequence, String seed, long last) implements PasswordHash {
    static final String SCHEME = "OTP";

    private static final Pattern FORM =
            Pattern.compile("([A-Za-z0-9]{1,8}) ([0-9]{1,9}) ([A-Za-z0-9]{1,16}) ([0-9a-fA-F]{16})");
    private static final Pattern HEX = Pattern.compile("[0-9a-fA-F]{16}");

    static OtpHash parse(String text) throws UnusableHashException {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new UnusableHashException("it is not a state of one-time passwords, digest, sequence, seed and hex");
        }
        OneTimeDigest digest = OneTimeDigest.named(matcher.group(1))
                .orElseThrow(() -> new UnusableHashException("its digest is neither md5 nor sha1"));
        return new OtpHash(
                digest,
                Integer.parseInt(matcher.group(2)),
                matcher.group(3),
                Long.parseUnsignedLong(matcher.group(4), 16));
    }

    String text() {
        return "{" + SCHEME + "}" + digest.label() + " " + sequence + " " + seed + " " + hex(last);
    }

    @Override
    public boolean matches(byte[] password) {
        return check(password).right();
    }

    /** "the server ... passes it through the secure hash once. If the result matches the stored value" (p. 8). */
    @Override
    public Match check(byte[] password) {
        if (sequence < 1) {
            return Match.NONE;
        }
        String text = new String(password, StandardCharsets.US_ASCII);
        String packed = text.replaceAll("\\s+", "");
        if (HEX.matcher(packed).matches()) {
            long value = Long.parseUnsignedLong(packed, 16);
            if (digest.step(value) == last) {
                return spent(value);
            }
        }
        // and not "else": six words may look like hexadecimal
        OptionalLong words = SixWords.decode(text);
        if (words.isPresent() && digest.step(words.getAsLong()) == last) {
            return spent(words.getAsLong());
        }
        return Match.NONE;
    }

    private Match spent(long value) {
        int left = sequence - 1;
        return new Match(true, new OtpHash(digest, left, seed, value).text(), left);
    }

    @Override
    public boolean isCheap() {
        return true;
    }

    @Override
    public boolean isWeak() {
        return false;
    }

    /** 16 digits. */
    static String hex(long value) {
        return String.format(Locale.ROOT, "%016x", value);
    }

    /** Without the last password: it tells all those before it. */
    @Override
    public String toString() {
        return "OtpHash[" + digest.label() + ", sequence=" + sequence + "]";
    }
}
