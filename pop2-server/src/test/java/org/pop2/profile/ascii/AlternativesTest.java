package org.pop2.profile.ascii;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Of several forms of a text one is sent, and whatever the others say and have beside it. */
class AlternativesTest {
    private static Converted convert(String... lines) throws IOException {
        return ConverterTest.convert(String.join("\r\n", lines) + "\r\n");
    }

    private static Converted alternatives(String plain, String html) throws IOException {
        return convert(
                "Content-Type: multipart/alternative; boundary=b",
                "",
                "--b",
                "",
                plain,
                "--b",
                "Content-Type: text/html",
                "",
                html,
                "--b--");
    }

    private static String body(Converted converted) {
        String text = ConverterTest.text(converted);
        return text.substring(text.indexOf("\r\n\r\n") + 4).replace("\r\n", "\n");
    }

    /** Apple Mail puts what was attached between two pieces of HTML, and plain text beside all of it. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Type: application/pdf\r\nContent-Disposition: inline; filename=x.pdf",
                "Content-Type: application/pdf; name=x.pdf",
                "Content-Type: image/jpeg; name=x.pdf\r\nContent-Disposition: inline"
            })
    void whatIsAttachedToAFormThatIsNotShownIsNamedAndStays(String fields) throws IOException {
        for (String kind : new String[] {"mixed", "related"}) {
            Converted converted = convert(
                    "Content-Type: multipart/alternative; boundary=A",
                    "",
                    "--A",
                    "",
                    "Here is the contract.",
                    "--A",
                    "Content-Type: multipart/" + kind + "; boundary=M",
                    "",
                    "--M",
                    "Content-Type: text/html",
                    "",
                    "<p>Here is the",
                    "--M",
                    fields,
                    "",
                    "xx",
                    "--M",
                    "Content-Type: text/html",
                    "",
                    "<p>contract.",
                    "--M--",
                    "--A--");

            assertThat(body(converted)).startsWith("Here is the contract.\n\n[attachment: x.pdf, ");
            assertThat(converted.complete()).isFalse();
        }
    }

    @Test
    void aFormThatIsNoTextIsNamedAndStays() throws IOException {
        Converted converted = convert(
                "Content-Type: multipart/alternative; boundary=A",
                "",
                "--A",
                "",
                "See the invitation.",
                "--A",
                "Content-Type: application/ics; name=invite.ics",
                "",
                "x",
                "--A--");

        assertThat(body(converted)).contains("[attachment: invite.ics, application/ics,");
        assertThat(converted.complete()).isFalse();
    }

    @Test
    void aLinkThatOnlyOneFormHasIsSentWithItsLine() throws IOException {
        Converted converted = alternatives(
                "Your account needs confirmation. Confirm now. Thanks, the team.",
                "<p>Your account needs confirmation.<p><a href='https://e.org/confirm?t=1'>Confirm now</a>."
                        + "<p>Thanks, <a href='https://e.org/'>the team</a>.");

        assertThat(body(converted)).isEqualTo("""
                        Your account needs confirmation. Confirm now. Thanks, the team.

                        [Only in another form of this text:]
                        Confirm now [1].
                        Thanks, the team [2].
                        [1] https://e.org/confirm?t=1
                        [2] https://e.org/
                        """);
        assertThat(converted.complete()).isTrue();
    }

    @Test
    void linksThatBothFormsHaveAreSentOnce() throws IOException {
        Converted converted = alternatives(
                "See this https://www.e.org/x, or that <http://e.org/y/>. 1. write to joe@e.org",
                "<p>See <a href='https://e.org/x'>this</a>, or <a href='https://e.org/y'>that</a>."
                        + "<ol><li>write to <a href='mailto:joe@e.org'>joe@e.org</a></ol>");

        assertThat(body(converted))
                .isEqualTo("See this https://www.e.org/x, or that <http://e.org/y/>. 1. write to joe@e.org\n");
    }

    @ParameterizedTest
    @CsvSource({
        "Meeting in room 5 at noon today, Meeting in room 7 at noon today",
        "Temp: -5 C today, Temp: 5 C today",
        "Sum 1.5, Sum 15",
        "Sum 1.5 and 5.1, Sum 1.1 and 5.5",
        "Grade a in maths, Grade b in maths",
        "at https://e.org/a, at https://e.org/b"
    })
    void oneDigitOrSignIsADifference(String plain, String html) throws IOException {
        assertThat(body(alternatives(plain, "<p>" + html))).contains(plain, html);
    }

    /** Where it signs something it says nothing; elsewhere it is a file of any sort. */
    @Test
    void aSignatureIsOneWhereItSigns() throws IOException {
        Converted signed = withSignature("signed");
        assertThat(body(signed)).isEqualTo("hi\n");
        assertThat(signed.complete()).isTrue();

        Converted mixed = withSignature("mixed");
        assertThat(body(mixed)).contains("[attachment: offer.pdf, ");
        assertThat(mixed.complete()).isFalse();

        Converted alone = convert("Content-Type: application/pgp-signature", "", "x");
        assertThat(body(alone)).contains("[attachment: application/pgp-signature, ");
        assertThat(alone.complete()).isFalse();
    }

    private static Converted withSignature(String kind) throws IOException {
        return convert(
                "Content-Type: multipart/" + kind + "; boundary=b",
                "",
                "--b",
                "",
                "hi",
                "--b",
                "Content-Type: application/x-pkcs7-signature; name=offer.pdf",
                "Content-Disposition: attachment",
                "",
                "x",
                "--b--");
    }
}
