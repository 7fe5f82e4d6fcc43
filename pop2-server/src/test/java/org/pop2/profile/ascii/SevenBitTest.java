package org.pop2.profile.ascii;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Octets of which nothing is understood, in any slicing. */
class SevenBitTest {
    private static String safe(String text, int slice) {
        byte[] octets = text.getBytes(StandardCharsets.ISO_8859_1);
        SevenBit safe = new SevenBit();
        StringBuilder out = new StringBuilder();
        for (int at = 0; at < octets.length; at += slice) {
            ByteBuffer piece = ByteBuffer.wrap(octets, at, Math.min(slice, octets.length - at));
            out.append(StandardCharsets.ISO_8859_1.decode(safe.accept(piece)));
            assertThat(piece.hasRemaining()).isFalse();
        }
        return out.toString();
    }

    @Test
    void whatIsNotASCIIIsAQuestionMarkAndLinesEndAsTheyShould() {
        for (int slice : new int[] {1, 2, 3, 1000}) {
            assertThat(safe("a\rb\nc\r\n\r\r\n", slice)).isEqualTo("a\r\nb\r\nc\r\n\r\n\r\n");
            assertThat(safe("gr\u00c3\u00bc\u00c3\u009fe \u00f0\u009f\u0098\u0080 caf\u00e9\r\n", slice))
                    .isEqualTo("gr??e ? caf?\r\n");
            assertThat(safe("\0x\u001b[2J\ty\u007f\b\r\n", slice)).isEqualTo("x[2J\ty\r\n");
        }
    }

    @Test
    void longLinesAreBrokenAndInTheHeaderStayOneField() {
        assertThat(safe("X: " + "y".repeat(2000) + "\r\n\r\n" + "z".repeat(2000) + "\r\n", 7))
                .isEqualTo("X: " + "y".repeat(995) + "\r\n " + "y".repeat(997) + "\r\n " + "y".repeat(8) + "\r\n\r\n"
                        + "z".repeat(998) + "\r\n" + "z".repeat(998) + "\r\nzzzz\r\n");
    }

    @Test
    void anyOctetsAreSafe() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 2000; i++) {
            byte[] octets = new byte[random.nextInt(5000)];
            random.nextBytes(octets);
            String text = new String(octets, StandardCharsets.ISO_8859_1)
                    .replaceAll(random.nextBoolean() ? "[\r\n]" : "[^\\x00-\\x1f]", "x");
            String whole = safe(text + "\r\n", 100_000);
            AnyMailTest.assertShown(whole.getBytes(StandardCharsets.ISO_8859_1), SevenBit.LONGEST);
            assertThat(safe(text + "\r\n", 1 + random.nextInt(50)))
                    .as("seed %d", seed)
                    .isEqualTo(whole);
        }
    }
}
