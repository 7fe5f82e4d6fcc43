package org.pop2.server.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.pop2.server.TestServer;
import org.pop2.server.Wire;
import org.pop2.storage.memory.MemoryMailStore;

/**
 * What old clients end up with. Known limit: the NOS clients count lines, and lose step where one is longer than their
 * buffer; such mail needs folding, which the plain server does not do.
 */
class OldClientsTest {
    private static final List<String> MAIL = List.of(
            "From: jon@isi\r\nSubject: one\r\n\r\nHello\r\n",
            "Subject: dots and dashes\r\n\r\n.\r\n..\r\n- no error\r\n=5\r\n\r\n\r\n",
            "Subject: 8 bit\r\n\r\n\u00e4\u00f6\u00fc \u00ff\r\n>From here\r\n",
            "Subject: long\r\n\r\n" + "x".repeat(255) + "\r\n",
            "\r\n");

    private static MemoryMailStore store(List<String> mail) {
        MemoryMailStore store = MemoryMailStore.create().account("postel", "{PLAIN.B64}c2UgY3JldA==");
        mail.forEach(message -> store.message("postel", "INBOX", message));
        return store;
    }

    private static MemoryMailStore plain(List<String> mail) {
        MemoryMailStore store = MemoryMailStore.create().account("postel", "{PLAIN}secret");
        mail.forEach(message -> store.message("postel", "INBOX", message));
        return store;
    }

    /** QUIT without waiting: the release may still be going on when the client has gone. */
    private static void expectLeft(TestServer server, String count) {
        await().atMost(TestServer.LIMIT).until(() -> server.server().connections() == 0);
        try (Wire wire = server.connect()) {
            wire.expect("+");
            wire.ask("HELO postel secret", count);
            wire.ask("QUIT", "+");
        }
    }

    @Test
    void ka9qDrainsTheMailbox() {
        List<String> mail = MAIL.subList(0, 3);
        try (TestServer server = TestServer.over(plain(mail))) {
            assertThat(NosClient.KA9Q.drain(server.address(), "postel", "secret"))
                    .contains(String.join("", mail));
            expectLeft(server, "#0 ");
        }
    }

    @Test
    void ka9qIsContentWithAnEmptyMailbox() {
        try (TestServer server = TestServer.over(plain(List.of()))) {
            assertThat(NosClient.KA9Q.drain(server.address(), "postel", "secret"))
                    .contains("");
        }
    }

    @Test
    void ka9qStoresNothingWhenItIsRefused() {
        try (TestServer server = TestServer.over(plain(MAIL))) {
            assertThat(NosClient.KA9Q.drain(server.address(), "postel", "wrong"))
                    .isEmpty();
            expectLeft(server, "#5 ");
        }
    }

    @Test
    void jnosDrainsTheMailbox() {
        try (TestServer server = TestServer.over(plain(MAIL))) {
            assertThat(NosClient.JNOS.drain(server.address(), "postel", "secret"))
                    .contains(String.join("", MAIL));
            expectLeft(server, "#0 ");
            assertThat(NosClient.JNOS.drain(server.address(), "postel", "secret"))
                    .contains("");
        }
    }

    @Test
    void fetchmailFetchesWithAPasswordThatHasASpace() {
        try (TestServer server = TestServer.over(store(MAIL))) {
            assertThat(new Fetchmail(true).fetch(server.address(), "postel", "se cret", ""))
                    .isEqualTo(MAIL);
            assertThat(new Fetchmail(false).fetch(server.address(), "postel", "se cret", "inbox"))
                    .isEqualTo(MAIL);
            assertThat(new Fetchmail(false).fetch(server.address(), "postel", "se cret", ""))
                    .isEmpty();
        }
    }

    @Test
    void popclientFetchesAndLeaves() {
        try (TestServer server = TestServer.over(plain(MAIL))) {
            assertThat(new Popclient(true).fetch(server.address(), "postel", "secret"))
                    .isEqualTo(MAIL);
            expectLeft(server, "#5 ");
            assertThat(new Popclient(false).fetch(server.address(), "postel", "secret"))
                    .isEqualTo(MAIL);
            expectLeft(server, "#0 ");
        }
    }

    @Test
    void aScannerFindsTheWordMessages() {
        try (TestServer server = TestServer.over(plain(MAIL.subList(0, 1)));
                Wire wire = server.connect()) {
            wire.expect("+ POP2 test.example");
            assertThat(wire.ask("HELO postel secret", "#1")).contains("messages");
        }
    }

    /** Its third argument is a security level, 1 for none; here it is a part of the password, and so no way in. */
    @Test
    void popmailsSecurityLevelIsReadAsAPartOfThePassword() {
        try (TestServer server = TestServer.over(plain(MAIL));
                Wire wire = server.connect()) {
            wire.expect("+ POP2 ");
            wire.ask("HELO postel secret 1", "- login failed");
            assertThat(wire.rest()).isEmpty();
        }
    }
}
