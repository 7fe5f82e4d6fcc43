package org.pop2.protocol;

import static org.assertj.core.api.Assertions.fail;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.provider.MethodSource;
import org.pop2.protocol.dialogue.DialogueSetup;
import org.pop2.protocol.dialogue.PurePeer;

/**
 * Framer, codec and session, given any octets at all in any slices. Runs with {@code -Pfuzz} only. The first octet
 * chooses the grammar and the slices.
 */
@Tag("fuzz")
class CommandsFuzzTest {
    private static final String MESSAGE = "Subject: one\r\n\r\nHello\r\n";

    static Stream<byte[]> seeds() {
        return Stream.of(
                        "HELO postel secret\r\nREAD\r\nRETR\r\nACKD\r\nRETR\r\nACKS\r\nQUIT\r\n",
                        "HELO postel secret\r\nREAD 2\r\nRETR\r\nNACK\r\nFOLD work\r\nREAD 1\r\nQUIT\r\n",
                        "helo  jon\\ postel a b\\\\c\r\n",
                        "\r\n\nQUIT\n",
                        "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
                        "USER postel\r\nPASS secret\r\n",
                        "EHLO x\r\n",
                        "SSH-2.0-OpenSSH\r\n",
                        "\u0016\u0003\u0001\u0002\u0000\u0001",
                        "HELO postel secret\r\nREAD 99999999999999999999\r\n",
                        "FOLD " + "x".repeat(510))
                .flatMap(text -> Stream.of("\0", "\1", "\u0007").map(options -> options + text))
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
        "READ 2147483648",
        "\\x0D\\x0A",
        "\\x5C"
    })
    @MethodSource("seeds")
    @FuzzTest
    void theSameOctetsInAnySlicesGetTheSameAnswers(byte[] input) {
        if (input.length == 0) {
            return;
        }
        int options = input[0] & 0xff;
        byte[] octets = Arrays.copyOfRange(input, 1, input.length);
        boolean strict = (options & 1) != 0;
        OnDisconnect onDisconnect = (options & 2) != 0 ? OnDisconnect.APPLY : OnDisconnect.KEEP;
        byte[] whole = answers(octets, octets.length, strict, onDisconnect);
        byte[] sliced = answers(octets, 1 + (options >>> 2), strict, onDisconnect);
        if (!Arrays.equals(whole, sliced)) {
            fail("answers differ: " + text(whole) + " and " + text(sliced));
        }
        String said = text(whole).replace(MESSAGE, "");
        for (String line : said.split("\r\n", -1)) {
            if (line.length() > LineFramer.MAX_LINE - 2 || (!line.isEmpty() && "+-#=".indexOf(line.charAt(0)) < 0)) {
                fail("no reply: " + line);
            }
        }
        if (!said.endsWith("\r\n")) {
            fail("half a line");
        }
    }

    private static byte[] answers(byte[] octets, int slice, boolean strict, OnDisconnect onDisconnect) {
        PurePeer server = new PurePeer(new DialogueSetup(
                "dog-house",
                strict,
                onDisconnect,
                false,
                List.of(new DialogueSetup.User(
                        "postel",
                        "secret",
                        List.of(
                                new DialogueSetup.Folder("INBOX", List.of(message(), message(), message())),
                                new DialogueSetup.Folder("work", List.of(message())))))));
        for (int from = 0; from < octets.length; from += slice) {
            server.send(Arrays.copyOfRange(octets, from, Math.min(octets.length, from + slice)));
        }
        byte[] said = server.receive(Integer.MAX_VALUE);
        server.drop();
        return said;
    }

    private static byte[] message() {
        return MESSAGE.getBytes(StandardCharsets.US_ASCII);
    }

    private static String text(byte[] octets) {
        return new String(octets, StandardCharsets.ISO_8859_1);
    }
}
