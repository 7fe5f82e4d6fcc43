package org.pop2.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.util.ResourceLeakDetector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pop2.cost.Allocation;
import org.pop2.storage.memory.MemoryMailStore;

/**
 * What a command allocates on its way through {@link SessionHandler} and back, Netty's channel and the storage in
 * memory included. The bounds are what was measured: who has to raise one says why.
 */
class AllocationTest {
    /** Less than the smallest object that has a field. */
    private static final int SLACK = 15;

    private static final int AHEAD = 20;

    /** The session's wish, as values (64), and what is once for a write: promise, listener, a view of the buffer. */
    private static final int READ = 224;

    /** The session's wish, and a twentieth of the rest. */
    private static final int READ_AHEAD = 72;

    /** Both commands, the transfer, and what the storage in memory makes; besides a copy of the message. */
    private static final int MESSAGE_AND_READ = 976;

    private static final int MESSAGE_AHEAD = 504;

    private static final String MESSAGE =
            "a line of a message that is neither short nor especially long\r\n".repeat(64);

    private final ResourceLeakDetector.Level level = ResourceLeakDetector.getLevel();

    /** Which writes down where each buffer was touched. */
    @BeforeEach
    void withoutLeakDetection() {
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
    }

    @AfterEach
    void withLeakDetection() {
        ResourceLeakDetector.setLevel(level);
    }

    private static MemoryMailStore store() {
        return MemoryMailStore.create()
                .account("postel", "{PLAIN}secret")
                .message("postel", "INBOX", MESSAGE)
                .message("postel", "INBOX", MESSAGE);
    }

    private static void holds(String commands, int rounds, int bound) {
        ByteBuf lines = EmbeddedSession.lines(commands);
        try (EmbeddedSession session = new EmbeddedSession(store())) {
            session.say(EmbeddedSession.lines("READ 1\r\n"));
            double each = Allocation.ofEach(() -> {
                        session.say(lines);
                        if (session.take() == 0) {
                            throw new AssertionError("no answer");
                        }
                    })
                    / rounds;
            assertThat(each).isLessThanOrEqualTo(bound + SLACK);
        }
    }

    @Test
    void read() {
        holds("READ 1\r\n", 1, READ);
    }

    @Test
    void readsAskedForAhead() {
        holds("READ 1\r\n".repeat(AHEAD), AHEAD, READ_AHEAD);
    }

    @Test
    void message() {
        holds("READ 1\r\nRETR\r\nACKS\r\n", 1, MESSAGE.length() + MESSAGE_AND_READ);
    }

    @Test
    void messagesAskedForAhead() {
        holds("READ 1\r\nRETR\r\nACKS\r\n".repeat(AHEAD), AHEAD, MESSAGE.length() + MESSAGE_AHEAD);
    }
}
