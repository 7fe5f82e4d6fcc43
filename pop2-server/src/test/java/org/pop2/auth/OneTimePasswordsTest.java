package org.pop2.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pop2.protocol.Secret;
import org.pop2.storage.Account;
import org.pop2.storage.UserName;

class OneTimePasswordsTest {
    private static final Secret PHRASE = secret("This is a test.");

    /** RFC 2289, Appendix C. */
    @ParameterizedTest
    @CsvSource(textBlock = """
            MD5,  This is a test., TeSt,    0,  9E87 6134 D904 99DD, INCH SEA ANNE LONG AHEM TOUR
            MD5,  This is a test., TeSt,    1,  7965 E054 36F5 029F, EASE OIL FUM CURE AWRY AVIS
            MD5,  This is a test., TeSt,    99, 50FE 1962 C496 5880, BAIL TUFT BITS GANG CHEF THY
            MD5,  AbCdEfGhIjK,     alpha1,  0,  8706 6DD9 644B F206, FULL PEW DOWN ONCE MORT ARC
            MD5,  AbCdEfGhIjK,     alpha1,  1,  7CD3 4C10 40AD D14B, FACT HOOF AT FIST SITE KENT
            MD5,  AbCdEfGhIjK,     alpha1,  99, 5AA3 7A81 F212 146C, BODE HOP JAKE STOW JUT RAP
            MD5,  OTP's are good,  correct, 0,  F205 7539 43DE 4CF9, ULAN NEW ARMY FUSE SUIT EYED
            MD5,  OTP's are good,  correct, 1,  DDCD AC95 6F23 4937, SKIM CULT LOB SLAM POE HOWL
            MD5,  OTP's are good,  correct, 99, B203 E28F A525 BE47, LONG IVY JULY AJAR BOND LEE
            SHA1, This is a test., TeSt,    0,  BB9E 6AE1 979D 8FF4, MILT VARY MAST OK SEES WENT
            SHA1, This is a test., TeSt,    1,  63D9 3663 9734 385B, CART OTTO HIVE ODE VAT NUT
            SHA1, This is a test., TeSt,    99, 87FE C776 8B73 CCF9, GAFF WAIT SKID GIG SKY EYED
            SHA1, AbCdEfGhIjK,     alpha1,  0,  AD85 F658 EBE3 83C9, LEST OR HEEL SCOT ROB SUIT
            SHA1, AbCdEfGhIjK,     alpha1,  1,  D07C E229 B5CF 119B, RITE TAKE GELD COST TUNE RECK
            SHA1, AbCdEfGhIjK,     alpha1,  99, 27BC 7103 5AAF 3DC6, MAY STAR TIN LYON VEDA STAN
            SHA1, OTP's are good,  correct, 0,  D51F 3E99 BF8E 6F0B, RUST WELT KICK FELL TAIL FRAU
            SHA1, OTP's are good,  correct, 1,  82AE B52D 9437 74E4, FLIT DOSE ALSO MEW DRUM DEFY
            SHA1, OTP's are good,  correct, 99, 4F29 6A74 FE15 67EC, AURA ALOE HURL WING BERG WAIT
            """, quoteCharacter = '"')
    void vectorsOfTheRfc(OneTimeDigest digest, String phrase, String seed, int sequence, String hex, String words)
            throws Exception {
        OneTimePasswords.State before = new OneTimePasswords.State(digest, sequence + 1, seed);

        OneTimePasswords.Response response =
                OneTimePasswords.next(before, secret(phrase), 1).get(0);

        assertThat(response.sequence()).isEqualTo(sequence);
        assertThat(response.hex()).isEqualTo(hex);
        assertThat(response.words()).isEqualTo(words);
        String stored = OneTimePasswords.start(before, secret(phrase));
        for (String form : List.of(
                hex,
                words,
                hex.toLowerCase(Locale.ROOT),
                words.toLowerCase(Locale.ROOT),
                hex.replace(" ", ""),
                "  " + words.replace(" ", "\t ") + " ")) {
            assertThat(Passwords.verify(stored, secret(form))).as(form).isTrue();
        }
    }

    /** Appendix D. The order within the two halves is that of the alphabet, so the words tell their numbers. */
    @Test
    void dictionaryIsThatOfTheRfc() throws Exception {
        List<String> words = SixWords.DICTIONARY;

        assertThat(words)
                .hasSize(2048)
                .doesNotHaveDuplicates()
                .startsWith("A", "ABE")
                .endsWith("YOGA", "YOKE");
        assertThat(words.subList(0, 571)).isSorted().allMatch(word -> word.matches("[A-Z]{1,3}"));
        assertThat(words.subList(571, 2048)).isSorted().allMatch(word -> word.matches("[A-Z]{4}"));
        // of the same words, a line each, in two independent implementations (Cyrus SASL, PyCryptodome)
        byte[] lines = (String.join("\n", words) + "\n").getBytes(StandardCharsets.US_ASCII);
        assertThat(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(lines)))
                .isEqualTo("8305c66c4dee7f2d923b7ea1cab11b7b6fa832f6a99b8b3f74fdb7fb5c8fe980");
    }

    @Test
    void sixWordsComeBackAsTheValueAndAnyWrongWordIsNoticedThreeTimesInFour() {
        long seed = new Random().nextLong();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        int noticed = 0;
        for (int i = 0; i < 2000; i++) {
            long value = i == 0 ? 0 : i == 1 ? -1 : random.nextLong();
            String words = SixWords.encode(value);
            assertThat(SixWords.decode(words)).hasValue(value);
            assertThat(SixWords.decode(words.toLowerCase(Locale.ROOT))).hasValue(value);

            String[] changed = words.split(" ");
            int which = random.nextInt(6);
            String before = changed[which];
            do {
                changed[which] = SixWords.DICTIONARY.get(random.nextInt(2048));
            } while (changed[which].equals(before));
            noticed += SixWords.decode(String.join(" ", changed)).isEmpty() ? 1 : 0;
        }
        // 1500 expected; ten times the standard deviation away is no chance
        assertThat(noticed).isBetween(1300, 1700);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "INCH SEA ANNE LONG AHEM",
                "INCH SEA ANNE LONG AHEM TOUR TOUR",
                "INCH SEA ANNE LONG AHEM XYZZY",
                "INCH SEA ANNE LONG AHEM TOUT",
                "9E87 6134 D904 99D",
                "9E87 6134 D904 99DDD",
                "9E87-6134-D904-99DD",
                "9E87 6134 D904 99DE",
                "0x9E876134D90499DD"
            })
    void whatIsNoPasswordOfTheListIsRefused(String password) throws Exception {
        String stored = OneTimePasswords.start(new OneTimePasswords.State(OneTimeDigest.MD5, 1, "TeSt"), PHRASE);

        assertThat(Passwords.verify(stored, secret(password))).isFalse();
        assertThat(Passwords.verify(stored, secret("INCH SEA ANNE LONG AHEM TOUR")))
                .isTrue();
    }

    @Test
    void eachPasswordLeadsToTheNextAndNoneIsGoodTwice() throws Exception {
        OneTimePasswords.State state = new OneTimePasswords.State(OneTimeDigest.SHA1, 5, "ke1234");
        String stored = OneTimePasswords.start(state, PHRASE);
        List<OneTimePasswords.Response> list = OneTimePasswords.next(state, PHRASE, 100);
        assertThat(list).extracting(OneTimePasswords.Response::sequence).containsExactly(4, 3, 2, 1, 0);

        for (OneTimePasswords.Response response : list) {
            assertThat(stored).isEqualTo(new Account(new UserName("postel"), stored, true).passwordHash());
            assertThat(OneTimePasswords.isOf(stored, PHRASE)).isTrue();
            assertThat(OneTimePasswords.isOf(stored, secret("This is no test.")))
                    .isFalse();
            byte[] octets = response.words().getBytes(StandardCharsets.US_ASCII);
            PasswordHash.Match match = Passwords.parse(stored).check(octets);
            assertThat(match.right()).isTrue();
            assertThat(match.left()).isEqualTo(response.sequence());
            stored = Objects.requireNonNull(match.next());
            assertThat(OneTimePasswords.state(stored))
                    .contains(new OneTimePasswords.State(OneTimeDigest.SHA1, response.sequence(), "ke1234"));
            assertThat(Passwords.verify(stored, secret(response.words()))).isFalse();
        }
        // the list is at its end: what hashes to the last password is nobody's to know, and would not be taken
        assertThat(stored).startsWith("{OTP}sha1 0 ke1234 ");
        assertThat(Passwords.verify(stored, secret(list.get(4).hex()))).isFalse();
    }

    /** As doveadm pw -s OTP writes it. */
    @Test
    void storedFormIsDovecots() {
        assertThat(OneTimePasswords.start(new OneTimePasswords.State(OneTimeDigest.MD5, 99, "TeSt"), PHRASE))
                .isEqualTo("{OTP}md5 99 TeSt 50fe1962c4965880");
    }

    @Test
    void passPhrasesAndListsHaveTheirBounds() {
        OneTimePasswords.State state = new OneTimePasswords.State(OneTimeDigest.SHA1, 5, "ke1234");
        for (String phrase : List.of("", "ninechars", "x".repeat(64))) {
            assertThatThrownBy(() -> OneTimePasswords.start(state, secret(phrase)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("10 to 63");
        }
        for (String seed : List.of("", "with blank", "seventeenletters0", "a:b")) {
            assertThatThrownBy(() -> new OneTimePasswords.State(OneTimeDigest.SHA1, 5, seed))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> new OneTimePasswords.State(OneTimeDigest.SHA1, 10_000, "ke1234"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(OneTimePasswords.newSeed()).matches("[a-z]{2}[0-9]{5}");
    }

    @Test
    void uriIsForAuthenticators() {
        assertThat(OneTimePasswords.totpUri(
                        new UserName("postel@isi"), "POP2 mail", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"))
                .isEqualTo("otpauth://totp/POP2%20mail:postel%40isi?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
                        + "&issuer=POP2%20mail&algorithm=SHA1&digits=6&period=30");
    }

    private static Secret secret(String text) {
        return Secret.of(text.getBytes(StandardCharsets.UTF_8));
    }
}
