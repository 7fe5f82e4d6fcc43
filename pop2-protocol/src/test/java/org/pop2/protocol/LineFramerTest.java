package org.pop2.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pop2.protocol.LineFramer.Result;

class LineFramerTest {
    private static final long SEED = 937;

    private final LineFramer framer = new LineFramer();

    @Test
    void aLineIsGivenWithItsLineEnd() {
        ByteBuffer input = octets("RETR\r\nACKS\n\r\n");

        assertThat(framer.next(input)).isEqualTo(Result.LINE);
        assertThat(line()).isEqualTo("RETR\r\n");
        assertThat(framer.next(input)).isEqualTo(Result.LINE);
        assertThat(line()).isEqualTo("ACKS\n");
        assertThat(framer.next(input)).isEqualTo(Result.LINE);
        assertThat(line()).isEqualTo("\r\n");
        assertThat(framer.next(input)).isEqualTo(Result.NEED_MORE);
    }

    @Test
    void aLineComesByteByByte() {
        String text = "READ 1\r\n";
        for (int i = 0; i < text.length() - 1; i++) {
            assertThat(framer.next(octets(text.substring(i, i + 1)))).isEqualTo(Result.NEED_MORE);
            assertThat(framer.pending()).isEqualTo(i + 1);
        }
        assertThat(framer.next(octets("\n"))).isEqualTo(Result.LINE);
        assertThat(line()).isEqualTo(text);
        assertThat(framer.pending()).isZero();
    }

    @Test
    void whatFollowsALineStaysInTheInput() {
        ByteBuffer input = octets("QUIT\r\nREST");

        framer.next(input);

        assertThat(input.remaining()).isEqualTo(4);
    }

    @Test
    void emptyInputNeedsMore() {
        assertThat(framer.next(octets(""))).isEqualTo(Result.NEED_MORE);
        assertThatIllegalStateException().isThrownBy(framer::line);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 509, 510, 511, 512})
    void aLineOfUpTo512OctetsIsTaken(int length) {
        String text = "x".repeat(length - 1) + "\n";

        assertThat(framer.next(octets(text))).isEqualTo(Result.LINE);
        assertThat(line()).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(ints = {512, 513, 514, 100_000})
    void moreThan512OctetsWithoutALineEndAreTooLong(int length) {
        assertThat(framer.next(octets("x".repeat(length)))).isEqualTo(Result.TOO_LONG);
        assertThat(framer.next(octets("\n"))).as("there is no going on").isEqualTo(Result.TOO_LONG);
    }

    @Test
    void aLineEndAsOctet513IsTooLate() {
        assertThat(framer.next(octets("x".repeat(511) + "\r\n"))).isEqualTo(Result.TOO_LONG);
    }

    @Test
    void aLongLineInManySlicesIsTooLong() {
        Result result = Result.NEED_MORE;
        for (int i = 0; i < 512 && result == Result.NEED_MORE; i++) {
            assertThat(framer.pending()).isEqualTo(i);
            result = framer.next(octets("x"));
        }
        assertThat(result).isEqualTo(Result.TOO_LONG);
    }

    @Test
    void aTlsHelloIsToldByItsFirstOctet() {
        assertThat(framer.next(ByteBuffer.wrap(new byte[] {0x16}))).isEqualTo(Result.TLS_HANDSHAKE);
    }

    @Test
    void onlyTheFirstOctetsOfAConnectionAreATlsHello() {
        framer.next(octets("QUIT\r\n"));

        assertThat(framer.next(ByteBuffer.wrap(new byte[] {0x16, 0x03, '\n'}))).isEqualTo(Result.LINE);
    }

    @Test
    void wipingLeavesNothingOfALine() {
        framer.next(octets("HELO postel secret\r\n"));

        framer.wipe();

        assertThat(line().chars()).containsOnly(0);
    }

    @Test
    void everySlicingGivesTheSameLines() {
        Random random = new Random(SEED);
        for (int round = 0; round < 2_000; round++) {
            byte[] stream = stream(random);
            List<String> whole = lines(stream, new int[] {stream.length});
            assertThat(lines(stream, new int[] {1}))
                    .as("seed %s, round %s", SEED, round)
                    .isEqualTo(whole);
            int[] slices = random.ints(7, 1, 40).toArray();
            assertThat(lines(stream, slices))
                    .as("seed %s, round %s", SEED, round)
                    .isEqualTo(whole);
        }
    }

    private static byte[] stream(Random random) {
        byte[] stream = new byte[random.nextInt(700)];
        for (int i = 0; i < stream.length; i++) {
            stream[i] = (byte) (random.nextInt(12) == 0 ? '\n' : random.nextInt(8) == 0 ? '\r' : random.nextInt());
        }
        return stream;
    }

    /** Lines, and at last how it ended and how much was held. */
    private static List<String> lines(byte[] stream, int[] slices) {
        LineFramer framer = new LineFramer();
        List<String> lines = new ArrayList<>();
        int from = 0;
        int slice = 0;
        while (from < stream.length) {
            int to = Math.min(stream.length, from + slices[slice++ % slices.length]);
            ByteBuffer input = ByteBuffer.wrap(Arrays.copyOfRange(stream, from, to));
            from = to;
            Result result;
            while ((result = framer.next(input)) == Result.LINE) {
                ByteBuffer line = framer.line();
                assertThat(line.remaining()).isBetween(1, LineFramer.MAX_LINE);
                lines.add(StandardCharsets.ISO_8859_1.decode(line).toString());
            }
            if (result != Result.NEED_MORE) {
                lines.add(result.name());
                return lines;
            }
            assertThat(framer.pending()).isLessThan(LineFramer.MAX_LINE);
        }
        lines.add("held " + framer.pending());
        return lines;
    }

    private String line() {
        return StandardCharsets.ISO_8859_1.decode(framer.line()).toString();
    }

    private static ByteBuffer octets(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    }
}
