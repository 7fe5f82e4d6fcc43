package org.pop2.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.pop2.profile.ClientProfile;
import org.pop2.profile.Quirk;
import org.pop2.protocol.OnDisconnect;
import org.pop2.storage.FolderName;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Message;
import org.pop2.storage.UserName;
import org.pop2.storage.memory.MemoryData;
import org.pop2.storage.memory.MemoryMailStore;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** {@code profiles.*.again = once}: what is kept is offered once, and stays. */
@ExtendWith(NoLeaks.class)
class ShownOnceTest {
    private static final UserName POSTEL = new UserName("postel");
    private static final String SHORT = "Subject: one\r\n\r\nHello\r\n";
    private static final String LONG = "Subject: two\r\n\r\n" + "long\r\n".repeat(500);
    private static final String LONG_TOO = "Subject: TWO\r\n\r\n" + "long\r\n".repeat(500);
    private static final ClientProfile ONCE =
            ClientProfile.DEFAULT.named("mac").withMaxOctets(1024).with(Quirk.ONCE);

    private final MemoryData data = new MemoryData();
    private final MemoryMailStore store = MemoryMailStore.over(data, HoldPolicy.DEFAULT)
            .account("postel", "{PLAIN}secret")
            .message("postel", "INBOX", LONG)
            .message("postel", "INBOX", SHORT)
            .message("postel", "INBOX", LONG_TOO);

    private TestServer server(ClientProfile profile) {
        return TestServer.over(
                store,
                settings -> settings.withListeners(
                        List.of(settings.listeners().get(0).withProfile(profile))));
    }

    /** Fetches and acknowledges all there is; the subjects. */
    private static List<String> poll(Wire wire, String with) {
        List<String> subjects = new ArrayList<>();
        for (String reply = wire.ask("READ", "="); !reply.startsWith("=0"); reply = wire.ask(with, "=")) {
            wire.send("RETR\r\n");
            subjects.add(wire.octets(Integer.parseInt(reply.substring(1).strip()))
                    .lines()
                    .findFirst()
                    .orElse(""));
        }
        return subjects;
    }

    private static List<String> poll(TestServer server) {
        try (Wire wire = server.logIn()) {
            List<String> subjects = poll(wire, "ACKD");
            wire.ask("QUIT", "+");
            return subjects;
        }
    }

    private void deliver(String message) {
        Mono.from(store.deliver(
                        POSTEL,
                        FolderName.INBOX,
                        new Message(
                                Flux.just(ByteBuffer.wrap(message.getBytes(StandardCharsets.US_ASCII))),
                                "jkr@example.org",
                                Optional.empty())))
                .block();
    }

    @Test
    void whatIsKeptIsOfferedOnce() {
        try (TestServer server = server(ONCE)) {
            assertThat(poll(server)).containsExactly("Subject: two", "Subject: one", "Subject: TWO");
            assertThat(poll(server)).isEmpty();
            deliver(SHORT);
            assertThat(poll(server)).containsExactly("Subject: one");
        }
        assertThat(data.messages(POSTEL, FolderName.INBOX)).hasSize(2);
        try (TestServer other = server(ONCE.named("another"))) {
            assertThat(poll(other)).as("another kind of client").hasSize(2);
        }
    }

    @Test
    void aTwinIsOfferedToo() {
        try (TestServer server = server(ONCE)) {
            poll(server);
            deliver(LONG);
            assertThat(poll(server)).containsExactly("Subject: two");
            assertThat(poll(server)).isEmpty();
        }
        assertThat(data.messages(POSTEL, FolderName.INBOX)).hasSize(3);
    }

    /** Reports of programs begin alike, and are as long. */
    @Test
    void whatDiffersAtItsEndOnlyIsAnother() {
        String report = "Subject: report\r\n\r\n" + "line\r\n".repeat(5000);
        int octets = report.length() + "FIRST.\r\n".length();
        try (TestServer server = server(ClientProfile.DEFAULT.with(Quirk.KEEP).with(Quirk.ONCE))) {
            poll(server);
            deliver(report + "FIRST.\r\n");
            deliver(report + "SECND.\r\n");
            try (Wire wire = server.logIn()) {
                wire.ask("READ 2", "=" + octets);
                wire.send("RETR\r\n");
                assertThat(wire.octets(octets)).endsWith("SECND.\r\n");
                wire.ask("ACKD", "=0");
                wire.ask("QUIT", "+");
            }
            try (Wire wire = server.logIn()) {
                wire.ask("READ", "=" + octets);
                wire.send("RETR\r\n");
                assertThat(wire.octets(octets)).endsWith("FIRST.\r\n");
                wire.ask("ACKD", "=0");
                // the last word counts
                wire.ask("READ 1", "=" + octets);
                wire.send("RETR\r\n");
                wire.octets(octets);
                wire.ask("ACKS", "=0");
                wire.ask("QUIT", "+");
            }
            assertThat(poll(server)).containsExactly("Subject: report");
            assertThat(poll(server)).isEmpty();
        }
    }

    @Test
    void aRightNumberIsDeletedBehindOnesThatArePassedOver() {
        try (TestServer server = server(ONCE)) {
            poll(server);
            deliver("Subject: three\r\n\r\n1\r\n");
            deliver("Subject: four\r\n\r\n1\r\n");
            try (Wire wire = server.logIn()) {
                wire.ask("READ 2", "=");
                wire.send("RETR\r\n");
                assertThat(wire.octets("Subject: four\r\n\r\n1\r\n".length())).startsWith("Subject: four");
                wire.ask("ACKD", "=0");
                wire.ask("QUIT", "+");
            }
        }
        assertThat(data.messages(POSTEL, FolderName.INBOX).stream()
                        .map(octets -> new String(octets, StandardCharsets.US_ASCII)
                                .lines()
                                .findFirst()
                                .orElse("")))
                .containsExactly("Subject: two", "Subject: TWO", "Subject: three");
    }

    @Test
    void whatWasNotAcknowledgedWithAckdComesAgain() {
        try (TestServer server = server(ONCE)) {
            try (Wire wire = server.logIn()) {
                poll(wire, "ACKS");
                wire.ask("QUIT", "+");
            }
            assertThat(poll(server)).hasSize(3);
        }
    }

    /** The notes follow the deletions: who lost the line has perhaps lost what it fetched. */
    @Test
    void aSessionThatBreaksOffNotesWhatItDeletes() {
        for (OnDisconnect then : OnDisconnect.values()) {
            try (TestServer server =
                    server(ONCE.named(then.name().toLowerCase(Locale.ROOT)).withOnDisconnect(then))) {
                try (Wire wire = server.logIn()) {
                    poll(wire, "ACKD");
                }
                await().until(() -> server.server().connections() == 0);
                assertThat(poll(server).size() > 1).as(then.name()).isEqualTo(then == OnDisconnect.KEEP);
            }
        }
    }

    @Test
    void aClientThatDeletesNothingIsOfferedEachMessageOnce() {
        try (TestServer server =
                server(ClientProfile.DEFAULT.named("phone").with(Quirk.KEEP).with(Quirk.ONCE))) {
            assertThat(poll(server)).hasSize(3);
            assertThat(poll(server)).isEmpty();
        }
        assertThat(data.messages(POSTEL, FolderName.INBOX)).hasSize(3);
    }

    /** A note that nobody can read must not hide mail, and one about mail that is gone does not grow. */
    @Test
    void aBrokenNoteIsNoneAndOneAboutMailThatIsGoneGoes() {
        Mailbox mailbox = open();
        Mono.from(mailbox.notes().orElseThrow().write("mac", new byte[] {1, 2, 3}))
                .block();
        Mono.from(mailbox.release(new BitSet())).block();
        try (TestServer server = server(ONCE)) {
            assertThat(poll(server)).hasSize(3);
            assertThat(note()).hasSize(1 + 2 * 24);
            BitSet both = new BitSet();
            both.set(1, 3);
            Mono.from(open().release(both)).block();
            assertThat(poll(server)).isEmpty();
            assertThat(note()).isEmpty();
        }
    }

    private Mailbox open() {
        return Objects.requireNonNull(
                Mono.from(store.open(POSTEL, FolderName.INBOX)).block());
    }

    private byte[] note() {
        Mailbox mailbox = open();
        byte[] note = Mono.from(mailbox.notes().orElseThrow().read("mac"))
                .blockOptional()
                .orElse(new byte[0]);
        Mono.from(mailbox.release(new BitSet())).block();
        return note;
    }
}
