package org.pop2.lmtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DotUnstufferTest {
    private static final String ALPHABET = "..\r\r\n\na\u00e9";
    private static final String NEXT = "QUIT\r\n";

    @Test
    void anyBodyComesBackInAnySlicing() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int run = 0; run < 3000; run++) {
            StringBuilder made = new StringBuilder();
            for (int i = random.nextInt(60); i > 0; i--) {
                made.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
            }
            if (made.length() > 0) {
                made.append("\r\n");
            }
            String body = made.toString();
            byte[] wire = (stuff(body) + ".\r\n" + NEXT).getBytes(StandardCharsets.ISO_8859_1);

            assertThat(unstuff(wire, random, 1 + random.nextInt(7)))
                    .as("seed %s, run %s", seed, run)
                    .isEqualTo(body);
        }
    }

    @Test
    void onlyCrLfEndsALine() {
        byte[] wire = "a\n.\r\nb\n.\nc\r\n.\r\nQUIT\r\n".getBytes(StandardCharsets.ISO_8859_1);
        assertThat(unstuff(wire, new Random(1), 1)).isEqualTo("a\n.\r\nb\n.\nc\r\n");
    }

    /** What a client does, written as the RFC says it: one more dot on a line that begins with one. */
    private static String stuff(String body) {
        StringBuilder out = new StringBuilder();
        String rest = body;
        while (!rest.isEmpty()) {
            int end = rest.indexOf("\r\n");
            String line = end < 0 ? rest : rest.substring(0, end + 2);
            out.append(line.startsWith(".") ? "." : "").append(line);
            rest = rest.substring(line.length());
        }
        return out.toString();
    }

    private static String unstuff(byte[] wire, Random random, int slice) {
        DotUnstuffer unstuffer = new DotUnstuffer();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int at = 0;
        while (!unstuffer.ended()) {
            assertThat(at).as("the end was missed").isLessThan(wire.length);
            int length = Math.min(1 + random.nextInt(slice), wire.length - at);
            at += unstuffer.take(wire, at, length, out::write);
        }
        assertThat(wire.length - at).isEqualTo(NEXT.length());
        return out.toString(StandardCharsets.ISO_8859_1);
    }
}
