package org.pop2.protocol;

import static org.assertj.core.api.Assertions.fail;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Framer and codec alone, the fastest of the fuzz tests: any octets become lines and commands, and a command that was
 * understood is the same when it is written and read again. Runs with {@code -Pfuzz} only.
 */
@Tag("fuzz")
class CodecFuzzTest {
    private static final CommandCodec LENIENT = new CommandCodec(false);
    private static final CommandCodec STRICT = new CommandCodec(true);

    static Stream<byte[]> seeds() {
        return Stream.of(
                        "HELO postel secret\r\n",
                        "helo a\\ b c\\\n",
                        "FOLD x\\y\r\n",
                        "READ 007\r\n",
                        "\r\nQUIT\n",
                        "GET / HTTP/1.1\r\n")
                .map(text -> text.getBytes(StandardCharsets.ISO_8859_1));
    }

    @DictionaryEntries({"HELO ", "FOLD ", "READ ", "RETR", "ACKS", "ACKD", "NACK", "QUIT", "\\x0D\\x0A", "\\x5C", " "})
    @MethodSource("seeds")
    @FuzzTest
    void anyOctetsAreLinesAndCommands(byte[] octets) {
        LineFramer framer = new LineFramer();
        ByteBuffer input = ByteBuffer.wrap(octets);
        boolean first = true;
        while (framer.next(input) == LineFramer.Result.LINE) {
            ByteBuffer line = framer.line();
            if (!line.hasRemaining() || line.remaining() > LineFramer.MAX_LINE) {
                fail("a line of " + line.remaining());
            }
            Command strict = STRICT.decode(line.duplicate(), first);
            if (strict == null) {
                fail("the strict grammar skips no line");
            }
            Command lenient = LENIENT.decode(line.duplicate(), first);
            if (strict instanceof Command.Read
                    || (strict instanceof Command.Fold fold && canBeWritten(fold.mailbox()))) {
                Command again = STRICT.decode(ByteBuffer.wrap(CommandCodec.encode(strict)), first);
                if (!strict.equals(again)) {
                    fail(strict + " became " + again);
                }
            }
            first &= lenient == null;
        }
        if (framer.pending() > LineFramer.MAX_LINE) {
            fail("holds " + framer.pending());
        }
    }

    /** No client can write a line end into a name; and with every octet quoted a long one has no room. */
    private static boolean canBeWritten(String name) {
        return name.indexOf('\r') < 0 && name.length() <= 100;
    }
}
