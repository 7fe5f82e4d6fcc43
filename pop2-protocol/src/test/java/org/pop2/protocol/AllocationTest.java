package org.pop2.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.pop2.cost.Allocation;

/**
 * What a command allocates on its way from octets to effects, and a reply on its way back. The bounds are what was
 * measured: who has to raise one says why.
 */
class AllocationTest {
    /** More than are read. */
    private static final int MESSAGES = 1_000_000;

    /** Less than the smallest object. */
    private static final int SLACK = 15;

    /** The list (24), {@link Effect.Send} (16) and {@link Reply.Length} (24): the answer, as values. */
    private static final int ANSWER = 64;

    /** The list (24) and {@link Effect.Deliver} (24). */
    private static final int TRANSFER = 48;

    private static final MailboxView LISTING = new MailboxView() {
        @Override
        public int count() {
            return MESSAGES;
        }

        @Override
        public long octets(int number) {
            return 4096L + number;
        }

        @Override
        public boolean writable() {
            return true;
        }
    };

    private final LineFramer framer = new LineFramer();
    private final CommandCodec codec = new CommandCodec(false);
    private final Session session = new Session("test.example", OnDisconnect.KEEP);
    private final Map<String, ByteBuffer> lines = Map.of(
            "READ", octets("READ\r\n"),
            "READ 7", octets("READ 7\r\n"),
            "RETR", octets("RETR\r\n"),
            "ACKS", octets("ACKS\r\n"),
            "ACKD", octets("ACKD\r\n"),
            "NACK", octets("NACK\r\n"));

    private static ByteBuffer octets(String line) {
        return ByteBuffer.wrap(line.getBytes(StandardCharsets.US_ASCII));
    }

    private void logIn() {
        session.on(Event.OPENED);
        say(octets("HELO postel secret\r\n"));
        session.on(Event.LOGGED_IN);
        session.on(new Event.Selected(LISTING));
    }

    private List<Effect> say(String command) {
        return say(Objects.requireNonNull(lines.get(command)));
    }

    private List<Effect> say(ByteBuffer line) {
        line.clear();
        assertLine(framer.next(line));
        return session.received(Objects.requireNonNull(codec.decode(framer.line(), false)));
    }

    private static void assertLine(LineFramer.Result result) {
        if (result != LineFramer.Result.LINE) {
            throw new AssertionError(result);
        }
    }

    private void holds(Runnable round, int bound) {
        logIn();
        say("READ");
        assertThat(Allocation.ofEach(round)).isLessThanOrEqualTo(bound + SLACK);
    }

    @Test
    void read() {
        holds(() -> say("READ"), ANSWER);
    }

    @Test
    void readOfANumber() {
        holds(() -> say("READ 7"), ANSWER);
    }

    @Test
    void messageThatIsKept() {
        holds(() -> message("ACKS"), TRANSFER + ANSWER);
    }

    @Test
    void messageThatIsDeleted() {
        holds(() -> message("ACKD"), TRANSFER + ANSWER);
    }

    @Test
    void messageThatIsAskedForAgain() {
        holds(() -> message("NACK"), TRANSFER + ANSWER);
    }

    private void message(String acknowledgement) {
        say("RETR");
        session.on(Event.DELIVERED);
        say(acknowledgement);
    }

    @Test
    void reply() {
        Reply reply = new Reply.Length(52_428_800);
        byte[] line = new byte[LineFramer.MAX_LINE];
        assertThat(Allocation.ofEach(() -> ReplyCodec.encode(reply, line))).isLessThanOrEqualTo(SLACK);
    }
}
