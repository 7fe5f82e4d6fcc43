package org.pop2.server;

import static org.assertj.core.api.Assertions.fail;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The whole server, over connections in memory, given any octets at all. Runs with {@code -Pfuzz} only. The first octet
 * chooses the slices.
 */
@Tag("fuzz")
class ConnectionFuzzTest {
    private static final InMemoryServer SERVER = new InMemoryServer();

    static Stream<byte[]> seeds() {
        return Stream.of(
                        "HELO postel secret\r\nREAD\r\nRETR\r\nACKD\r\nRETR\r\nACKS\r\nQUIT\r\n",
                        "HELO postel secret\r\nREAD 2\r\nRETR\r\nNACK\r\nFOLD work\r\nREAD 1\r\nQUIT\r\n",
                        "HELO postel wrong\r\n",
                        "HELO nobody secret\r\n",
                        "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
                        "\u0016\u0003\u0001\u0002\u0000\u0001",
                        "FOLD " + "x".repeat(510))
                .flatMap(text -> Stream.of("\0", "\u0007", "\u00ff").map(slices -> slices + text))
                .map(text -> text.getBytes(StandardCharsets.ISO_8859_1));
    }

    @DictionaryEntries({
        "HELO postel secret\\x0D\\x0A",
        "READ\\x0D\\x0A",
        "RETR\\x0D\\x0A",
        "ACKS\\x0D\\x0A",
        "ACKD\\x0D\\x0A",
        "NACK\\x0D\\x0A",
        "FOLD work\\x0D\\x0A",
        "QUIT\\x0D\\x0A",
        "\\x0D\\x0A"
    })
    @MethodSource("seeds")
    @FuzzTest
    void everyConnectionComesToItsEndAndLeavesNothing(byte[] input) {
        if (input.length == 0) {
            return;
        }
        byte[] said = SERVER.converse(Arrays.copyOfRange(input, 1, input.length), 1 + (input[0] & 0xff));
        String text = new String(said, StandardCharsets.ISO_8859_1);
        if (!text.startsWith("+ POP2 test.example ") || !text.endsWith("\r\n")) {
            fail("said: " + text);
        }
    }
}
