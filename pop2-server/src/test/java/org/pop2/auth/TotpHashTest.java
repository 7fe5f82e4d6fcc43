package org.pop2.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pop2.protocol.Secret;

class TotpHashTest {
    private static final byte[] SEED = "12345678901234567890".getBytes(StandardCharsets.US_ASCII);
    private static final String SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    private static final String STORED = "{TOTP}" + SECRET + ":0:{PLAIN}sesame";

    /** RFC 6238, Appendix B, of whose eight digits these are the last six. */
    @ParameterizedTest
    @CsvSource({
        "59, 287082",
        "1111111109, 081804",
        "1111111111, 050471",
        "1234567890, 005924",
        "2000000000, 279037",
        "20000000000, 353130"
    })
    void vectorsOfTheRfc(long time, String code) throws Exception {
        assertThat(digits(time / 30)).isEqualTo(code);
        assertThat(check(STORED, time, "sesame" + code).right()).isTrue();
    }

    @Test
    void codeOfTheStepBeforeAndAfterIsGood() throws Exception {
        for (int off = -3; off <= 3; off++) {
            assertThat(check(STORED, 3_000_000, "sesame" + digits(100_000 + off))
                            .right())
                    .as("%d steps away", off)
                    .isEqualTo(Math.abs(off) <= 1);
        }
    }

    @Test
    void stepThatWasUsedAndThoseBeforeItAreSpent() throws Exception {
        PasswordHash.Match match = check(STORED, 3_000_000, "sesame" + digits(100_000));
        String next = Objects.requireNonNull(match.next());

        assertThat(next).isEqualTo("{TOTP}" + SECRET + ":100000:{PLAIN}sesame");
        assertThat(check(next, 3_000_000, "sesame" + digits(100_000)).right()).isFalse();
        assertThat(check(next, 3_000_000, "sesame" + digits(99_999)).right()).isFalse();
        assertThat(check(next, 3_000_000, "sesame" + digits(100_001)).next())
                .isEqualTo("{TOTP}" + SECRET + ":100001:{PLAIN}sesame");
    }

    @Test
    void passwordAndCodeHaveBothToBeRight() throws Exception {
        String code = digits(100_000);
        for (String wrong : List.of(
                "sesame",
                code,
                "",
                "x" + code,
                "sesame " + code,
                "sesame" + code + " ",
                code + "sesame",
                "Sesame" + code,
                "sesame" + code.substring(1),
                "sesame0" + code.substring(1) + "0",
                "sesame\uff11" + code.substring(1))) {
            assertThat(check(STORED, 3_000_000, wrong).right()).as(wrong).isFalse();
        }
    }

    /** Else the clock would tell which of the two was wrong. */
    @Test
    void passwordIsTriedWhateverTheCodeIs() throws Exception {
        String inner = Passwords.hash(Secret.of("sesame".getBytes(StandardCharsets.US_ASCII)));
        PasswordHash hash = Passwords.parse("{TOTP}" + SECRET + ":0:" + inner, at(3_000_000));

        assertThat(hash.isCheap()).isFalse();
        assertThat(hash.decoy().orElseThrow().shape())
                .isEqualTo(Passwords.parse(inner).decoy().orElseThrow().shape());
        assertThat(hash.check(octets("sesame" + digits(100_000))).right()).isTrue();
    }

    @Test
    void newPasswordAndNewHashKeepSecretAndStep() throws Exception {
        String used = "{TOTP}" + SECRET + ":100000:{PLAIN}sesame";

        String renewed = Passwords.parse(used, at(3_000_030)).renewed(octets("sesame" + digits(100_001)));

        assertThat(renewed).startsWith("{TOTP}" + SECRET + ":100000:{ARGON2ID}");
        assertThat(Passwords.verify(
                        OneTimePasswords.passwordOfTotp(renewed).orElseThrow(), Secret.of(octets("sesame"))))
                .isTrue();
        assertThat(OneTimePasswords.withPassword(used, "{PLAIN}other"))
                .isEqualTo("{TOTP}" + SECRET + ":100000:{PLAIN}other");
        assertThat(OneTimePasswords.withPassword("{PLAIN}x", "{PLAIN}other")).isEqualTo("{PLAIN}other");
    }

    @Test
    void newSecretsAreLongAndUsable() throws Exception {
        String secret = OneTimePasswords.newTotpSecret();

        assertThat(secret).matches("[A-Z2-7]{32}").isNotEqualTo(OneTimePasswords.newTotpSecret());
        assertThat(OneTimePasswords.withTotp("{PLAIN}x", secret)).isEqualTo("{TOTP}" + secret + ":0:{PLAIN}x");
        assertThat(Passwords.isPlain("{TOTP}" + secret + ":0:{PLAIN}x")).isTrue();
        assertThatThrownBy(() -> OneTimePasswords.withTotp("{OTP}md5 99 TeSt 50fe1962c4965880", secret))
                .isInstanceOf(UnusableHashException.class);
        assertThatThrownBy(() -> OneTimePasswords.withTotp("{XYZZY}x", secret))
                .isInstanceOf(UnusableHashException.class);
    }

    private static PasswordHash.Match check(String stored, long seconds, String password) throws Exception {
        return Passwords.parse(stored, at(seconds)).check(octets(password));
    }

    private static InstantSource at(long seconds) {
        return InstantSource.fixed(Instant.ofEpochSecond(seconds));
    }

    private static String digits(long step) {
        return String.format(Locale.ROOT, "%06d", TotpHash.code(SEED, step));
    }

    private static byte[] octets(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
