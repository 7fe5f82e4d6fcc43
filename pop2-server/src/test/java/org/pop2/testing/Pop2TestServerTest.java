package org.pop2.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pop2.client.Acknowledgement;
import org.pop2.client.ClientSettings;
import org.pop2.client.Pop2Client;
import org.pop2.client.Pop2ClientException;
import org.pop2.protocol.Secret;

@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class Pop2TestServerTest {
    @RegisterExtension
    static final Pop2TestServer server = Pop2TestServer.create()
            .user("smith", "secret")
            .message("smith", "Subject: one\r\n\r\nHello\r\n")
            .message("smith", "Subject: two\n\nagain\n")
            .message("smith", "work", "Subject: three\r\n\r\n");

    private static int firstPort;

    private long fetch() {
        Pop2Client client = Pop2Client.of(ClientSettings.of("127.0.0.1", server.port()));
        Long fetched = client.fetch(
                        "smith",
                        Secret.of("secret".getBytes(StandardCharsets.US_ASCII)),
                        Optional.empty(),
                        message -> message.bytes().then().thenReturn(Acknowledgement.DELETE))
                .block(Duration.ofSeconds(20));
        return fetched == null ? -1 : fetched;
    }

    @ParameterizedTest
    @ValueSource(strings = {"RETR", "quit"})
    void anAnswerWithoutANumberCannotBeMiscounted(String command) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> server.when(command).miscount(1))
                .withMessageContaining("READ");
    }

    @Test
    @Order(1)
    void whatIsFetchedIsDeletedAndTheDialogueIsWrittenDown() {
        firstPort = server.port();
        assertThat(fetch()).isEqualTo(2);

        server.awaitClosed();
        assertThat(server.messages("smith")).isEmpty();
        assertThat(server.messages("smith", "work")).containsExactly("Subject: three\r\n\r\n");
        server.transcript()
                .assertSaid(
                        "S: + POP2 *",
                        "C: HELO smith secret",
                        "S: #2 *",
                        "C: READ*",
                        "S: =23*",
                        "C: RETR",
                        "S: (23 octets)",
                        "C: ACKD",
                        "S: =23*",
                        "C: RETR",
                        "S: (23 octets)",
                        "C: ACKD",
                        "S: =0*",
                        "C: QUIT",
                        "S: +*");
    }

    @Test
    @Order(2)
    void theNextTestBeginsAnewOnTheSamePort() {
        assertThat(server.port()).isEqualTo(firstPort);
        assertThat(server.transcripts()).isEmpty();
        assertThat(server.messages("smith")).hasSize(2);
    }

    @Test
    void aLineThatDropsInTheMiddleOfAMessageDeletesNothing() {
        server.when("RETR").nth(2).dropAfter(7);

        assertThatThrownBy(this::fetch).isInstanceOf(Pop2ClientException.class);

        server.awaitClosed();
        assertThat(server.messages("smith")).hasSize(2);
        assertThat(server.transcript().lines()).endsWith("C: RETR", "S: (dropped after 7 octets)");
    }

    @Test
    void aWrongLengthIsNoticedByAClientThatCounts() {
        server.when("READ").miscount(-3);

        assertThatThrownBy(this::fetch).isInstanceOf(Pop2ClientException.class);

        server.awaitClosed();
        assertThat(server.messages("smith")).hasSize(2);
        assertThat(server.transcript().lines()).anyMatch(line -> line.startsWith("S: =20"));
    }

    @Test
    void aRefusedLoginIsToldAndTheConnectionClosed() throws IOException {
        server.when("helo").reply("- not today");
        assertThat(say("HELO smith secret\r\n")).endsWith("\r\n- not today\r\n");
        server.awaitClosed();
    }

    @Test
    void connectionsAreRefused() {
        server.refuse(1);
        assertThatThrownBy(this::fetch).isInstanceOf(Pop2ClientException.class);
        assertThat(server.transcripts()).isEmpty();
        assertThat(fetch()).isEqualTo(2);
    }

    @Test
    void silenceLastsUntilTheTestEnds() throws IOException {
        server.whenConnected().silence();
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setSoTimeout(200);
            assertThatThrownBy(() -> socket.getInputStream().read())
                    .isInstanceOf(java.net.SocketTimeoutException.class);
        }
    }

    @Test
    void anAnswerThatIsDelayedComes() {
        server.when("READ").delay(Duration.ofMillis(50));
        assertThat(fetch()).isEqualTo(2);
    }

    /** Sends all at once; what comes back until the server closes. */
    private String say(String commands) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(commands.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    @Test
    void whatWasSentAheadWaitsBehindAnAnswerThatIsDelayed() throws IOException {
        server.when("READ").delay(Duration.ofMillis(50));
        server.when("READ").nth(2).reply("=7 or so");
        server.when("READ").miscount(1);

        // the answer to a blank line is none
        say("HELO smith secret\r\n\r\nREAD 1\r\nREAD 2\r\nRETR\r\nACKS\r\nQUIT\r\n");

        server.awaitClosed();
        assertThat(server.transcript().lines().stream().filter(line -> line.startsWith("S: ")))
                .satisfiesExactly(
                        line -> assertThat(line).startsWith("S: + POP2"),
                        line -> assertThat(line).startsWith("S: #2"),
                        line -> assertThat(line).startsWith("S: =24"),
                        line -> assertThat(line).isEqualTo("S: =7 or so"),
                        line -> assertThat(line).isEqualTo("S: (23 octets)"),
                        line -> assertThat(line).startsWith("S: =0"),
                        line -> assertThat(line).startsWith("S: +"));
    }

    @Test
    void theAnswerToASecondRetrIsALine() throws IOException {
        assertThat(say("HELO smith secret\r\nREAD\r\nRETR\r\nRETR\r\n")).contains("Hello\r\n- ");
        server.awaitClosed();
        assertThat(server.transcript().lines()).last().asString().startsWith("S: - ");
    }

    @Test
    void oneThatConnectsWhileItIsSetBackIsCutAndNotCounted() throws Exception {
        for (int i = 0; i < 3; i++) {
            Thread caller = new Thread(() -> {
                for (int call = 0; call < 20; call++) {
                    try {
                        say("HELO smith secret\r\nQUIT\r\n");
                    } catch (IOException cut) {
                        // as it should be, if it came at the wrong time
                    }
                }
            });
            caller.start();
            server.reset();
            caller.join();
            server.awaitClosed();
            server.reset();
            assertThat(fetch()).isEqualTo(2);
            server.awaitClosed();
            assertThat(server.messages("smith")).isEmpty();
        }
    }

    @Nested
    class InAnotherClass {
        @Test
        void thePortIsTheSame() {
            assertThat(server.port()).isEqualTo(firstPort);
            assertThat(server.messages("smith")).hasSize(2);
        }
    }

    @Nested
    class InYetAnotherClass {
        @Test
        void thePortIsTheSame() {
            assertThat(server.port()).isEqualTo(firstPort);
        }
    }

    @Test
    void mailThatComesDuringASessionIsThereAfterIt() {
        server.deliver("smith", "INBOX", "later\r\n");
        assertThat(fetch()).isEqualTo(3);
        server.deliver("smith", "INBOX", "later still\r\n");
        server.awaitClosed();
        assertThat(server.messages("smith")).containsExactly("later still\r\n");
    }

    @Test
    void anotherDialogueIsShownBesideTheExpectedOne() {
        assertThat(fetch()).isEqualTo(2);
        server.awaitClosed();
        assertThatThrownBy(() -> server.transcript().assertCommands("HELO smith secret", "READ", "QUIT"))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("\n  HELO smith secret\n")
                .hasMessageContaining("\n- QUIT\n+ RETR\n");
    }

    @Test
    void withoutJUnitItIsStartedAndClosed() {
        int port;
        try (Pop2TestServer own = Pop2TestServer.create().user("a", "b").start()) {
            port = own.port();
            assertThat(own.messages("a")).isEmpty();
        }
        assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), port).close())
                .isInstanceOf(IOException.class);
    }
}
