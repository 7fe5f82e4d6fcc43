package org.pop2.lmtp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.storage.Account;
import org.pop2.storage.Accounts;
import org.pop2.storage.FolderName;
import org.pop2.storage.MailStore;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Message;
import org.pop2.storage.Quota;
import org.pop2.storage.StoreException;
import org.pop2.storage.Usage;
import org.pop2.storage.UserName;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

@Timeout(60)
class LmtpServerTest {
    private static final String MAIL = "LHLO mta\r\nMAIL FROM:<a@example.org>\r\n";
    private static final Duration LIMIT = Duration.ofSeconds(20);

    @TempDir
    Path directory;

    private final Store store = new Store();
    private final List<LmtpServer> servers = new ArrayList<>();

    @AfterEach
    void stop() {
        servers.forEach(server -> server.stop().block(LIMIT));
    }

    @Test
    void whateverTheStorageThrowsIsAReplyForTheRecipientAndTheOthersGetTheirMail() throws IOException {
        String said = talk(
                start(settings()),
                MAIL + "RCPT TO:<dead@x>\r\nRCPT TO:<jon@x>\r\nRCPT TO:<dying@x>\r\nRCPT TO:<amy@x>\r\nDATA\r\n"
                        + "hi\r\n.\r\nQUIT\r\n",
                1 << 20);
        assertThat(codes(said))
                .containsExactly(
                        "220 localhost",
                        "250 SIZE",
                        "250 2.1.0",
                        "451 4.3.0",
                        "250 2.1.5",
                        "250 2.1.5",
                        "250 2.1.5",
                        "354 go",
                        "250 2.0.0",
                        "451 4.3.0",
                        "250 2.0.0",
                        "221 2.0.0");
        assertThat(store.delivered).hasSize(2);
    }

    @Test
    void repliesForEachRecipientInOrder() throws IOException {
        String said = talk(
                start(settings()),
                MAIL
                        + "RCPT TO:<jon@x>\r\nRCPT TO:<nobody@x>\r\nRCPT TO:<full@x>\r\nRCPT TO:<busy@x>\r\n"
                        + "RCPT TO:<broken@x>\r\nRCPT TO:<quota@x>\r\nRCPT TO:<jon@x>\r\nDATA\r\nSubject: 1\r\n\r\n..dot\r\n.\r\nQUIT\r\n",
                1 << 20);
        assertThat(codes(said))
                .containsExactly(
                        "220 localhost",
                        "250 SIZE",
                        "250 2.1.0",
                        "250 2.1.5",
                        "550 5.1.1",
                        "250 2.1.5",
                        "250 2.1.5",
                        "250 2.1.5",
                        "250 2.1.5",
                        "250 2.1.5",
                        "354 go",
                        "250 2.0.0",
                        "452 4.3.1",
                        "450 4.2.0",
                        "451 4.3.0",
                        "552 5.2.2",
                        "250 2.0.0",
                        "221 2.0.0");
        // named twice, delivered once
        assertThat(store.delivered).containsExactly("jon INBOX a@example.org Subject: 1\r\n\r\n.dot\r\n");
    }

    @Test
    void mailOverQuotaIsDeferredWhereThatIsWanted() throws IOException {
        String said = talk(
                start(settings().withOverQuota(LmtpSettings.OverQuota.DEFER)),
                MAIL + "RCPT TO:<quota@x>\r\nRCPT TO:<jon@x>\r\nDATA\r\nhi\r\n.\r\nQUIT\r\n",
                1 << 20);
        assertThat(codes(said)).endsWith("354 go", "452 4.2.2", "250 2.0.0", "221 2.0.0");
        assertThat(store.delivered).containsExactly("jon INBOX a@example.org hi\r\n");
    }

    /** One that may be there already, as a repeated delivery is, is only refused by the storage. */
    @Test
    void announcedMessageThatCannotFitIsRefusedBeforeItComes() throws IOException {
        LmtpServer server = start(settings());
        for (Usage full : List.of(
                new Usage(11, 100, new Quota(10, 0)),
                new Usage(1, 1001, new Quota(0, 1000)),
                new Usage(0, 0, new Quota(0, 99)))) {
            store.use = full;
            String said = talk(
                    server,
                    String.join(
                            "\r\n",
                            "LHLO x",
                            "MAIL FROM:<a@example.org> SIZE=100",
                            "RCPT TO:<quota@x>",
                            "RCPT TO:<jon@x>",
                            "RSET",
                            "MAIL FROM:<a@example.org>",
                            "RCPT TO:<quota@x>",
                            "QUIT",
                            ""),
                    1 << 20);
            assertThat(codes(said))
                    .as("%s", full)
                    .containsExactly(
                            "220 localhost",
                            "250 SIZE",
                            "250 2.1.0",
                            "552 5.2.2",
                            "250 2.1.5",
                            "250 2.0.0",
                            "250 2.1.0",
                            "250 2.1.5",
                            "221 2.0.0");
        }
        store.use = new Usage(10, 950, new Quota(10, 1000));
        assertThat(codes(talk(server, "LHLO x\r\nMAIL FROM:<> SIZE=100\r\nRCPT TO:<quota@x>\r\nQUIT\r\n", 1 << 20)))
                .endsWith("250 2.1.5", "221 2.0.0");
    }

    @Test
    void saysTheSameByteByByte() throws IOException {
        LmtpServer server = start(settings());
        String dialogue = MAIL + "RCPT TO:<jon@x>\r\nDATA\r\n.\r\nNOOP\r\nVRFY jon\r\nEHLO x\r\nHELO x\r\nQUIT\r\n";
        assertThat(talk(server, dialogue, 1)).isEqualTo(talk(server, dialogue, 1 << 20));
        assertThat(store.delivered).hasSize(2).containsOnly("jon INBOX a@example.org ");
    }

    @Test
    void refusesWhatIsOutOfSequenceOrForeign() throws IOException {
        String said = talk(
                start(settings()
                        .withAddressing(new LmtpSettings.Addressing(
                                Set.of("here.example"), "+", false, Optional.of(new UserName("jon"))))),
                "MAIL FROM:<>\r\nEHLO x\r\nHELO x\r\nLHLO x\r\nDATA\r\nMAIL FROM:<> SIZE=99999999999\r\n"
                        + "MAIL FROM:<> BODY=8BITMIME SIZE=10\r\nDATA\r\nRCPT TO:<jon@elsewhere>\r\n"
                        + "RCPT TO:<postmaster>\r\nRCPT TO:<\"jon\"@here.example>\r\nRSET\r\nDATA\r\nBOGUS\r\n"
                        + "x".repeat(5000) + "\r\nQUIT\r\n",
                1 << 20);
        assertThat(codes(said))
                .containsExactly(
                        "220 localhost",
                        "503 5.5.1",
                        "500 5.5.1",
                        "500 5.5.1",
                        "250 SIZE",
                        "503 5.5.1",
                        "552 5.3.4",
                        "250 2.1.0",
                        "503 5.5.1",
                        "550 5.7.1",
                        "250 2.1.5",
                        "250 2.1.5",
                        "250 2.0.0",
                        "503 5.5.1",
                        "500 5.5.1",
                        "500 5.5.2",
                        "221 2.0.0");
        assertThat(store.delivered).isEmpty();
    }

    @Test
    void aDetailNamesAFolderThatExistsElseTheInbox() throws IOException {
        talk(
                start(settings()),
                MAIL + "RCPT TO:<jon+lists@x>\r\nRCPT TO:<jon+none@x>\r\nRCPT TO:<jon+../x@x>\r\n"
                        + "DATA\r\nhi\r\n.\r\nQUIT\r\n",
                1 << 20);
        assertThat(store.delivered)
                .containsExactlyInAnyOrder("jon lists a@example.org hi\r\n", "jon INBOX a@example.org hi\r\n");
    }

    @Test
    void aMessageThatIsCutOffIsNotDelivered() throws IOException {
        LmtpServer server = start(settings());
        talk(server, MAIL + "RCPT TO:<jon@x>\r\nDATA\r\nhalf\r\n", 1 << 20);
        servers.remove(server);
        server.stop().block(LIMIT);
        assertThat(store.delivered).isEmpty();
        assertThat(server.spooledInMemory()).isZero();
    }

    @Test
    void aLargeMessageGoesThroughAFileAndKeepsItsOctets() throws IOException {
        String line = "0123456789abcdef".repeat(4) + "\r\n";
        LmtpServer server = start(settings().withSpooling(new LmtpSettings.Spooling(directory, 16 * 1024, 64 * 1024)));
        String body = line.repeat(50_000);
        String said =
                talk(server, MAIL + "RCPT TO:<jon@x>\r\nRCPT TO:<amy@x>\r\nDATA\r\n" + body + ".\r\nQUIT\r\n", 1 << 16);
        assertThat(codes(said)).endsWith("354 go", "250 2.0.0", "250 2.0.0", "221 2.0.0");
        assertThat(store.delivered)
                .containsExactlyInAnyOrder("jon INBOX a@example.org " + body, "amy INBOX a@example.org " + body);
        try (var left = Files.list(directory)) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void aMessageOverTheLimitIsRefusedForEachRecipientAndTheSessionGoesOn() throws IOException {
        LmtpSettings.Limits limits = new LmtpSettings.Limits(
                1000, 100, 10, Duration.ofMinutes(1), Duration.ofMinutes(1), Duration.ofSeconds(5));
        String said = talk(
                start(settings().withLimits(limits)),
                MAIL + "RCPT TO:<jon@x>\r\nRCPT TO:<amy@x>\r\nDATA\r\n" + "y".repeat(200_000)
                        + "\r\n.\r\nNOOP\r\nQUIT\r\n",
                1 << 16);
        assertThat(codes(said)).endsWith("354 go", "552 5.3.4", "552 5.3.4", "250 2.0.0", "221 2.0.0");
        assertThat(store.delivered).isEmpty();
    }

    @Test
    void theKeyIsRepeatedForARepeatedDeliveryAndMissingWithoutAQueueId() throws IOException {
        LmtpServer server = start(settings());
        String with = "Received: from x by y (Postfix) with SMTP\r\n\tid 4Xyz; Mon, 1 Jan\r\nSubject: a\r\n\r\nb\r\n";
        for (String content : List.of(with, with, "Subject: a\r\n\r\nb\r\n")) {
            talk(server, MAIL + "RCPT TO:<jon@x>\r\nDATA\r\n" + content + ".\r\nQUIT\r\n", 1 << 20);
        }
        List<String> keys = List.copyOf(store.keys);
        assertThat(keys.get(0)).startsWith("lmtp-").isEqualTo(keys.get(1));
        assertThat(keys.get(2)).isEmpty();
    }

    @Test
    void equalMessagesWithTwoDeliveryIdsHaveTwoKeys() throws IOException {
        LmtpServer server = start(settings());
        String content = "Received: from x by y (Postfix) with SMTP\r\n\tid 4Xyz; Mon, 1 Jan\r\n\r\nb\r\n";
        StringBuilder session = new StringBuilder("LHLO mta\r\n");
        for (String id : List.of(" XDELIVERYID=a1", " xdeliveryid=a1", " XDELIVERYID=A1", "")) {
            session.append("MAIL FROM:<>" + id + "\r\nRCPT TO:<jon@x>\r\nDATA\r\n" + content + ".\r\n");
        }
        String said = talk(
                server,
                session + "MAIL FROM:<> XDELIVERYID=\r\nMAIL FROM:<> XDELIVERYID=a-b\r\nMAIL FROM:<> XDELIVERYID="
                        + "x".repeat(65) + "\r\nQUIT\r\n",
                1 << 20);
        assertThat(said).contains("250-XDELIVERYID\r\n");
        assertThat(codes(said)).endsWith("501 5.5.4", "501 5.5.4", "501 5.5.4", "221 2.0.0");
        List<String> keys = List.copyOf(store.keys);
        assertThat(keys).hasSize(4).allMatch(key -> key.startsWith("lmtp-"));
        assertThat(keys.get(1)).isEqualTo(keys.get(0));
        assertThat(keys.stream().distinct()).hasSize(3);
    }

    @Test
    void aUnixSocketIsServedAndAStaleOneReplacedButNotALiveOne() throws IOException {
        Path file = directory.resolve("lmtp.sock");
        try (ServerSocketChannel crashed = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            crashed.bind(UnixDomainSocketAddress.of(file));
        }
        assertThat(file).exists();
        LmtpSettings settings = settings().withAddress(UnixDomainSocketAddress.of(file));
        LmtpServer server = start(settings);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-rw----");
        assertThatThrownBy(() -> LmtpServer.start(settings, store).block(LIMIT))
                .hasMessageContaining("somebody listens");
        assertThat(codes(talk(server, MAIL + "RCPT TO:<jon@x>\r\nDATA\r\nhi\r\n.\r\nQUIT\r\n", 3)))
                .endsWith("250 2.0.0", "221 2.0.0");
        server.stop().block(LIMIT);
        assertThat(file).doesNotExist();
    }

    @Test
    void aStopTellsAnIdleClient() throws IOException {
        LmtpServer server = start(settings());
        try (SocketChannel client = SocketChannel.open(server.address())) {
            ByteBuffer one = ByteBuffer.allocate(1);
            assertThat(client.read(one)).isEqualTo(1);
            servers.remove(server);
            server.stop().subscribe();
            assertThat(new String(Channels.newInputStream(client).readAllBytes(), StandardCharsets.US_ASCII))
                    .contains("421 4.3.2");
        }
        server.onStop().block(LIMIT);
    }

    private LmtpSettings settings() {
        return LmtpSettings.defaults(directory).withAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    private LmtpServer start(LmtpSettings settings) {
        LmtpServer server =
                Objects.requireNonNull(LmtpServer.start(settings, store).block(LIMIT));
        servers.add(server);
        return server;
    }

    /** Sends everything ahead, in slices, ends its side, and reads what comes until the server closes. */
    private static String talk(LmtpServer server, String lines, int slice) throws IOException {
        SocketAddress address = server.address();
        byte[] octets = lines.getBytes(StandardCharsets.ISO_8859_1);
        try (SocketChannel client = SocketChannel.open(address)) {
            for (int at = 0; at < octets.length; at += slice) {
                ByteBuffer piece = ByteBuffer.wrap(octets, at, Math.min(slice, octets.length - at));
                while (piece.hasRemaining()) {
                    client.write(piece);
                }
            }
            client.shutdownOutput();
            return new String(Channels.newInputStream(client).readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    /** The code and the first word of the last line of each reply. */
    private static List<String> codes(String said) {
        return said.lines()
                .filter(line -> line.charAt(3) == ' ')
                .map(line -> line.substring(0, 4) + line.substring(4).split(" ", 2)[0])
                .collect(Collectors.toList());
    }

    /** Remembers what was delivered; some users have trouble. */
    static final class Store implements MailStore, Accounts {
        final ConcurrentLinkedQueue<String> delivered = new ConcurrentLinkedQueue<>();
        /** Of the user who has a quota. */
        volatile Usage use = new Usage(10, 1000, new Quota(10, 1000));

        final ConcurrentLinkedQueue<String> keys = new ConcurrentLinkedQueue<>();

        /** What every delivery waits for. */
        volatile Mono<Void> gate = Mono.empty();

        @Override
        public Accounts accounts() {
            return this;
        }

        @Override
        public Publisher<Account> find(UserName user) {
            if (user.value().equals("dead")) {
                throw new NoClassDefFoundError("made by the test");
            }
            return List.of("jon", "amy", "full", "busy", "broken", "quota", "dying")
                            .contains(user.value())
                    ? Mono.just(new Account(user, "{PLAIN}x", true))
                    : Mono.empty();
        }

        @Override
        public Publisher<Void> deliver(UserName user, FolderName folder, Message message) {
            return switch (user.value()) {
                case "full" -> Mono.error(new StoreException(StoreException.Reason.NO_SPACE, "full"));
                case "quota" -> Mono.error(new StoreException(StoreException.Reason.OVER_QUOTA, "quota"));
                case "busy" -> Mono.error(new StoreException(StoreException.Reason.BUSY, "locked"));
                case "dying" -> throw new OutOfMemoryError("made by the test");
                case "broken" -> Mono.error(new StoreException(StoreException.Reason.CORRUPT, "broken"));
                default -> {
                    keys.add(message.deliveryId().orElse(""));
                    yield gate.thenMany(Flux.from(message.content()))
                            .map(piece ->
                                    StandardCharsets.ISO_8859_1.decode(piece).toString())
                            .collect(Collectors.joining())
                            .doOnNext(content ->
                                    delivered.add(user + " " + folder + " " + message.sender() + " " + content))
                            .then();
                }
            };
        }

        @Override
        public Publisher<Boolean> replace(Account expected, Account replacement) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Publisher<FolderName> folders(UserName user) {
            return Flux.just(FolderName.INBOX, new FolderName("lists"));
        }

        @Override
        public Publisher<Usage> usage(UserName user) {
            return Mono.just(user.value().equals("quota") ? use : new Usage(5, 5000, Quota.UNLIMITED));
        }

        @Override
        public Publisher<Void> put(Account account) {
            return unsupported();
        }

        @Override
        public Publisher<Void> remove(UserName user) {
            return unsupported();
        }

        @Override
        public Publisher<Account> list() {
            return unsupported();
        }

        @Override
        public Publisher<Mailbox> open(UserName user, FolderName folder) {
            return unsupported();
        }

        @Override
        public Publisher<Void> close() {
            return Mono.empty();
        }

        private static <T> Mono<T> unsupported() {
            return Mono.error(new UnsupportedOperationException());
        }
    }
}
