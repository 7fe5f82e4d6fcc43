package org.pop2.profile.ascii;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HeaderEndsTest {
    private static String ended(String mail) throws IOException {
        HeaderEnds in =
                new HeaderEnds(new ByteArrayInputStream(mail.replace("|", "\n").getBytes(ISO_8859_1)));
        return new String(in.readAllBytes(), ISO_8859_1).replace("\r", "").replace("\n", "|");
    }

    /** Before each first line that is no field stands an empty one; | is a line end. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '\'',
            value = {
                "S: x|no field|more||rest ; S: x||no field|more||rest",
                "S: x| |body|more ; 'S: x| ||body|more'",
                "no header|at all ; |no header|at all",
                "S: x| folded|\tagain||body: no field ; 'S: x| folded|\tagain||body: no field'",
                "S : x||body ; S : x||body",
                ": x||body ; |: x||body",
                "From a@b Thu Nov 26 01:02:03 2026|S: x||body ; From a@b Thu Nov 26 01:02:03 2026|S: x||body",
                "S: x|From a@b Thu Nov 26 01:02:03 2026||body ; S: x||From a@b Thu Nov 26 01:02:03 2026||body",
                "Content-Type: message/rfc822||no field|x ; Content-Type: message/rfc822|||no field|x",
                "Content-Type: message/rfc822||S: x|no field ; Content-Type: message/rfc822||S: x||no field",
            })
    void emptyLineStandsBeforeTheFirstLineThatIsNoField(String mail, String expected) throws IOException {
        assertThat(ended(mail)).isEqualTo(expected);
    }

    @Test
    void boundariesAreKnownQuotedAndFolded() throws IOException {
        String header = "Content-Type: multipart/mixed;| boundary=\"a \\\"b\\\"\"||";
        assertThat(ended(header + "--a \"b\" |text|--a \"b\"--|")).isEqualTo(header + "--a \"b\" ||text|--a \"b\"--|");
    }

    @Test
    void partsHaveHeadersAndTextsHaveNone() throws IOException {
        String before = "Content-Type: multipart/mixed; boundary=b||pre: amble|words|--b|";
        assertThat(ended(before + "text|--c|--b|A: x||t|--b--|epilogue|"))
                .isEqualTo(before + "|text|--c|--b|A: x||t|--b--|epilogue|");
    }

    @Test
    void linesOfAnyLengthPass() throws IOException {
        String mail = "S: " + "x".repeat(10_000) + "||" + "y".repeat(20_000) + "|" + "z".repeat(9_000);
        assertThat(ended(mail)).isEqualTo(mail);
        assertThat(ended("w".repeat(9_000) + "|")).isEqualTo("|" + "w".repeat(9_000) + "|");
    }

    /** mime4j loses what stands behind the last delimiter where its buffer ends there: then the message is kept. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void wordsBehindTheLastPartAreShownOrTheMessageStays(int shift) throws IOException {
        for (int padding = 3_900 + shift; padding < 4_200; padding += 11) {
            String mail = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n" + "p".repeat(padding)
                    + "\r\n--b--\r\nfooter\r\n";
            Converted converted = ConverterTest.convert(mail);
            assertThat(ConverterTest.text(converted).contains("footer") || !converted.complete())
                    .as("padding " + padding)
                    .isTrue();
        }
    }
}
