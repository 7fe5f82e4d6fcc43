package org.pop2.lmtp.client;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DotStufferTest {
    @ParameterizedTest
    @CsvSource(
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "a|,a|.|",
                ".|,..|.|",
                "..|a.b|.c,..." + "|a.b|..c|.|",
                "'',.|",
                "no end,no end|.|",
                "lone L.L end|,lone |..| end|.|",
                "lone R.R end|,lone |..| end|.|",
                "a|R|b|,a|||b|.|",
                "|||,|||.|",
            })
    void linesAreStuffedAndEndInCrLf(String message, String expected) throws IOException {
        byte[] octets = text(message).getBytes(ISO_8859_1);
        for (int slice = 1; slice <= octets.length + 1; slice++) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            DotStuffer stuffer = new DotStuffer(out);
            for (int at = 0; at < octets.length; at += slice) {
                stuffer.write(ByteBuffer.wrap(octets, at, Math.min(slice, octets.length - at)));
            }
            stuffer.end();
            assertThat(out.toString(ISO_8859_1)).isEqualTo(text(expected));
        }
    }

    private static String text(String shown) {
        return shown.replace("|", "\r\n").replace("L", "\n").replace("R", "\r");
    }
}
