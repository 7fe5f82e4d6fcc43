package org.pop2.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pop2.protocol.Secret;
import org.pop2.storage.Account;
import org.pop2.storage.StoreException;
import org.pop2.storage.UserName;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

class PasswordsTest {
    private static final byte[] WORDS = ascii("correct horse battery staple");
    private static final byte[] UTF8 = "gr\u00fc\u00dfe \u2709".getBytes(StandardCharsets.UTF_8);
    private static final byte[] EIGHT_BIT = {(byte) 0xe9, (byte) 0xff, ' ', (byte) 0x80, 'x'};
    private static final byte[] SPACES = ascii(" lead and trail ");
    private static final byte[] LONG = ascii("x".repeat(80));

    /**
     * Made by the reference implementations: libargon2 (argon2-cffi), bcrypt of OpenBSD's line (Python's bcrypt),
     * libxcrypt, openssl passwd; and the published vectors of the Argon2 and SHA-crypt specifications.
     */
    static Stream<Arguments> vectors() {
        return Stream.of(
                Arguments.of(
                        "{ARGON2ID}$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$gy5SuVm5Z7Vw7keB9se9p87QGcomaseB/S2U1OhTsM0",
                        WORDS),
                Arguments.of(
                        "{ARGON2ID}$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$F3DnySe0HwziE+cvzMQiKD0hgKkZggeJKgyM4yCeUuU",
                        UTF8),
                Arguments.of(
                        "{ARGON2ID}$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$7g3y5gpzpwrpcXWJRpEoqJBta3MijRVhmB55+RExykI",
                        EIGHT_BIT),
                Arguments.of(
                        "{ARGON2ID}$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$e2NsMaYmOuYyCYHBvaNnIquueml5E7MHEe68DRvmB6g",
                        SPACES),
                Arguments.of(
                        "{argon2id}$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$honujAUNdXWOd8vbhFoTKA+QLL+RvoLWR8prZtZQjzE",
                        LONG),
                // Dovecot's own parameters
                Arguments.of(
                        "{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$MDEyMzQ1Njc4OWFiY2RlZg$lMhvVBq9s9mqv+pZqgOWNUlIPpwLGnkzbna1TO5skX4",
                        WORDS),
                Arguments.of(
                        "{ARGON2ID}$argon2id$v=19$m=256,t=2,p=4$MDEyMzQ1Njc4OWFiY2RlZg$hsgM6DCPwsb3+diyKvw0spjcJlAqfwRODeeKu/VDUK8",
                        WORDS),
                Arguments.of(
                        "{ARGON2I}$argon2i$v=19$m=4096,t=3,p=1$MDEyMzQ1Njc4OWFiY2RlZg$EY12I7uGyoBHzuQuFWt3F/Kvu99fJBY2qYsz2KZSrj8",
                        WORDS),
                Arguments.of(
                        "{ARGON2I}$argon2i$v=16$m=256,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$/PwJl4mStb48fOgHJ3gB++bUt8bqRyJ+klYGs1xibdg",
                        WORDS),
                Arguments.of(
                        "{ARGON2I}$argon2i$m=256,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$/PwJl4mStb48fOgHJ3gB++bUt8bqRyJ+klYGs1xibdg",
                        WORDS),
                // the reference implementation's test.c
                Arguments.of(
                        "{ARGON2ID}$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
                        ascii("password")),
                Arguments.of("{BLF-CRYPT}$2a$05$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS", WORDS),
                Arguments.of("{BLF-CRYPT}$2b$05$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS", WORDS),
                Arguments.of("{BLF-CRYPT}$2y$05$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS", WORDS),
                Arguments.of("{BLF-CRYPT}$2y$05$abcdefghijklmnopqrstuu3eI5hw8t37T8.dLEhahtMBG9UN0WNp2", UTF8),
                Arguments.of("{BLF-CRYPT}$2b$05$abcdefghijklmnopqrstuuohNf7vtPLgurC82ph/PKl1jM2eFsKzu", EIGHT_BIT),
                Arguments.of("{BLF-CRYPT}$2a$05$abcdefghijklmnopqrstuuT6i3yFqr3QTmZ.ziA/tS3DiMksd5s2y", SPACES),
                Arguments.of("{BLF-CRYPT}$2y$05$abcdefghijklmnopqrstuujf8SX2ahXLwp9w/B.Y5XdysS6yR576q", LONG),
                Arguments.of("{CRYPT}$2y$05$abcdefghijklmnopqrstuujf8SX2ahXLwp9w/B.Y5XdysS6yR576q", LONG),
                Arguments.of(
                        "{SHA512-CRYPT}$6$saltsaltsaltsalt$csoGsaC3yxEIvMdVpxO2zEQlhCHi/6pnPVKHT3nfribhRDnEOL4O5nnsAETH/r6rG0vxiN/wRElsAf4u8CK4d.",
                        WORDS),
                Arguments.of(
                        "{SHA512-CRYPT}$6$abc$ahFduufWqlLbksqxwzfC1qYzLSyha4pPG7EaqNTDSjXfU3ImPI0.07rEaTSUoZ7JvkhHFizh1dRAMa6N6LUvq/",
                        WORDS),
                Arguments.of(
                        "{SHA512-CRYPT}$6$rounds=1000$short$dBO.TTXKYtkFloDoGLj4DCMK33GkGlZWLBZWfEfUCdZoIv9fOKHa9NPD0bdOOQKunFR/rqc29Rtnaczaz4TI/.",
                        UTF8),
                Arguments.of(
                        "{SHA512-CRYPT}$6$rounds=656000$ansible.salt$WXwf0/tri/9r65KObDThseIv7r4d7W69fjSZXfDPfL4jyxtSbGbRDOB3YQxqDgwrV2AXw.mUm.4AcuzWT/lea0",
                        EIGHT_BIT),
                Arguments.of(
                        "{SHA512-CRYPT}$6$saltsaltsaltsalt$/BD7hdsTmC3i29YiPXtAqfXsmHa5RFrufamDAA5ilUG2bmG3tRDzef8f3Thr/PfPnYtF/QNmZHe82XdyymUJU0",
                        SPACES),
                Arguments.of(
                        "{CRYPT}$6$saltsaltsaltsalt$KRixxZRrFv3VkOUpViTL5nE2sbCMwRIgXJAkxv1WI36xvgA8Qze2HmK1AL1En9JlFzrffOvRb/G2ZvZtt9Vqr0",
                        LONG),
                // the SHA-crypt specification
                Arguments.of(
                        "{SHA512-CRYPT}$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
                        ascii("Hello world!")),
                Arguments.of("{SHA256-CRYPT}$5$saltstring$hixOXgchwauyzVtlSM/e7UnQx0qiTk74JE/YU53IbE0", WORDS),
                Arguments.of(
                        "{SHA256-CRYPT}$5$rounds=10000$saltstringsaltst$XDpD03/.Tzy7KOBVvNkPEGdjx4tK1MZGlplhiIdR2s8",
                        EIGHT_BIT),
                // openssl passwd -1; hashlib of Python
                Arguments.of("{MD5-CRYPT}$1$abcdefgh$4/U5.w6NPtLkJ2WyrTwm91", WORDS),
                Arguments.of("{CRYPT}$1$abcdefgh$4/U5.w6NPtLkJ2WyrTwm91", WORDS),
                Arguments.of("{SSHA}396MbBWXRxNekvZdjsTMJL2vMJtzYWx0", WORDS),
                Arguments.of("{SSHA256}SeNGOhCyhaXds6fg7Ub2nVFx5EnjHiovnVjMXmlEYcNzYWx0", WORDS),
                Arguments.of(
                        "{SSHA512}eMOUB3vZb0BdwpAihIUpO20ULQ2+7rHTDmm5CIzeHo8UDvsqQYwXMuJuhXyaeeeEelaj2rn/hN7F1vioHMqVSXNhbHQ=",
                        WORDS),
                Arguments.of(
                        "{ssha256.hex}9976140473c7cb89f59c604abecc729b37df3111921a2068d23ce65892b648f173616c7473616c74",
                        EIGHT_BIT),
                Arguments.of("{PBKDF2}$1$F8.DZ2lqU5hTmzQ1$5000$fc42a5d79257ea0dbdfba856e4a1dec92c21717a", WORDS),
                Arguments.of("{PBKDF2}$1$F8.DZ2lqU5hTmzQ1$5000$35ac90893150b4cb67839768c3b1b6846a22f78d", EIGHT_BIT),
                Arguments.of("{PLAIN}xyzzy{}$", ascii("xyzzy{}$")),
                Arguments.of("{Cleartext}xyzzy", ascii("xyzzy")),
                Arguments.of("{PLAIN.b64}IGxlYWQgYW5kIHRyYWlsIA==", SPACES),
                Arguments.of("{plain.HEX}e9ff208078", EIGHT_BIT));
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void theRightPasswordMatchesAndOthersDoNot(String stored, byte[] password) throws Exception {
        assertThat(Passwords.verify(stored, Secret.of(password))).isTrue();

        byte[] changed = password.clone();
        changed[0] ^= 0x20;
        assertThat(Passwords.verify(stored, Secret.of(changed))).isFalse();
        assertThat(Passwords.verify(stored, Secret.of(Arrays.copyOf(password, password.length - 1))))
                // bcrypt counts 72 octets
                .isEqualTo(password.length == LONG.length && stored.contains("$2"));
        assertThat(Passwords.verify(stored, Secret.of(new byte[0]))).isFalse();
        assertThat(Passwords.verify(stored, Secret.of(Arrays.copyOf(password, password.length + 1))))
                .as("with a NUL at the end")
                .isFalse();
        assertThat(Passwords.verify(stored, Secret.of(new byte[Passwords.MAX_OCTETS + 1])))
                .isFalse();
    }

    @Test
    void bcryptCountsSeventyTwoOctetsAndNoFewer() throws Exception {
        String stored = "{BLF-CRYPT}$2y$05$abcdefghijklmnopqrstuujf8SX2ahXLwp9w/B.Y5XdysS6yR576q";

        assertThat(Passwords.verify(stored, Secret.of(ascii("x".repeat(72))))).isTrue();
        assertThat(Passwords.verify(stored, Secret.of(ascii("x".repeat(72) + "y"))))
                .isTrue();
        assertThat(Passwords.verify(stored, Secret.of(ascii("x".repeat(71))))).isFalse();
        assertThat(Passwords.verify(stored, Secret.of(ascii("x".repeat(71) + "y"))))
                .isFalse();
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void verifyingLeavesTheSecretAsItWas(String stored, byte[] password) throws Exception {
        Secret secret = Secret.of(password);

        assertThat(Passwords.verify(stored, secret)).isTrue();

        assertThat(secret.octets()).isEqualTo(password);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // costs that are attacks
                "{ARGON2ID}$argon2id$v=19$m=10485760,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$gy5SuVm5Z7Vw7keB9se9p87QGcomaseB/S2U1OhTsM0",
                "{ARGON2ID}$argon2id$v=19$m=999999999,t=999999999,p=1$MDEyMzQ1Njc4OWFiY2RlZg$gy5SuVm5Z7Vw7keB9se9p87QGcomaseB/S2U1OhTsM0",
                "{ARGON2ID}$argon2id$v=19$m=99999999999999999999,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$gy5SuVm5Z7Vw7keB9se9p87QGcomaseB/S2U1OhTsM0",
                "{ARGON2ID}$argon2id$v=19$m=262144,t=5,p=1$MDEyMzQ1Njc4OWFiY2RlZg$gy5SuVm5Z7Vw7keB9se9p87QGcomaseB/S2U1OhTsM0",
                "{ARGON2ID}$argon2id$v=19$m=8,t=1001,p=1$MDEyMzQ1Njc4OWFiY2RlZg$gy5SuVm5Z7Vw7keB9se9p87QGcomaseB/S2U1OhTsM0",
                "{ARGON2ID}$argon2id$v=19$m=19456,t=2,p=65$MDEyMzQ1Njc4OWFiY2RlZg$gy5SuVm5Z7Vw7keB9se9p87QGcomaseB/S2U1OhTsM0",
                "{BLF-CRYPT}$2y$16$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS",
                "{BLF-CRYPT}$2y$31$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS",
                "{SHA512-CRYPT}$6$rounds=1000001$abc$ahFduufWqlLbksqxwzfC1qYzLSyha4pPG7EaqNTDSjXfU3ImPI0.07rEaTSUoZ7JvkhHFizh1dRAMa6N6LUvq/",
                "{SHA512-CRYPT}$6$rounds=999999999$abc$ahFduufWqlLbksqxwzfC1qYzLSyha4pPG7EaqNTDSjXfU3ImPI0.07rEaTSUoZ7JvkhHFizh1dRAMa6N6LUvq/",
                "{SHA256-CRYPT}$5$rounds=999999999$saltstring$hixOXgchwauyzVtlSM/e7UnQx0qiTk74JE/YU53IbE0",
                // parameters that are none
                "{ARGON2ID}$argon2id$v=19$m=0,t=0,p=0$MDEyMzQ1Njc4OWFiY2RlZg$gy5SuVm5Z7Vw7keB9se9p87QGcomaseB/S2U1OhTsM0",
                "{ARGON2ID}$argon2id$v=19$m=31,t=2,p=4$MDEyMzQ1Njc4OWFiY2RlZg$gy5SuVm5Z7Vw7keB9se9p87QGcomaseB/S2U1OhTsM0",
                "{ARGON2ID}$argon2id$v=19$m=-8,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$gy5SuVm5Z7Vw7keB9se9p87QGcomaseB/S2U1OhTsM0",
                "{ARGON2ID}$argon2id$v=20$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$gy5SuVm5Z7Vw7keB9se9p87QGcomaseB/S2U1OhTsM0",
                "{ARGON2ID}$argon2d$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$gy5SuVm5Z7Vw7keB9se9p87QGcomaseB/S2U1OhTsM0",
                "{BLF-CRYPT}$2y$03$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS",
                "{BLF-CRYPT}$2x$05$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS",
                // garbage, and hashes cut short: a short tag would be found by chance
                "{ARGON2ID}$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$gy5S",
                "{ARGON2ID}$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$",
                "{ARGON2ID}$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZ$gy5SuVm5Z7Vw7keB9se9p87QGcomaseB/S2U1OhTs",
                "{ARGON2ID}$argon2id$v=19$m=19456,t=2,p=1$!!!!!!!!!!!!!!!!!!!!!!$????????????????????????????????????????????",
                "{ARGON2ID}",
                "{ARGON2ID}xyzzy",
                "{BLF-CRYPT}$2y$05$abc",
                "{BLF-CRYPT}",
                "{SHA512-CRYPT}$6$abc$ahFduufWqlLbksqx",
                "{SHA512-CRYPT}$6$abc$",
                "{SHA512-CRYPT}$6$saltstring$hixOXgchwauyzVtlSM/e7UnQx0qiTk74JE/YU53IbE0",
                "{SHA512-CRYPT}$6$$ahFduufWqlLbksqxwzfC1qYzLSyha4pPG7EaqNTDSjXfU3ImPI0.07rEaTSUoZ7JvkhHFizh1dRAMa6N6LUvq/",
                "{CRYPT}*",
                "{CRYPT}!",
                "{CRYPT}$1$abc$xyzzyxyzzyxyzzyxyzzyx",
                "{MD5-CRYPT}$1$$xyzzyxyzzyxyzzyxyzzyxy",
                "{CRYPT}xyzzyxyzzyxyz",
                "{SSHA}396MbBWXRxNekvZdjsTMJL2vMJs=",
                "{SSHA256}396MbBWXRxNekvZdjsTMJL2vMJtzYWx0",
                "{SSHA512.xyzzy}396MbBWXRxNekvZdjsTMJL2vMJtzYWx0",
                "{SSHA}xyzzy!",
                "{PBKDF2}$1$salt$1000001$fc42a5d79257ea0dbdfba856e4a1dec92c21717a",
                "{PBKDF2}$1$salt$0$fc42a5d79257ea0dbdfba856e4a1dec92c21717a",
                "{PBKDF2}$1$salt$5000$fc42",
                "{PBKDF2}xyzzy",
                // too weak, however right they are
                "{SHA256}lqh0yLxOSSK8IlOJqE4Dx7DRLWYPZ8c0pv9Bx1FjQR8=",
                "{SHA}qvTGHdzF6KLavt4PO0gs2a6pQ00=",
                "{PLAIN-MD5}1271ed5ef305aadabc605b1609e24c52",
                "{DES-CRYPT}rEK1ecacw.7.c",
                "{CRAM-MD5}9186d855e11eba527a7a52ca82b313e180d62234f0acc9051b527243d41e2740",
                "{OTP}md4 99 TeSt 50fe1962c4965880",
                "{OTP}md5 99 TeSt 50fe1962c496588",
                "{OTP}md5 -1 TeSt 50fe1962c4965880",
                "{OTP}xyzzy",
                "{TOTP}GEZDGNBVGY3TQOJQ:0:{PLAIN}xyzzy",
                "{TOTP}GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ:{PLAIN}xyzzy",
                "{TOTP}GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ:0:xyzzy",
                "{TOTP}GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ:0:{OTP}md5 99 TeSt 50fe1962c4965880",
                "{TOTP}GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ:0:{TOTP}GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ:0:{PLAIN}xyzzy",
                "{TOTP}1EZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ:0:{PLAIN}xyzzy",
                "{PLAIN}",
                "{PLAIN.b64}",
                "{PLAIN.b64}xyzzy!",
                "{PLAIN.hex}xyzzy",
                "{PLAIN.xyzzy}xyzzy",
                "{PLAIN.hex}787900",
                "{XYZZY}xyzzy",
                "{}xyzzy",
                "{xyzzy",
                "xyzzy",
                "xyzzy{PLAIN}xyzzy"
            })
    @Timeout(5)
    void anUnusableHashIsRefusedUntriedAndNotQuoted(String stored) {
        Throwable thrown = catchThrowable(() -> Passwords.verify(stored, Secret.of(ascii("xyzzy"))));

        assertThat(thrown).isInstanceOf(UnusableHashException.class).hasNoCause();
        String message = String.valueOf(thrown.getMessage());
        assertThat(message).isNotBlank().doesNotContainIgnoringCase("xyzzy");
        String hash = stored.substring(stored.indexOf('}') + 1);
        if (hash.length() > 1) {
            assertThat(message).doesNotContain(hash);
        }
        assertThat(Passwords.needsRehash(stored)).isTrue();
    }

    @Test
    void aNewHashIsArgon2idAsDovecotWritesItSaltedAndVerifies() throws Exception {
        for (byte[] password : List.of(WORDS, UTF8, EIGHT_BIT, SPACES, LONG)) {
            String stored = Passwords.hash(Secret.of(password));

            assertThat(stored)
                    .matches(
                            "\\{ARGON2ID\\}\\$argon2id\\$v=19\\$m=19456,t=2,p=1\\$[A-Za-z0-9+/]{22}\\$[A-Za-z0-9+/]{43}")
                    .isNotEqualTo(Passwords.hash(Secret.of(password)));
            assertThat(Passwords.verify(stored, Secret.of(password))).isTrue();
            assertThat(Passwords.verify(stored, Secret.of(ascii("xyzzy")))).isFalse();
            assertThat(Passwords.needsRehash(stored)).isFalse();
            assertThat(new Account(new UserName("postel"), stored, true).passwordHash())
                    .isEqualTo(stored);
        }
    }

    @Test
    void aPasswordThatCannotLogInIsNotHashed() {
        for (byte[] password : List.of(new byte[0], new byte[] {'x', 0, 'y'}, new byte[Passwords.MAX_OCTETS + 1])) {
            assertThatThrownBy(() -> Passwords.hash(Secret.of(password))).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void onlyArgon2idOfOwaspStrengthNeedsNoRehash() {
        String end = ",p=1$MDEyMzQ1Njc4OWFiY2RlZg$gy5SuVm5Z7Vw7keB9se9p87QGcomaseB/S2U1OhTsM0";
        for (String strong :
                List.of("m=19456,t=2", "m=65536,t=3", "m=47104,t=1", "m=12288,t=3", "m=9216,t=4", "m=7168,t=5")) {
            assertThat(Passwords.needsRehash("{ARGON2ID}$argon2id$v=19$" + strong + end))
                    .as(strong)
                    .isFalse();
        }
        for (String weak : List.of("m=19455,t=2", "m=19456,t=1", "m=7167,t=100", "m=8,t=1")) {
            assertThat(Passwords.needsRehash("{ARGON2ID}$argon2id$v=19$" + weak + end))
                    .as(weak)
                    .isTrue();
        }
        assertThat(Passwords.needsRehash("{ARGON2ID}$argon2id$v=16$m=19456,t=2" + end))
                .isTrue();
        assertThat(Passwords.needsRehash("{ARGON2I}$argon2i$v=19$m=19456,t=2" + end))
                .isTrue();
        assertThat(Passwords.needsRehash("{BLF-CRYPT}$2y$12$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS"))
                .isTrue();
        assertThat(Passwords.needsRehash("{PLAIN}xyzzy")).isTrue();
    }

    @Test
    void plainAccountsAreNamed() {
        FakeAccounts accounts = new FakeAccounts();
        accounts.set("cerf", "{PLAIN}xyzzy", true);
        accounts.set("crocker", "{PLAIN.b64}eHl6enk=", false);
        accounts.set("kahn", "{cleartext}xyzzy", true);
        accounts.set("kleinrock", "{BLF-CRYPT}$2y$05$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS", true);
        accounts.set("postel", "{PLAINLY}xyzzy", true);
        accounts.set("reynolds", "PLAIN}xyzzy", true);

        StepVerifier.create(Passwords.plainAccounts(accounts))
                .expectNext(new UserName("cerf"), new UserName("crocker"), new UserName("kahn"))
                .expectComplete()
                .verify(Duration.ofSeconds(10));
    }

    @Test
    void plainAccountsPassesOnThatTheStorageFailed() {
        FakeAccounts accounts = new FakeAccounts();
        StoreException failure = new StoreException(StoreException.Reason.UNAVAILABLE, "gone");
        accounts.failWith(failure);

        StepVerifier.create(Flux.from(Passwords.plainAccounts(accounts)))
                .expectErrorSatisfies(e -> assertThat(e).isSameAs(failure))
                .verify(Duration.ofSeconds(10));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
