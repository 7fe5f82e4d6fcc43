package org.pop2.lmtp;

import static org.assertj.core.api.Assertions.fail;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * An LMTP connection in memory, given any octets at all. Runs with {@code -Pfuzz} only. The first octet chooses the
 * slices.
 */
@Tag("fuzz")
class LmtpFuzzTest {
    private static final LmtpServerTest.Store STORE = new LmtpServerTest.Store();
    // no message is so large that it goes to the disk: everything happens on this thread
    private static final LmtpSettings SETTINGS = LmtpSettings.defaults(Path.of("."))
            .withSpooling(new LmtpSettings.Spooling(Path.of("."), Integer.MAX_VALUE, Long.MAX_VALUE));

    static Stream<byte[]> seeds() {
        return Stream.of(
                        "LHLO x\r\nMAIL FROM:<a@b> SIZE=9\r\nRCPT TO:<jon@x>\r\nRCPT TO:<quota@x>\r\nDATA\r\n..a\r\n.\r\nQUIT\r\n",
                        "LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<\"amy\"@x>\r\nDATA\r\nReceived: by y\r\n\tid 5\r\n\r\n.\n.\r\n.\r\nRSET\r\n",
                        "EHLO x\r\nDATA\r\nNOOP\r\nVRFY jon\r\nMAIL FROM:<@a,@b:c@d> BODY=8BITMIME\r\n",
                        "\0\0\r\n" + "x".repeat(3000))
                .flatMap(text -> Stream.of("\0", "\u0007", "\u00ff").map(slices -> slices + text))
                .map(text -> text.getBytes(StandardCharsets.ISO_8859_1));
    }

    @DictionaryEntries({
        "LHLO x\\x0D\\x0A",
        "MAIL FROM:<a@b>\\x0D\\x0A",
        "RCPT TO:<jon@x>\\x0D\\x0A",
        "DATA\\x0D\\x0A",
        "\\x0D\\x0A.\\x0D\\x0A",
        "SIZE=",
        "BODY=8BITMIME",
        "RSET\\x0D\\x0A",
        "QUIT\\x0D\\x0A"
    })
    @MethodSource("seeds")
    @FuzzTest
    void everyConnectionIsAnsweredInLinesAndLeavesNothing(byte[] input) {
        if (input.length == 0) {
            return;
        }
        STORE.delivered.clear();
        STORE.keys.clear();
        LmtpSessions sessions = new LmtpSessions(SETTINGS, STORE, LmtpObserver.NONE);
        EmbeddedChannel channel = new EmbeddedChannel(new LmtpHandler(sessions).connection());
        int slice = 1 + (input[0] & 0xff);
        for (int at = 1; at < input.length && channel.isOpen(); at += slice) {
            channel.writeInbound(Unpooled.copiedBuffer(input, at, Math.min(slice, input.length - at)));
            channel.runPendingTasks();
        }
        StringBuilder said = new StringBuilder();
        for (ByteBuf reply = channel.readOutbound(); reply != null; reply = channel.readOutbound()) {
            said.append(reply.toString(StandardCharsets.ISO_8859_1));
            reply.release();
        }
        channel.finishAndReleaseAll();
        String text = said.toString();
        if (!text.startsWith("220 ")
                || !text.endsWith("\r\n")
                || !text.lines().allMatch(line -> line.matches("[2-5]\\d\\d[ -][ -~]+"))) {
            fail("said: " + text);
        }
        long accepted =
                text.lines().filter(line -> line.equals("250 2.0.0 delivered")).count();
        if (accepted < STORE.delivered.size()) {
            fail("delivered " + STORE.delivered + " and said: " + text);
        }
        if (sessions.connections().count() != 0 || sessions.spool().memoryUsed() != 0) {
            fail("left behind: " + sessions.connections().count() + " sessions, "
                    + sessions.spool().memoryUsed() + " octets");
        }
        sessions.spool().close();
    }
}
