package org.pop2.storage.fs.format;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.pop2.storage.Doubtful;
import org.pop2.storage.Doubtful.Doubt;

class MboxDoubtsTest {
    private static final String FROM = "From a@example.org Mon Feb  4 10:00:00 1985\n";
    private static final String GIT = "From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\n";

    private static List<Doubt> of(String mailbox, boolean lenient) throws IOException {
        MboxFormat format = new MboxFormat(Quoting.MBOXRD, lenient, 100_000, 8192);
        byte[] octets = mailbox.getBytes(ISO_8859_1);
        OctetSource source = (into, position) -> {
            if (position + into.remaining() > octets.length) {
                return false;
            }
            into.put(octets, (int) position, into.remaining());
            return true;
        };
        return MboxDoubts.of(source, MboxScanner.scan(source, octets.length, format, () -> {}), format);
    }

    @Test
    void whatIsClearIsNoDoubt() throws IOException {
        assertThat(of(
                        FROM + "Subject: one\n\nFrom here on\nall is well\n\nFrom now on\n\n>" + FROM + "x\n\n" + FROM
                                + "Subject: patch\n\n" + GIT + "Subject: x\n\n",
                        false))
                .isEmpty();
        assertThat(of("", false)).isEmpty();
        assertThat(of(FROM + "without a header\n\n", false)).isEmpty();
    }

    @Test
    void textThatLooksLikeASeparatorIsTold() throws IOException {
        String before = FROM + "Subject: one\n\nx\n";
        String odd = FROM + "From b@example.org Mon Feb  4 10:00:00 1985\nSubject: \u00e4\n\n";
        assertThat(of(before + FROM + "Subject: two\n\n", false))
                .containsExactly(new Doubt(
                        before.length(), false, "it has a date, but no empty line is before it", FROM.strip()));
        assertThat(of(before + FROM + "Subject: two\n\n", true)).isEmpty();
        assertThat(of(before + "\nFrom -\nSubject: two\n\n", false))
                .containsExactly(new Doubt(
                        before.length() + 1, false, "it is without a date, and a header field is behind it", "From -"));
        String header = FROM + "Content-Length: " + (odd.length() + 1) + "\n\n\n";
        assertThat(of(header + odd + "\n" + FROM + "Subject: x\n\n", false))
                .extracting(Doubt::offset, Doubt::separates)
                .contains(tuple((long) header.length(), false));
    }

    @Test
    void separatorThatLooksLikeTextIsTold() throws IOException {
        String before = FROM + "Subject: one\n\nhe wrote\n\n";
        assertThat(of(before + FROM + "and so on\n", false))
                .containsExactly(new Doubt(before.length(), true, "no header field is behind it", FROM.strip()));
    }

    @Test
    void manyAreCutAndLinesArePrintable() throws IOException {
        String line = "From \u0007\u00e4" + "x".repeat(100) + " Mon Feb  4 10:00:00 1985\n";
        List<Doubt> doubts = of(FROM + "Subject: one\n\nx\n" + line.repeat(20_000), false);
        assertThat(doubts).hasSize(Doubtful.MOST);
        assertThat(doubts.get(0).line()).isEqualTo("From ??" + "x".repeat(73) + "...");
        assertThat(doubts.get(999).offset()).isEqualTo(FROM.length() + 16 + 999L * line.length());
    }
}
