package org.pop2.server.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.pop2.profile.ClientProfile;
import org.pop2.profile.Quirk;
import org.pop2.server.TestServer;
import org.pop2.server.Wire;
import org.pop2.storage.FolderName;
import org.pop2.storage.UserName;
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
        return serving(plain(mail), profile);
    }

    private static TestServer serving(MemoryMailStore store, ClientProfile profile) {
        return TestServer.over(
                store,
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

    /** Pieces of what loses a client that counts lines, or takes something for a reply or an end. */
    private static final String[] PIECES = {
        "word ",
        "x".repeat(300),
        "long ".repeat(250),
        "\0",
        "\r",
        ".",
        "From a@b Mon Feb  4 10:00:00 1985",
        ">From ",
        "- no",
        "=0",
        "#3",
        "+ POP2 ",
        "Status: O",
        "\u00e4\u00c3\u00bc\u00ff",
        "\t",
        "\r\n",
        "\r\n",
        "\r\n\r\n"
    };

    private static List<String> randomMail(Random random) {
        List<String> mail = new ArrayList<>();
        int messages = random.nextInt(6);
        for (int i = 0; i < messages; i++) {
            StringBuilder message = new StringBuilder(random.nextInt(4) == 0 ? "" : "Subject: x\r\n\r\n");
            int pieces = random.nextInt(30);
            for (int piece = 0; piece < pieces; piece++) {
                message.append(PIECES[random.nextInt(PIECES.length)]);
            }
            mail.add(message + "end\r\n");
        }
        return mail;
    }

    /** What a client ends up with: the text of all messages. */
    private interface Draining {
        String drain(InetSocketAddress server, String user);
    }

    private static String joined(List<String> messages) {
        return String.join("", messages);
    }

    private static final Draining FETCHMAIL =
            (server, user) -> joined(new Fetchmail(false).fetch(server, user, "secret", ""));
    private static final Draining POPCLIENT =
            (server, user) -> joined(new Popclient(false).fetch(server, user, "secret"));
    private static final Draining PC_NFS = (server, user) -> joined(new PcNfs().fetch(server, user, "secret"));
    private static final Draining POPMAIL = (server, user) -> joined(new Popmail().fetch(server, user, "secret"));

    private static Draining nos(NosClient client) {
        return (server, user) -> client.drain(server, user, "secret").orElseThrow();
    }

    private static final List<Map.Entry<ClientProfile, Draining>> PAIRS = List.of(
            Map.entry(ClientProfile.KA9Q, nos(NosClient.KA9Q)),
            Map.entry(ClientProfile.KA9Q.withWidth(ClientProfile.MIN_WIDTH), nos(NosClient.KA9Q)),
            Map.entry(ClientProfile.JNOS, nos(NosClient.JNOS)),
            Map.entry(ClientProfile.KA9Q.with(Quirk.NO_MAIL, false), nos(NosClient.JNOS)),
            Map.entry(ClientProfile.PCNFS, PC_NFS),
            Map.entry(ClientProfile.UW, PC_NFS),
            Map.entry(ClientProfile.POPMAIL, POPMAIL),
            Map.entry(ClientProfile.DEFAULT, FETCHMAIL),
            Map.entry(ClientProfile.STRICT, FETCHMAIL),
            Map.entry(ClientProfile.UW, FETCHMAIL),
            Map.entry(ClientProfile.PCNFS, FETCHMAIL),
            Map.entry(ClientProfile.JNOS, FETCHMAIL),
            Map.entry(ClientProfile.STRICT, POPCLIENT),
            Map.entry(ClientProfile.UW, POPCLIENT));

    private static final int USERS = 3;
    private static final Pattern FROM_LINE =
            Pattern.compile("(?m)^From \\S+ \\w{3} \\w{3} [ \\d]\\d \\d\\d:\\d\\d:\\d\\d \\d{4}\r\n");

    @Test
    void eachClientDrainsRandomMailWithItsProfileAndLosesNoWord() {
        long seed = Long.getLong("pop2.seed", System.nanoTime());
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (Map.Entry<ClientProfile, Draining> pair : PAIRS) {
            ClientProfile profile = pair.getKey();
            MemoryMailStore store = MemoryMailStore.create();
            Map<String, String> all = new LinkedHashMap<>();
            for (int i = 0; i < USERS; i++) {
                List<String> mail = randomMail(random);
                String user = "user" + i;
                store.account(user, "{PLAIN}secret");
                mail.forEach(message -> store.message(user, "INBOX", message));
                all.put(user, joined(mail));
            }
            try (TestServer server = serving(store, profile)) {
                all.forEach((user, mail) -> {
                    String drained = pair.getValue().drain(server.address(), user);
                    // what the profile adds
                    String kept = profile.has(Quirk.FROM_LINE)
                            ? FROM_LINE.matcher(drained).replaceAll("")
                            : drained;
                    assertThat(words(kept).replace("Status:RO", ""))
                            .as("%s, seed %d", profile.name(), seed)
                            .isEqualTo(words(mail).replace("Status:RO", ""));
                });
                await().atMost(TestServer.LIMIT).until(() -> server.server().connections() == 0);
                all.keySet()
                        .forEach(user -> assertThat(store.data().messages(new UserName(user), FolderName.INBOX))
                                .as("%s, seed %d", profile.name(), seed)
                                .isEmpty());
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
