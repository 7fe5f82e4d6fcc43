package org.pop2.server.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.pop2.profile.ClientProfile;
import org.pop2.server.TestServer;
import org.pop2.server.Wire;
import org.pop2.storage.memory.MemoryMailStore;

/**
 * What old clients end up with. The NOS clients count lines, and lose step where one is longer than their buffer, or
 * has a NUL or a lone CR in it: such mail is changed for them by their profiles.
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

    /** What NOS clients cannot read as it is. */
    private static final List<String> AWKWARD = List.of(
            "Subject: long lines\r\n\r\n" + "word ".repeat(900) + "\r\nafter\r\n",
            "Subject: " + "long header ".repeat(90) + "\r\n\r\nbody\r\n",
            "Subject: no spaces\r\n\r\n" + "x".repeat(4000) + "\r\n",
            "Subject: NUL and CR\r\n\r\na\0b\0\0c\rd\r\re\r\n",
            "Subject: separator\r\nReturn-Path: <jon@isi.example>\r\n\r\nFrom here\r\n>From there\r\nno From\r\n",
            "\r\n\r\n\r\n",
            "\r\n");

    private static TestServer serving(List<String> mail, ClientProfile profile) {
        return TestServer.over(
                plain(mail),
                settings -> settings.withListeners(
                        List.of(settings.listeners().get(0).withProfile(profile))));
    }

    /** The words that a person would read, wherever lines were broken. */
    private static String words(String text) {
        return text.replaceAll("[\\s\0>]+", "");
    }

    @Test
    void ka9qDrainsAwkwardMailWithItsProfile() {
        try (TestServer server = serving(AWKWARD, ClientProfile.KA9Q)) {
            String stored =
                    NosClient.KA9Q.drain(server.address(), "postel", "secret").orElseThrow();
            expectLeftNothing(server);
            // one From_ line for each message, and nothing else that looks like one
            String[] messages =
                    stored.split("(?m)^From (?=\\S+ \\w{3} \\w{3} [ \\d]\\d \\d\\d:\\d\\d:\\d\\d \\d{4}\r\n)");
            assertThat(messages).hasSize(AWKWARD.size() + 1);
            assertThat(stored.lines().filter(line -> line.startsWith("From "))).hasSize(AWKWARD.size());
            assertThat(messages[5]).startsWith("jon@isi.example ").contains("\r\n>From here\r\n>>From there\r\n");
            for (int i = 0; i < AWKWARD.size(); i++) {
                String message = messages[i + 1].substring(messages[i + 1].indexOf('\n') + 1);
                assertThat(words(message)).isEqualTo(words(AWKWARD.get(i)));
            }
        }
    }

    private static void expectLeftNothing(TestServer server) {
        await().atMost(TestServer.LIMIT).until(() -> server.server().connections() == 0);
        try (Wire wire = server.connect()) {
            wire.expect("+");
            wire.ask("HELO postel secret", "+ No mail");
            wire.ask("QUIT", "+");
        }
    }

    @Test
    void jnosDrainsAwkwardMailWithItsProfile() {
        try (TestServer server = serving(AWKWARD, ClientProfile.JNOS)) {
            String stored =
                    NosClient.JNOS.drain(server.address(), "postel", "secret").orElseThrow();
            assertThat(words(stored)).isEqualTo(words(String.join("", AWKWARD)));
            expectLeft(server, "#0 ");
        }
    }

    @Test
    void ka9qIsToldThatThereIsNoMailWithItsProfile() {
        try (TestServer server = serving(List.of(), ClientProfile.KA9Q)) {
            assertThat(NosClient.KA9Q.drain(server.address(), "postel", "secret"))
                    .contains("");
        }
    }

    @Test
    void otherClientsDrainAwkwardMailWithAnyProfile() {
        for (ClientProfile profile : List.of(
                ClientProfile.DEFAULT,
                ClientProfile.UW,
                ClientProfile.JNOS,
                ClientProfile.PCNFS,
                ClientProfile.POPMAIL)) {
            try (TestServer server = serving(AWKWARD, profile)) {
                assertThat(new Popclient(true).fetch(server.address(), "postel", "secret"))
                        .hasSize(AWKWARD.size());
                List<String> fetched = new Fetchmail(true).fetch(server.address(), "postel", "secret", "");
                assertThat(fetched).hasSize(AWKWARD.size());
                assertThat(words(String.join("", fetched)).replace("Status:RO", ""))
                        .isEqualTo(words(String.join("", AWKWARD)));
            }
        }
    }

    @Test
    void popmailsSecurityLevelIsTakenOffWithItsProfile() {
        try (TestServer server = serving(MAIL, ClientProfile.POPMAIL);
                Wire wire = server.connect()) {
            wire.expect("+ POP2 ");
            wire.ask("HELO postel secret 1", "#5 ");
        }
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
