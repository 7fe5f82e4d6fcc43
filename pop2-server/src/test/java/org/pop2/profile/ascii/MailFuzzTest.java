package org.pop2.profile.ascii;

import static org.assertj.core.api.Assertions.fail;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.provider.MethodSource;
import org.pop2.profile.ascii.Converted.Form;

/** Any octets made 7-bit text. Runs with {@code -Pfuzz} only. The first octet chooses the width. */
@Tag("fuzz")
class MailFuzzTest {
    private static final Path MAILS = Path.of("src/test/resources/org/pop2/profile/ascii");
    private static final int MOST_SECONDS = 10;

    static Stream<byte[]> seeds() throws IOException {
        try (Stream<Path> files = Files.list(MAILS)) {
            return files
                    .filter(file -> file.toString().endsWith(".eml"))
                    .sorted()
                    .map(MailFuzzTest::seed)
                    .toList()
                    .stream();
        }
    }

    private static byte[] seed(Path file) {
        try {
            byte[] mail = Files.readAllBytes(file);
            byte[] seed = new byte[mail.length + 1];
            seed[0] = 78;
            System.arraycopy(mail, 0, seed, 1, mail.length);
            return seed;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @DictionaryEntries({
        "Content-Type: ",
        "multipart/mixed; boundary=b",
        "multipart/alternative; boundary=b",
        "message/rfc822",
        "text/html; charset=utf-8",
        "text/enriched",
        "; format=flowed; delsp=yes",
        "; charset=unicode-1-1-utf-7",
        "; charset=iso-2022-jp",
        "Content-Transfer-Encoding: base64",
        "Content-Transfer-Encoding: quoted-printable",
        "Content-Disposition: attachment; filename*0*=utf-8''a",
        "Subject: =?utf-8?Q?",
        "=?utf-8?B?",
        "?=",
        "\\x0D\\x0A\\x0D\\x0A",
        "\\x0D\\x0A--b\\x0D\\x0A",
        "--b--",
        "<table><tr><td>",
        "<blockquote>",
        "<ul><li>",
        "<pre>",
        "<a href=http://a.example/>"
    })
    @MethodSource("seeds")
    @FuzzTest
    void anyOctetsBecomeTextForA7BitScreen(byte[] input) throws IOException {
        if (input.length == 0) {
            return;
        }
        byte[] mail = Arrays.copyOfRange(input, 1, input.length);
        int width = 19 + (input[0] & 0x3f);
        long since = System.nanoTime();
        Converted converted = new Converter(width, true, false).convert(new ByteArrayInputStream(mail));
        if (System.nanoTime() - since > MOST_SECONDS * 1_000_000_000L) {
            fail("it took " + (System.nanoTime() - since) / 1_000_000 + " ms");
        }
        if (converted.form() == Form.TEXT) {
            if (converted.octets().length > Converter.MOST_OCTETS) {
                fail("too much: " + converted.octets().length);
            }
            AnyMailTest.assertShown(converted.octets(), Words.LONGEST);
        } else if (converted.form() == Form.AS_STORED_IN_7_BIT) {
            ConverterTest.assertUnreadable(mail);
            ByteBuffer safe = new SevenBit().accept(ByteBuffer.wrap(mail));
            byte[] octets = new byte[safe.remaining()];
            safe.get(octets);
            AnyMailTest.assertShown(withEnd(octets), Words.LONGEST);
        }
        Converted again = new Converter(width, true, false).convert(new ByteArrayInputStream(mail));
        if (!Arrays.equals(converted.octets(), again.octets())) {
            fail("not the same again");
        }
    }

    /** A stored message ends in CRLF; this one need not. */
    private static byte[] withEnd(byte[] octets) {
        byte[] all = Arrays.copyOf(octets, octets.length + 2);
        all[octets.length] = '\r';
        all[octets.length + 1] = '\n';
        return all;
    }
}
