package org.pop2.server;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.memory.MemoryData;
import org.pop2.storage.memory.MemoryMailStore;
import org.pop2.testing.LogCapture;

/** {@code log.deletions}: who deleted what. */
@ExtendWith(NoLeaks.class)
class DeletionLogTest {
    private final MemoryMailStore store = MemoryMailStore.over(new MemoryData(), HoldPolicy.DEFAULT)
            .account("postel", "{PLAIN}secret")
            .message("postel", "INBOX", "Message-ID: <1@example.org>\r\nSubject: x\r\n\r\nHello\r\n")
            .message("postel", "INBOX", "Subject: none\r\n\r\nMessage-ID: <text@example.org>\r\n")
            .message("postel", "INBOX", "X: " + "x".repeat(100_000) + "\r\nMessage-Id:\r\n <far@example.org>\r\n\r\n")
            .message("postel", "INBOX", "Subject: x\r\nmessage-id:\r\n <2@example.org>\r\n\r\nHello\r\n")
            .message("postel", "INBOX", "Subject: kept\r\n\r\nHello\r\n");

    private static void deleteFour(TestServer server) {
        try (Wire wire = server.logIn()) {
            String length = wire.ask("READ", "=");
            for (int i = 0; i < 4; i++) {
                wire.send("RETR\r\n");
                wire.octets(Integer.parseInt(length.substring(1).strip()));
                length = wire.ask("ACKD", "=");
            }
            wire.ask("QUIT", "+");
        }
    }

    @Test
    void eachMessageIsToldOnceItIsDeleted() {
        try (TestServer server = TestServer.over(store, settings -> settings.withLogDeletions(true));
                LogCapture log = LogCapture.of("org.pop2")) {
            deleteFour(server);

            assertThat(log.lines().stream().filter(line -> line.contains("message-deleted")))
                    .hasSize(4)
                    .allMatch(line -> line.contains("user=postel") && line.contains("folder=INBOX"))
                    .satisfiesExactly(
                            line -> assertThat(line).contains("octets=50", "identifier=<1@example.org>"),
                            line -> assertThat(line).contains("identifier=-"),
                            line -> assertThat(line).contains("identifier=-"),
                            line -> assertThat(line).contains("identifier=<2@example.org>"));
        }
    }

    @Test
    void nothingIsToldUnlessThatIsWished() {
        try (TestServer server = TestServer.over(store);
                LogCapture log = LogCapture.of("org.pop2")) {
            deleteFour(server);

            assertThat(log.lines()).noneMatch(line -> line.contains("message-deleted"));
        }
    }
}
