package org.pop2.profile.ascii;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.james.mime4j.MimeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pop2.profile.ascii.Converted.Form;

/** What becomes of messages as they are: each NAME.eml of the resources is to become its NAME.txt. */
class ConverterTest {
    private static final Path MAILS = Path.of("src/test/resources/org/pop2/profile/ascii");

    static Stream<String> mails() throws IOException {
        try (Stream<Path> files = Files.list(MAILS)) {
            return files
                    .map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> name.endsWith(".eml"))
                    .map(name -> name.substring(0, name.length() - 4))
                    .sorted()
                    .toList()
                    .stream();
        }
    }

    @Test
    void thereAreMails() throws IOException {
        assertThat(mails()).hasSizeGreaterThan(15);
    }

    @ParameterizedTest
    @MethodSource("mails")
    void aMailBecomesWhatIsExpected(String name) throws IOException {
        String mail = Files.readString(MAILS.resolve(name + ".eml"), StandardCharsets.ISO_8859_1);
        String expected = Files.readString(MAILS.resolve(name + ".txt"), StandardCharsets.US_ASCII);
        Converted converted = convert(mail.replace("\n", "\r\n"));
        assertThat(text(converted).replace("\r\n", "\n")).isEqualTo(expected);
        assertThat(converted.complete()).as("complete").isEqualTo(!expected.contains("stays on the server"));
    }

    static Converted convert(String mail) throws IOException {
        return convert(mail, 78, false);
    }

    static Converted convert(String mail, int width, boolean dropAttachments) throws IOException {
        InputStream in = new ByteArrayInputStream(mail.getBytes(StandardCharsets.ISO_8859_1));
        return new Converter(width, true, dropAttachments).convert(in);
    }

    static String text(Converted converted) {
        return new String(converted.octets(), StandardCharsets.ISO_8859_1);
    }

    /** That the conversion gave up for the message's fault, and not for one of ours. */
    static void assertUnreadable(byte[] mail) {
        MessageReader reader = new MessageReader(new Transliteration());
        assertThatThrownBy(() -> reader.read(Converter.withHeader(new ByteArrayInputStream(mail))))
                .isInstanceOfAny(MimeException.class, IOException.class);
        assertThat(reader.headerRead()).isFalse();
    }

    private static String body(Converted converted) {
        String text = text(converted);
        return text.substring(text.indexOf("\r\n\r\n") + 4);
    }

    private static final String HTML = "Content-Type: text/html; charset=us-ascii\r\n\r\n";

    @Test
    void longTextOfASCIIIsSentAsItIs() throws IOException {
        String line = "A line of a long report, with nothing in it that an old screen would not show.\r\n";
        Converted converted = convert("Subject: report\r\n\r\n" + line.repeat(20_000));
        assertThat(converted.form()).isEqualTo(Form.AS_STORED);
        assertThat(converted.complete()).isTrue();
    }

    @Test
    void longTextOfAnotherKindIsCutAndKept() throws IOException {
        String line = "Zeile mit \u00c3\u00bc und noch mehr, damit es lang wird.\r\n";
        for (String header : List.of("Subject: report\r\n\r\n", "Content-Type: text/html\r\n\r\n<pre>")) {
            Converted converted = convert(header + line.repeat(20_000));
            assertThat(converted.form()).isEqualTo(Form.TEXT);
            assertThat(converted.complete()).isFalse();
            assertThat(converted.octets().length).isBetween(Converter.MOST_TEXT - 1000, Converter.MOST_OCTETS);
            assertThat(text(converted))
                    .contains("[The rest of the text was left out;")
                    .contains("Zeile mit ue und");
        }
    }

    @Test
    void aHeaderThatCannotBeReadLeavesTheMessageAsItIsIn7Bit() throws IOException {
        Converted converted = convert("Subject: " + "x".repeat(100_000) + "\r\n\r\ntext\r\n");
        assertThat(converted.form()).isEqualTo(Form.AS_STORED_IN_7_BIT);
        assertThat(converted.complete()).isFalse();
        assertUnreadable(("Subject: " + "x".repeat(100_000) + "\r\n").getBytes(StandardCharsets.US_ASCII));
    }

    @Test
    void ifAPartCannotBeReadWhatIsBeforeItIsShown() throws IOException {
        Converted converted =
                convert("Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nfirst\r\n"
                        + "--b\r\nX: " + "y".repeat(100_000) + "\r\n\r\nsecond\r\n--b--\r\n");
        assertThat(converted.complete()).isFalse();
        assertThat(text(converted)).contains("first\r\n").contains("[The rest of this message cannot be read;");
    }

    @Test
    void deepNestingAndManyPartsComeToAnEnd() throws IOException {
        StringBuilder deep = new StringBuilder("Subject: deep\r\n");
        for (int i = 0; i < 3000; i++) {
            deep.append("Content-Type: multipart/mixed; boundary=b")
                    .append(i)
                    .append("\r\n\r\n--b")
                    .append(i)
                    .append("\r\n");
        }
        deep.append("\r\nbottom\r\n");
        assertThat(convert(deep.toString()).octets().length).isLessThan(Converter.MOST_OCTETS);
        String messages = "Content-Type: message/rfc822\r\n\r\n".repeat(3000) + "Subject: bottom\r\n\r\nx\r\n";
        assertThat(text(convert("Subject: top\r\n" + messages))).contains("[attachment: message/rfc822, ");
        Converted many = convert("Content-Type: multipart/mixed; boundary=b\r\n\r\n"
                + "--b\r\n\r\npart\r\n".repeat(100_000) + "--b--\r\n");
        assertThat(many.complete()).isFalse();
        assertThat(text(many)).contains("part\r\n\r\npart\r\n").contains("[The rest of this message cannot be read;");
    }

    @Test
    void htmlOfAnyDepthComesToAnEnd() throws IOException {
        assertThat(body(convert(HTML + "<div>".repeat(100_000) + "bottom"))).contains("bottom");
        assertThat(body(convert(HTML + "<table><tr><td>".repeat(30_000) + "bottom")))
                .contains("bottom");
        assertThat(body(convert(HTML + "<blockquote>".repeat(5_000) + "word ".repeat(50))))
                .contains("> ");
        assertThat(body(convert(HTML + "<ul><li>".repeat(5_000) + "word ".repeat(50))))
                .contains("* ");
        assertThat(body(convert(HTML + "<b><a href=http://x/><font><p>".repeat(15_000) + "bottom")))
                .contains("bottom");
    }

    @Test
    void anItemWithNothingInItIsNone() throws IOException {
        assertThat(body(convert(HTML + "<ol><li></li></ol>after<ul><li><br><li>x</ul>")))
                .isEqualTo("after\r\n\r\n* x\r\n");
    }

    @Test
    void fieldsOfAnySizeComeToAnEnd() throws IOException {
        assertThat(text(convert("Subject: " + "=?=?".repeat(15_000) + "\r\n\r\nx\r\n")))
                .contains("\r\n\r\nx\r\n");
        assertThat(text(convert("From: " + "\"(<=?".repeat(12_000) + "\r\n\r\nx\r\n")))
                .contains("\r\n\r\nx\r\n");
        Converted many = convert("X: y\r\n".repeat(999) + "\r\nx\r\n");
        assertThat(many.complete()).isTrue();
        Converted more = convert(("X: " + "y".repeat(900) + "\r\n").repeat(500) + "\r\nx\r\n");
        assertThat(more.octets().length).isLessThan(Converter.MOST_OCTETS);
        assertThat(more.complete()).isFalse();
    }

    /** A character that nobody has given a reading, as UTF-8. */
    private static final String UNKNOWN = "\u00ee\u0080\u0080";

    private static String encoded(String charset, String base64) {
        return "Content-Type: text/plain; charset=" + charset + "\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64
                + "\r\n";
    }

    @Test
    void otherScriptsAreWrittenAsTheyAreRead() throws IOException {
        Converted converted = convert(encoded("gb2312", "xOO6w8rAvec="));
        assertThat(body(converted)).isEqualTo("ni hao shi jie\r\n");
        assertThat(converted.complete()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 20, 200})
    void textThatCannotBeShownIsKeptHoweverShortItIs(int length) throws IOException {
        String text = "Content-Type: text/plain; charset=utf-8\r\n\r\n";
        Converted converted = convert(text + UNKNOWN.repeat(length) + "\r\n");
        assertThat(converted.complete()).isFalse();
        assertThat(text(converted)).contains("[Many characters of this text cannot be shown here;");
        assertThat(convert(text + UNKNOWN.repeat(length) + " words".repeat(2 * length) + "\r\n")
                        .complete())
                .as("a tenth is tolerated")
                .isTrue();
    }

    /** Of each by itself: a long text does not make up for a subject of question marks. */
    @Test
    void subjectAndNamesThatCannotBeShownKeepTheMessage() throws IOException {
        String text = "This is a long text in plain ASCII.\r\n".repeat(50);
        for (String mail : List.of(
                "Subject: " + UNKNOWN.repeat(30) + "\r\n\r\n" + text,
                "From: " + UNKNOWN.repeat(5) + " <a@b.example>\r\n\r\n" + text,
                "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n" + text
                        + "\r\n--b\r\nContent-Type: text/plain; name=\"" + UNKNOWN.repeat(8)
                        + "\"\r\n\r\nshort\r\n--b--\r\n")) {
            Converted converted = convert(mail);
            assertThat(converted.complete()).as(mail).isFalse();
            assertThat(text(converted)).contains("[Many characters of the header or of a name cannot be shown here;");
        }
    }

    @Test
    void whatProgramsWroteForProgramsIsLeftOutUnlessAskedFor() throws IOException {
        String shown = "List-Unsubscribe: <mailto:leave@l.example>\r\nSubject: x\r\n";
        String header = "Received: from a by b\r\nX-Spam: no\r\nDKIM-Signature: v=1\r\nList-Id: <l>\r\n" + shown;
        byte[] mail = (header + "\r\nText\r\n").getBytes(StandardCharsets.US_ASCII);
        assertThat(text(new Converter(78, false, false).convert(new ByteArrayInputStream(mail))))
                .startsWith(shown + "MIME-Version: 1.0\r\n");
        assertThat(text(new Converter(78, true, false).convert(new ByteArrayInputStream(mail))))
                .startsWith(header);
    }

    @Test
    void fieldsAreFoldedAtTheWidthToo() throws IOException {
        Converted converted = convert("Subject: " + "word ".repeat(30) + "\r\n\r\nText\r\n", 40, false);
        assertThat(text(converted).lines().filter(line -> !line.startsWith("Content-")))
                .allMatch(line -> line.length() <= 40);
    }

    /** A gateway spoilt the boundary: all there is stands before parts that never come. */
    @Test
    void textBeforePartsThatNeverComeIsShownOrKept() throws IOException {
        String header = "Content-Type: multipart/mixed; boundary=one\r\n\r\n";
        Converted small = convert(header + "--another\r\n\r\nHello\r\n");
        assertThat(text(small)).contains("Hello\r\n");
        assertThat(small.complete()).isTrue();
        Converted middle = convert(header + "a line of it\r\n".repeat(5000));
        assertThat(text(middle).lines().filter("a line of it"::equals)).hasSize(5000);
        assertThat(middle.complete()).isTrue();
        Converted large = convert(header + "a line of it\r\n".repeat(100_000));
        assertThat(large.complete()).isFalse();
    }

    @Test
    void whatFollowsThePaddingOfBase64IsSaidToBeLeftOut() throws IOException {
        String text = "Content-Transfer-Encoding: base64\r\n\r\nSGVsbG8=\r\n";
        assertThat(convert(text + "\r\n  \r\n").complete()).isTrue();
        for (String rest : List.of("-- \r\nThe list's own words\r\n", "SGVsbG8=\r\n", "=".repeat(20_000) + "x")) {
            Converted converted = convert(text + rest);
            assertThat(converted.complete()).isFalse();
            assertThat(text(converted)).contains("Hello").contains("[The rest of the text was left out;");
        }
    }

    @Test
    void attachmentsMayGoIfThatIsWished() throws IOException {
        String mail = Files.readString(MAILS.resolve("attachments.eml"), StandardCharsets.ISO_8859_1)
                .replace("\n", "\r\n");
        Converted converted = convert(mail, 78, true);
        assertThat(converted.complete()).isTrue();
        assertThat(text(converted)).contains("[attachment: resume.pdf").doesNotContain("stays on the server");
    }

    @Test
    void linesAreAsNarrowAsTheScreen() throws IOException {
        for (String name : mails().toList()) {
            String mail = Files.readString(MAILS.resolve(name + ".eml"), StandardCharsets.ISO_8859_1)
                    .replace("\n", "\r\n");
            for (String line : body(convert(mail, 40, false)).split("\r\n", -1)) {
                assertThat(line.length() <= 40 || line.indexOf(' ') < 0 || line.startsWith("[1] "))
                        .as("%s: %s", name, line)
                        .isTrue();
            }
        }
    }
}
