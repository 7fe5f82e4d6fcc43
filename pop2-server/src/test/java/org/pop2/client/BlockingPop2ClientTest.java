package org.pop2.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.protocol.Secret;
import org.pop2.testing.Pop2TestServer;

class BlockingPop2ClientTest {
    private static final String LARGE =
            "Subject: large\r\n\r\n" + "x".repeat(70).concat("\r\n").repeat(10_000);

    @RegisterExtension
    static final Pop2TestServer server = Pop2TestServer.create()
            .user("smith", "secret")
            .message("smith", "Subject: one\r\n\r\nHello\r\n")
            .message("smith", LARGE)
            .message("smith", "work", "Subject: work\r\n\r\n");

    @TempDir
    Path directory;

    private static BlockingPop2Client client() {
        return BlockingPop2Client.of(ClientSettings.of("127.0.0.1", server.port()));
    }

    private static Secret password() {
        return Secret.of("secret".getBytes(StandardCharsets.UTF_8));
    }

    private static String text(BlockingPop2Message message) throws IOException {
        return new String(message.content().readAllBytes(), StandardCharsets.ISO_8859_1);
    }

    @Test
    void messagesAreIteratedOverReadAndDeleted() throws IOException {
        try (BlockingPop2Session session = client().connect("smith", password())) {
            assertThat(session.count()).isEqualTo(2);
            for (BlockingPop2Message message : session.messages()) {
                Files.copy(message.content(), directory.resolve(message.number() + ".eml"));
                message.delete();
            }
            assertThat(session.fold("work")).isEqualTo(1);
            session.quit();
        }
        server.awaitClosed();

        assertThat(server.messages("smith")).isEmpty();
        assertThat(server.messages("smith", "work")).hasSize(1);
        assertThat(directory.resolve("2.eml")).hasBinaryContent(LARGE.getBytes(StandardCharsets.US_ASCII));
    }

    @Test
    void whatWasNotAcknowledgedIsKeptReadOrNotAndReadInPart() throws IOException {
        List<Long> octets = new ArrayList<>();
        try (BlockingPop2Session session = client().connect("smith", password())) {
            Iterator<BlockingPop2Message> messages = session.messages().iterator();
            octets.add(messages.next().octets());
            BlockingPop2Message large = messages.next();
            assertThat(large.content().read()).isEqualTo('S');
            assertThatIllegalStateException().isThrownBy(large::delete);
            assertThat(messages.hasNext()).isFalse();
            session.quit();
        }
        server.awaitClosed();

        assertThat(octets).containsExactly((long) "Subject: one\r\n\r\nHello\r\n".length());
        assertThat(server.messages("smith")).hasSize(2);
        server.transcript().assertCommands("HELO smith secret", "READ 1", "READ 2", "RETR", "ACKS", "QUIT");
    }

    @Test
    void aMessageCanComeAgain() throws IOException {
        List<String> got = new ArrayList<>();
        try (BlockingPop2Session session = client().connect("smith", password())) {
            Iterator<BlockingPop2Message> messages = session.messages().iterator();
            for (int i = 0; i < 2; i++) {
                BlockingPop2Message message = messages.next();
                got.add(text(message));
                message.acknowledge(i == 0 ? Acknowledgement.AGAIN : Acknowledgement.KEEP);
            }
            session.quit();
        }

        assertThat(got.get(0)).isEqualTo(got.get(1));
    }

    @Test
    void aWholeSessionIsOneCall() throws IOException {
        List<String> got = new ArrayList<>();
        long handled = client().fetch("smith", password(), Optional.of("work"), message -> {
            got.add(text(message));
            return Acknowledgement.DELETE;
        });
        server.awaitClosed();

        assertThat(handled).isEqualTo(1);
        assertThat(got).containsExactly("Subject: work\r\n\r\n");
        assertThat(server.messages("smith", "work")).isEmpty();
    }

    /** Neither wrapped nor hidden, and nothing is deleted. */
    @Test
    void whatTheHandlerThrowsArrivesAsItself() {
        assertThatThrownBy(() -> client().fetch("smith", password(), Optional.empty(), message -> {
                    message.content().transferTo(Files.newOutputStream(directory.resolve("none/file")));
                    return Acknowledgement.DELETE;
                }))
                .isExactlyInstanceOf(NoSuchFileException.class);
        server.awaitClosed();
        assertThat(server.messages("smith")).hasSize(2);
    }

    @Test
    void whatGoesWrongInTheSessionIsTheClientsException() {
        assertThatThrownBy(() -> client().connect("smith", Secret.of(new byte[] {'x'})))
                .isExactlyInstanceOf(Pop2ClientException.class);
        server.when("RETR").dropAfter(7);
        assertThatThrownBy(() -> client().fetch("smith", password(), Optional.empty(), message -> {
                    text(message);
                    return Acknowledgement.DELETE;
                }))
                .isInstanceOfSatisfying(
                        Pop2ClientException.class,
                        error -> assertThat(error.reason()).isEqualTo(Pop2ClientException.Reason.DISCONNECTED));
    }
}
