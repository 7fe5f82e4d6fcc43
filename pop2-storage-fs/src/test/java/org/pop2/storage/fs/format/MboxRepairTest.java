package org.pop2.storage.fs.format;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pop2.storage.StoreException;

class MboxRepairTest {
    private static final MboxFormat FORMAT = new MboxFormat(Quoting.MBOXRD, false, 1000, 8192);
    private static final Instant WRITTEN = Instant.parse("2026-11-30T01:02:03Z");
    private static final String FROM = "From a@example.org Mon Feb  4 10:00:00 1985\n";
    private static final String ONE = "Subject: one\n\n>From x\n\n";
    private static final String TWO = "Status: RO\r\nSubject: two\r\n\r\nx\r\n\r\n";

    private static MboxRepair of(String mailbox) throws IOException {
        byte[] octets = mailbox.getBytes(ISO_8859_1);
        OctetSource source = (into, position) -> {
            if (position + into.remaining() > octets.length) {
                return false;
            }
            into.put(octets, (int) position, into.remaining());
            return true;
        };
        return MboxRepair.of(source, octets.length, FORMAT, WRITTEN, () -> {});
    }

    private static String repaired(String mailbox) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        of(mailbox).writeTo((octets, from, to) -> out.write(octets, from, to - from));
        return out.toString(ISO_8859_1);
    }

    @Test
    void aGoodMailboxStaysToTheOctet() throws IOException {
        String good = FROM + ONE + FROM + TWO + FROM + "Subject: \0 \0\n\n\0\0\nFrom here\n\nFrom here on\n";
        assertThat(repaired(good)).isEqualTo(good);
        MboxRepair repair = of(good);
        assertThat(repair.separators()).isZero();
        assertThat(repair.nuls()).isZero();
        assertThat(repair.leading()).isZero();
        assertThat(repair.lineEnd()).isFalse();
        assertThat(repair.messages()).isEqualTo(3);
        assertThat(repaired("")).isEmpty();
    }

    @Test
    void oddSeparatorsGetTheDateTheyHaveOrThatOfTheFile() throws IOException {
        String odd = "From \n" + ONE + "From b@example.org 2025-04-12T15:59:28Z\r\n" + TWO + FROM + ONE
                + "From - Sat Apr 12 2025 15:59:28\n" + ONE;
        assertThat(of(odd).separators()).isEqualTo(3);
        assertThat(of(odd).messages()).isEqualTo(4);
        assertThat(repaired(odd))
                .isEqualTo("From MAILER-DAEMON Mon Nov 30 01:02:03 2026\n" + ONE
                        + "From b@example.org Sat Apr 12 15:59:28 2025\n" + TWO + FROM + ONE
                        + "From MAILER-DAEMON Sat Apr 12 15:59:28 2025\n" + ONE);
    }

    @Test
    void whatStandsBeforeTheFirstMessageGoes() throws IOException {
        assertThat(repaired("\u00ef\u00bb\u00bf\n\r\n" + FROM + ONE)).isEqualTo(FROM + ONE);
        assertThat(of("\u00ef\u00bb\u00bf\n\r\n" + FROM + ONE).leading()).isEqualTo(6);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 63, 64, 65, 4096, 65_535, 65_536, 65_537, 200_000})
    void nulsOfAnotherProgramGo(int count) throws IOException {
        String nuls = "\0".repeat(count);
        assertThat(repaired(nuls + FROM + ONE)).isEqualTo(FROM + ONE);
        assertThat(of(nuls + FROM + ONE).nuls()).isEqualTo(count);
        String inside = FROM + ONE + nuls + FROM + TWO;
        assertThat(repaired(inside)).isEqualTo(count < 64 ? inside : FROM + ONE + FROM + TWO);
        String text = FROM + "Subject: x\n\nx" + nuls + "\n";
        assertThat(repaired(text)).as("in a line they are somebody's").isEqualTo(text);
        assertThat(repaired(FROM + ONE + nuls)).isEqualTo(count < 64 ? FROM + ONE + nuls + "\n" : FROM + ONE);
    }

    /** Behind them is another message, whatever they broke off. */
    @ParameterizedTest
    @ValueSource(ints = {64, 500, 65_535, 65_536, 131_070})
    void messagesOnBothSidesOfNulsStayTwo(int count) throws IOException {
        String nuls = "\0".repeat(count);
        String one = FROM + "Subject: one\n\nbody one";
        for (String before : new String[] {"", "\n", "\n\n", "\r\n\r\n"}) {
            String mailbox = one + before + nuls + FROM + TWO;
            assertThat(repaired(mailbox)).isEqualTo(one + (before.startsWith("\r") ? before : "\n\n") + FROM + TWO);
            assertThat(of(mailbox).messages()).isEqualTo(2);
            assertThat(of(mailbox).nuls()).isEqualTo(count);
        }
        for (int shift = 1; shift < 9; shift++) {
            String wide = FROM + "Subject: x\n\n" + "x".repeat(65_536 - shift);
            assertThat(of(wide + nuls + FROM + TWO).messages()).isEqualTo(2);
        }
    }

    @Test
    void theLastLineGetsItsEnd() throws IOException {
        assertThat(repaired(FROM + "Subject: x\n\nno end")).isEqualTo(FROM + "Subject: x\n\nno end\n");
        assertThat(of(FROM + "Subject: x\n\nno end").lineEnd()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"hello\n", "\n\n", "\0\0\0", "From here on\nall is well\n", "Subject: x\n\nFrom a b\n"})
    void whatLooksLikeNoMailboxIsRefused(String text) {
        assertThatThrownBy(() -> of(text))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.reason()).isEqualTo(StoreException.Reason.CORRUPT));
    }
}
