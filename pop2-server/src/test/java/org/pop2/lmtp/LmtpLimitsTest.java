package org.pop2.lmtp;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.net.Networks;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** What an LMTP client may not do, and what it hears when the server goes. */
@Timeout(60)
class LmtpLimitsTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Duration LONG = Duration.ofMinutes(5);
    private static final Duration SHORT = Duration.ofMillis(100);
    private static final String OPEN = "LHLO mta\r\nMAIL FROM:<a@b>\r\nRCPT TO:<jon@x>\r\n";

    @TempDir
    private Path directory;

    private final LmtpServerTest.Store store = new LmtpServerTest.Store();
    private final List<LmtpServer> servers = new ArrayList<>();

    @AfterEach
    void stop() {
        servers.forEach(server -> server.stop().block(LIMIT));
    }

    @Test
    void aClientThatSaysNothingIsToldAndCut() throws IOException {
        try (Client client = new Client(start(limits(10, SHORT, LONG, LONG)))) {
            assertThat(client.rest()).startsWith("220 ").endsWith("421 4.4.2 timed out\r\n");
        }
    }

    @Test
    void aMessageThatStopsComingIsGivenUpAndNotDelivered() throws IOException {
        LmtpServer server = start(limits(10, LONG, SHORT, LONG));
        try (Client client = new Client(server)) {
            client.say(OPEN + "DATA\r\nhalf of\r\na mess");
            assertThat(client.rest()).contains("354 ").endsWith("421 4.4.2 timed out\r\n");
        }
        assertThat(store.delivered).isEmpty();
    }

    @Test
    void aStorageThatTakesLongerThanTheLimitsIsWaitedFor() throws IOException {
        // the timer rings several times before the storage goes on
        store.gate = Mono.delay(SHORT.multipliedBy(5)).then();
        try (Client client = new Client(start(limits(10, SHORT, SHORT, LONG)))) {
            client.say(OPEN + "DATA\r\nhi\r\n.\r\n");
            client.until("250 2.0.0");
        }
        assertThat(store.delivered).containsExactly("jon INBOX a@b hi\r\n");
    }

    @Test
    void oneConnectionTooManyIsToldToComeAgain() throws IOException {
        LmtpServer server = start(limits(1, LONG, LONG, LONG));
        try (Client first = new Client(server)) {
            first.until("220 ");
            try (Client second = new Client(server)) {
                assertThat(second.rest()).isEqualTo("421 4.3.2 too many connections, try again later\r\n");
            }
            first.say(OPEN + "DATA\r\nhi\r\n.\r\nQUIT\r\n");
            assertThat(first.rest()).contains("250 2.0.0").endsWith("221 2.0.0 bye\r\n");
        }
    }

    @Test
    void peersOfOtherNetworksAreTurnedAwayBeforeTheySayAnything() {
        Networks lan = Networks.of(List.of("192.0.2.0/24", "2001:db8::/32"));
        assertThat(greeting(lan, "192.0.2.7")).startsWith("220 ");
        assertThat(greeting(lan, "2001:db8::7")).startsWith("220 ");
        assertThat(greeting(lan, "127.0.0.1")).startsWith("220 ");
        assertThat(greeting(lan, "::1")).startsWith("220 ");
        for (String stranger : List.of("192.0.3.7", "2001:db9::7", "10.0.0.1")) {
            assertThat(greeting(lan, stranger)).isEqualTo("421 4.7.1 mail is not taken from this address\r\n");
        }
        assertThat(greeting(Networks.NONE, "192.0.2.7")).startsWith("421 4.7.1");
        assertThat(greeting(Networks.NONE, "127.8.8.8")).startsWith("220 ");
    }

    @Test
    void aLineThatIsTooLongIsRefusedAndTheNextIsTaken() throws IOException {
        try (Client client = new Client(start(settings()))) {
            client.say("NOOP " + "x".repeat(100_000) + "\r\nNOOP\0\r\nNOOP\r\n" + "RCPT TO:<" + "j".repeat(300)
                    + "@x>\r\nQUIT\r\n");
            assertThat(client.codes())
                    .containsExactly("220 localhost", "500 5.5.2", "500 5.5.1", "250 2.0.0", "501 5.1.3", "221 2.0.0");
        }
    }

    /** "." on a line of its own is one with CRLF on both sides; nothing else ends a message, and NUL is an octet. */
    @Test
    void nothingButAWholeEndEndsAMessage() throws IOException {
        String message = "a\n.\nb\n.\r\nc\r.\rd\r\n.\ne\r\n.\re\0\0f\r\n";
        try (Client client = new Client(start(settings()))) {
            client.say(OPEN + "DATA\r\n" + message.replace("\r\n.", "\r\n..") + ".\r\nQUIT\r\n");
            assertThat(client.rest()).endsWith("250 2.0.0 delivered\r\n221 2.0.0 bye\r\n");
        }
        assertThat(store.delivered).containsExactly("jon INBOX a@b " + message);
    }

    @Test
    void commandsBehindAMessageAreTakenAfterItHoweverAllIsSliced() throws IOException {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        String all = OPEN + "DATA\r\n..one\r\n.\r\nRSET\r\nMAIL FROM:<c@d>\r\nRCPT TO:<amy@x>\r\nRCPT TO:<who@x>\r\n"
                + "DATA\r\ntwo\r\n.\r\nQUIT\r\n";
        for (int round = 0; round < 20; round++) {
            store.delivered.clear();
            try (Client client = new Client(start(settings()))) {
                for (int at = 0; at < all.length(); ) {
                    int end = Math.min(all.length(), at + 1 + random.nextInt(round + 1));
                    client.say(all.substring(at, end));
                    at = end;
                }
                assertThat(client.codes())
                        .containsExactly(
                                "220 localhost",
                                "250 SIZE",
                                "250 2.1.0",
                                "250 2.1.5",
                                "354 go",
                                "250 2.0.0",
                                "250 2.0.0",
                                "250 2.1.0",
                                "250 2.1.5",
                                "550 5.1.1",
                                "354 go",
                                "250 2.0.0",
                                "221 2.0.0");
            }
            assertThat(store.delivered).containsExactly("jon INBOX a@b .one\r\n", "amy INBOX c@d two\r\n");
        }
    }

    @Test
    void aSizeThatIsTooLargeIsRefusedAtOnceAndAgainWhenItWasNotSaid() throws IOException {
        LmtpSettings.Limits limits = new LmtpSettings.Limits(100, 100, 10, LONG, LONG, LONG);
        try (Client client = new Client(start(settings().withLimits(limits)))) {
            client.say("LHLO x\r\nMAIL FROM:<a@b> SIZE=101\r\nMAIL FROM:<a@b> SIZE=99999999999999999999\r\n"
                    + "MAIL FROM:<a@b> SIZE=100\r\nRCPT TO:<jon@x>\r\nDATA\r\n" + "x".repeat(99) + "\r\n.\r\n"
                    + "MAIL FROM:<a@b>\r\nRCPT TO:<jon@x>\r\nDATA\r\n" + "y".repeat(98) + "\r\n.\r\nQUIT\r\n");
            assertThat(client.codes())
                    .containsExactly(
                            "220 localhost",
                            "250 SIZE",
                            "552 5.3.4",
                            "552 5.3.4",
                            "250 2.1.0",
                            "250 2.1.5",
                            "354 go",
                            "552 5.3.4",
                            "250 2.1.0",
                            "250 2.1.5",
                            "354 go",
                            "250 2.0.0",
                            "221 2.0.0");
        }
        assertThat(store.delivered).containsExactly("jon INBOX a@b " + "y".repeat(98) + "\r\n");
    }

    @Test
    void aStopLetsADeliveryFinishWithItsTrueReply() throws IOException {
        Sinks.Empty<Void> gate = Sinks.empty();
        Sinks.Empty<Void> reached = Sinks.empty();
        store.gate = Mono.defer(() -> {
            reached.tryEmitEmpty();
            return gate.asMono();
        });
        LmtpServer server = start(settings());
        try (Client client = new Client(server)) {
            client.say(OPEN + "DATA\r\nhi\r\n.\r\n");
            reached.asMono().block(LIMIT);
            server.stop().subscribe();
            gate.tryEmitEmpty();
            assertThat(client.rest()).endsWith("250 2.0.0 delivered\r\n421 4.3.2 the server is stopping\r\n");
        }
        assertThat(store.delivered).containsExactly("jon INBOX a@b hi\r\n");
    }

    @Test
    void aStopLetsAMessageThatIsComingInFinish() throws IOException {
        LmtpServer server = start(settings());
        try (Client client = new Client(server)) {
            client.say(OPEN + "DATA\r\nhi\r\n");
            client.until("354 ");
            server.stop().subscribe();
            client.say("there\r\n.\r\n");
            assertThat(client.rest()).contains("250 2.0.0 delivered\r\n421 4.3.2");
        }
        assertThat(store.delivered).containsExactly("jon INBOX a@b hi\r\nthere\r\n");
    }

    @Test
    void aMessageThatIsStillComingInWhenAStopHasWaitedLongEnoughIsNotAccepted() throws IOException {
        LmtpServer server = start(limits(10, LONG, LONG, SHORT));
        try (Client client = new Client(server)) {
            client.say(OPEN + "DATA\r\nhi\r\n");
            client.until("354 ");
            server.stop().block(LIMIT);
            assertThat(client.rest()).doesNotContain("250 2.0.0");
        }
        assertThat(store.delivered).isEmpty();
    }

    private String greeting(Networks allowed, String peer) {
        LmtpSessions sessions = new LmtpSessions(settings().withAllowFrom(allowed), store, LmtpObserver.NONE);
        EmbeddedChannel channel = new EmbeddedChannel() {
            @Override
            protected SocketAddress remoteAddress0() {
                return new InetSocketAddress(peer, 1234);
            }
        };
        channel.pipeline().addLast(new LmtpHandler(sessions).connection());
        channel.pipeline().fireChannelActive();
        channel.runPendingTasks();
        ByteBuf said = Objects.requireNonNull(channel.readOutbound());
        String text = said.toString(StandardCharsets.US_ASCII);
        said.release();
        assertThat(channel.isOpen()).isEqualTo(text.startsWith("220"));
        assertThat(sessions.connections().count()).isEqualTo(text.startsWith("220") ? 1 : 0);
        channel.finishAndReleaseAll();
        assertThat(sessions.connections().count()).isZero();
        return text;
    }

    private LmtpSettings settings() {
        return LmtpSettings.defaults(directory).withAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    private LmtpSettings limits(int connections, Duration command, Duration data, Duration stop) {
        return settings().withLimits(new LmtpSettings.Limits(1 << 20, 100, connections, command, data, stop));
    }

    private LmtpServer start(LmtpSettings settings) {
        LmtpServer server =
                Objects.requireNonNull(LmtpServer.start(settings, store).block(LIMIT));
        servers.add(server);
        return server;
    }

    private static final class Client implements AutoCloseable {
        private final Socket socket;
        private final BufferedReader replies;

        Client(LmtpServer server) throws IOException {
            InetSocketAddress address = (InetSocketAddress) server.address();
            socket = new Socket(address.getAddress(), address.getPort());
            socket.setTcpNoDelay(true);
            socket.setSoTimeout((int) LIMIT.toMillis());
            replies = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
        }

        void say(String text) throws IOException {
            socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        }

        /** Reads up to the line that begins like this. */
        void until(String start) throws IOException {
            for (String line = replies.readLine(); line == null || !line.startsWith(start); line = replies.readLine()) {
                if (line == null) {
                    throw new IOException("no " + start + " before the end");
                }
            }
        }

        String rest() throws IOException {
            StringBuilder rest = new StringBuilder();
            for (int c = replies.read(); c >= 0; c = replies.read()) {
                rest.append((char) c);
            }
            return rest.toString();
        }

        List<String> codes() throws IOException {
            return rest().lines()
                    .filter(line -> line.charAt(3) == ' ')
                    .map(line -> line.substring(0, 4) + line.substring(4).split(" ", 2)[0])
                    .toList();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
