package org.pop2.profile.ascii;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a browser shows of a page is sent, or the message stays. */
class HtmlTextTest {
    private static Converted convert(String html) throws IOException {
        return ConverterTest.convert("Content-Type: text/html; charset=utf-8\r\n\r\n" + html + "\r\n");
    }

    private static String text(String html) throws IOException {
        Converted converted = convert(html);
        assertThat(converted.complete()).as(html).isTrue();
        String text = ConverterTest.text(converted);
        return text.substring(text.indexOf("\r\n\r\n") + 4).replace("\r\n", "\n");
    }

    static Stream<Arguments> pages() {
        return Stream.of(
                Arguments.of("<object data=x><p>word</p></object>", "word"),
                Arguments.of("<p>Hi</p><object data=x><p>word</p>", "word"),
                Arguments.of("<p>Hi</p><map name=m><p>word</p>", "word"),
                Arguments.of("<textarea>one\r\n  two</textarea>", "one\n  two"),
                Arguments.of("<select><optgroup label=o><option>one<option>two</select>", "o:\none\ntwo"),
                Arguments.of("<math><mi>x</mi><mo>=</mo><mn>5</mn></math>", "x=5"),
                Arguments.of("<svg><title>no</title><text>word</text></svg>", "word"),
                Arguments.of("<input type=text value=word><input type=hidden value=no>", "[word]"),
                Arguments.of("<input name=q placeholder=word>", "[word]"),
                Arguments.of("<input type=image alt=word>", "[word]"),
                Arguments.of("<video><p>word</video><audio>more</audio><canvas>all</canvas>", "word"),
                Arguments.of("<xmp>one\r\n  <two></xmp>", "one\n  <two>"),
                Arguments.of("<frameset><frame src=x><noframes><body>word</body></noframes></frameset>", "word"),
                Arguments.of("<iframe srcdoc='&lt;p&gt;word'></iframe>", "word"),
                Arguments.of("<iframe src='https://e.org/f'>word</iframe>", "[frame] [1]\nword\n\n[1] https://e.org/f"),
                Arguments.of(
                        "<map><area alt=north href='https://e.org/n'></map>", "[north] [1]\n\n[1] https://e.org/n"),
                Arguments.of("<img src=x title=word>", "[word]"),
                Arguments.of("<ol start=7><li>seven<li value=12>twelve<li>next</ol>", "7. seven\n12. twelve\n13. next"),
                Arguments.of("10<sup>5</sup> ohm, the 2<sup>nd</sup>", "10^5 ohm, the 2nd"),
                Arguments.of("<p style='display:none'>no</p>word", "word"),
                Arguments.of("<p style='display:none;display:block'>word</p>", "word"),
                Arguments.of("<p style='display:none !important;display:block'>no</p>word", "word"),
                Arguments.of("<p style='visibility:hidden'>no</p>word", "word"),
                Arguments.of("<p style='visibility:hidden'><b style='visibility:visible'>word</b></p>", "word"),
                Arguments.of("<p style=\"content:'display: none'\">word</p>", "word"),
                Arguments.of("<p style='mso-hide:all'>word</p>", "word"));
    }

    @ParameterizedTest
    @MethodSource("pages")
    void whatIsSeenIsSent(String html, String shown) throws IOException {
        assertThat(text(html)).contains(shown).doesNotContain("no\n");
    }

    static Stream<Arguments> links() {
        return Stream.of(
                Arguments.of("<a href='https://e.org/x' style='mso-hide:all'>go</a>", "go [1]", "https://e.org/x"),
                Arguments.of("<a href='https://e.org/x'><img src=y></a>", "[picture] [1]", "https://e.org/x"),
                Arguments.of("<a href='https://e.org/x'><img alt=go src=y></a>", "[go] [1]", "https://e.org/x"),
                Arguments.of("<a href='www.example.com/foo'>go</a>", "go [1]", "www.example.com/foo"),
                Arguments.of("<a href='sip:joe@x'>go</a>", "go [1]", "sip:joe@x"),
                Arguments.of("<base href='https://e.org/a/'><a href='b?c'>go</a>", "go [1]", "https://e.org/a/b?c"));
    }

    @ParameterizedTest
    @MethodSource("links")
    void whereALinkLeadsIsSent(String html, String shown, String address) throws IOException {
        assertThat(text(html)).isEqualTo(shown + "\n\n[1] " + address + "\n");
    }

    @Test
    void whatLeadsNowhereAndWhatNobodySeesIsNoLink() throws IOException {
        assertThat(text("<a href='#top'>up</a> <a href='javascript:x()'>do</a>"))
                .isEqualTo("up do\n");
        assertThat(text("word<a href='https://e.org/x'><img src=y width=1 height=1></a>"))
                .isEqualTo("word\n");
    }

    @Test
    void linksOfAnyLengthAndNumberAreSent() throws IOException {
        String token = "t".repeat(3000) + "end";
        assertThat(text("<a href='https://e.org/?" + token + "'>go</a>").replace("\n", ""))
                .isEqualTo("go [1][1]https://e.org/?" + token);

        StringBuilder many = new StringBuilder();
        IntStream.range(0, 1000).forEach(i -> many.append("<p><a href='https://e.org/" + i + "x'>w</a>"));
        assertThat(text(many.toString())).contains("[1000] https://e.org/999x\n");
    }

    /** Each frame is in another. */
    @Test
    void pagesWithinPagesAreSentOrKeepTheMessage() throws IOException {
        String page = "<p>word</p>";
        for (int i = 0; i < 12; i++) {
            page = "<p>" + i + "</p><iframe srcdoc=\""
                    + page.replace("&", "&amp;").replace("\"", "&quot;") + "\"></iframe>";
        }
        assertThat(convert(page).complete()).isFalse();
    }
}
