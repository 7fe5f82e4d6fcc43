package org.pop2.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.pop2.testing.Pop2TestServer;

/** The example of the README, word for word; with nothing but what a reader of it has. */
class FetcherTest {
    @RegisterExtension
    static final Pop2TestServer server =
            Pop2TestServer.create().user("smith", "secret").message("smith", "Subject: one\r\n\r\nHello\r\n");

    @Test
    void fetchedMailIsDeleted() throws IOException {
        Fetcher.fetch("127.0.0.1", server.port(), "smith", "secret");

        server.awaitClosed();
        assertEquals(0, server.messages("smith").size());
        server.transcript().assertCommands("HELO smith secret", "READ 1", "RETR", "ACKD", "QUIT");
    }

    @Test
    void aLineThatDropsInTheMiddleDeletesNothing() {
        server.when("RETR").dropAfter(7);

        assertThrows(IOException.class, () -> Fetcher.fetch("127.0.0.1", server.port(), "smith", "secret"));

        server.awaitClosed();
        assertEquals(1, server.messages("smith").size());
    }
}
