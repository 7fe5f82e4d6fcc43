package org.pop2.client;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pop2.client.Pop2ClientException.Reason;
import org.pop2.net.TlsSettings;
import org.pop2.protocol.Secret;
import org.pop2.server.Certificates;
import org.pop2.server.ListenerSettings;
import org.pop2.server.NoLeaks;
import org.pop2.server.TestServer;
import org.pop2.storage.memory.MemoryMailStore;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Mono;

/** The client against the real server, and against servers that do it wrong. */
@ExtendWith(NoLeaks.class)
class Pop2ClientTest {
    private static final String FIRST = "Subject: one\r\n\r\nHello\r\n";
    private static final String SECOND = "Subject: two\r\n\r\n=5\r\n- no reply\r\n\u00e4\u0000\r\n";
    private static final String THIRD = "\r\n";
    private static final Duration SOON = Duration.ofMillis(300);

    @TempDir
    private Path directory;

    private static MemoryMailStore store() {
        return MemoryMailStore.create()
                .account("postel", "{PLAIN}secret word")
                .message("postel", "INBOX", FIRST)
                .message("postel", "INBOX", SECOND)
                .message("postel", "INBOX", THIRD)
                .message("postel", "work", FIRST);
    }

    private static Secret password() {
        return Secret.of("secret word".getBytes(ISO_8859_1));
    }

    private static Pop2Client client(int port) {
        return Pop2Client.of(ClientSettings.of("127.0.0.1", port));
    }

    private static Pop2Client client(TestServer server) {
        return client(server.address().getPort());
    }

    private static Mono<String> text(Pop2Message message) {
        return message.content()
                .map(octets -> {
                    try {
                        return octets.toString(ISO_8859_1);
                    } finally {
                        octets.release();
                    }
                })
                .collect(Collectors.joining());
    }

    /** Reads all of a folder, and says the same of every message. */
    private static List<String> drain(Pop2Client client, Optional<String> folder, Acknowledgement choice) {
        List<String> got = new ArrayList<>();
        Long handled = client.fetch(
                        "postel",
                        password(),
                        folder,
                        message -> text(message).doOnNext(got::add).thenReturn(choice))
                .block(TestServer.LIMIT);
        assertThat(handled).isEqualTo(got.size());
        return got;
    }

    private static Pop2ClientException failure(Mono<?> work) {
        return Objects.requireNonNull(
                catchThrowableOfType(Pop2ClientException.class, () -> work.block(TestServer.LIMIT)));
    }

    private static Mono<Long> drain(int port, ScriptedLimits limits) {
        ClientSettings settings = ClientSettings.of("127.0.0.1", port)
                .withReplyTimeout(limits.reply())
                .withStallTimeout(limits.stall());
        return Pop2Client.of(settings)
                .fetch(
                        "postel",
                        password(),
                        Optional.empty(),
                        message -> text(message).thenReturn(Acknowledgement.DELETE));
    }

    private record ScriptedLimits(Duration reply, Duration stall) {
        static final ScriptedLimits LONG = new ScriptedLimits(TestServer.LIMIT, TestServer.LIMIT);
    }

    @Test
    void keptMessagesComeAgainAndDeletedOnesDoNot() {
        try (TestServer server = TestServer.over(store())) {
            Pop2Client client = client(server);

            assertThat(drain(client, Optional.empty(), Acknowledgement.KEEP)).containsExactly(FIRST, SECOND, THIRD);
            assertThat(drain(client, Optional.of("work"), Acknowledgement.DELETE))
                    .containsExactly(FIRST);
            assertThat(drain(client, Optional.of("work"), Acknowledgement.KEEP)).isEmpty();
            assertThat(drain(client, Optional.empty(), Acknowledgement.DELETE)).containsExactly(FIRST, SECOND, THIRD);
            assertThat(drain(client, Optional.empty(), Acknowledgement.KEEP)).isEmpty();
            await().atMost(TestServer.LIMIT).until(() -> server.server().connections() == 0);
        }
    }

    @Test
    void aMessageThatIsWantedAgainComesAgain() {
        try (TestServer server = TestServer.over(store())) {
            List<String> got = new ArrayList<>();
            AtomicBoolean once = new AtomicBoolean();

            client(server)
                    .fetch(
                            "postel",
                            password(),
                            Optional.empty(),
                            message -> text(message)
                                    .doOnNext(got::add)
                                    .map(text -> message.number() == 2 && once.compareAndSet(false, true)
                                            ? Acknowledgement.AGAIN
                                            : Acknowledgement.KEEP))
                    .block(TestServer.LIMIT);

            assertThat(got).containsExactly(FIRST, SECOND, SECOND, THIRD);
        }
    }

    @Test
    void messagesCanBePassedOverByTheirSizeAndFoldersChanged() {
        try (TestServer server = TestServer.over(store())) {
            List<String> got = new ArrayList<>();
            Pop2Session session = Objects.requireNonNull(
                    client(server).connect("postel", password()).block(TestServer.LIMIT));
            assertThat(session.count()).isEqualTo(3);

            session.messages()
                    .concatMap(
                            message -> message.octets() == SECOND.length()
                                    ? message.keep()
                                    : text(message).doOnNext(got::add).then(message.delete()),
                            1)
                    .then(session.fold("work"))
                    .doOnNext(count -> got.add("work " + count))
                    .then(session.quit())
                    .block(TestServer.LIMIT);

            assertThat(got).containsExactly(FIRST, THIRD, "work 1");
            assertThat(drain(client(server), Optional.empty(), Acknowledgement.KEEP))
                    .containsExactly(SECOND);
        }
    }

    @Test
    void whatIsNotPossibleNowIsRefusedAndTheSessionGoesOn() {
        try (TestServer server = TestServer.over(store())) {
            Pop2Session session = Objects.requireNonNull(
                    client(server).connect("postel", password()).block(TestServer.LIMIT));
            Pop2Message message =
                    Objects.requireNonNull(session.messages().next().block(TestServer.LIMIT));

            assertThatThrownBy(() -> message.delete().block(TestServer.LIMIT))
                    .isInstanceOf(IllegalStateException.class);
            assertThat(text(message).block(TestServer.LIMIT)).isEqualTo(FIRST);
            assertThatThrownBy(() -> text(message).block(TestServer.LIMIT)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> session.quit().block(TestServer.LIMIT)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> session.fold("work").block(TestServer.LIMIT))
                    .isInstanceOf(IllegalStateException.class);
            message.delete().block(TestServer.LIMIT);
            for (String impossible : List.of("", "a\r\nQUIT", "x".repeat(600))) {
                assertThatThrownBy(() -> session.fold(impossible).block(TestServer.LIMIT))
                        .isInstanceOf(IllegalArgumentException.class);
            }
            Pop2Message second =
                    Objects.requireNonNull(session.messages().next().block(TestServer.LIMIT));
            session.fold("work").block(TestServer.LIMIT);
            assertThatThrownBy(() -> text(second).block(TestServer.LIMIT))
                    .as("content of the mailbox before")
                    .isInstanceOf(IllegalStateException.class);
            Pop2Message third = Objects.requireNonNull(session.messages().next().block(TestServer.LIMIT));
            assertThatThrownBy(() -> text(second).block(TestServer.LIMIT))
                    .as("its octets would be those of another message")
                    .isInstanceOf(IllegalStateException.class);
            third.keep().block(TestServer.LIMIT);
            assertThatThrownBy(() -> message.keep().block(TestServer.LIMIT)).isInstanceOf(IllegalStateException.class);
            session.quit().block(TestServer.LIMIT);
            assertThat(failure(session.quit()).reason()).isEqualTo(Reason.CLOSED);
        }
    }

    @Test
    void aSlowReaderHoldsTheServerBack() throws Exception {
        int length = 30_000_000;
        MemoryMailStore store = MemoryMailStore.create()
                .account("postel", "{PLAIN}secret word")
                .message("postel", "INBOX", "x".repeat(length - 2) + "\r\n");
        try (TestServer server = TestServer.over(store)) {
            Pop2Session session = Objects.requireNonNull(
                    client(server).connect("postel", password()).block(TestServer.LIMIT));
            Pop2Message message =
                    Objects.requireNonNull(session.messages().next().block(TestServer.LIMIT));
            AtomicLong octets = new AtomicLong();
            AtomicLong buffers = new AtomicLong();
            CountDownLatch complete = new CountDownLatch(1);
            BaseSubscriber<ByteBuf> reader = new BaseSubscriber<>() {
                @Override
                protected void hookOnSubscribe(org.reactivestreams.Subscription subscription) {
                    subscription.request(1);
                }

                @Override
                protected void hookOnNext(ByteBuf buffer) {
                    octets.addAndGet(buffer.readableBytes());
                    buffers.incrementAndGet();
                    buffer.release();
                }

                @Override
                protected void hookOnComplete() {
                    complete.countDown();
                }
            };
            message.content().subscribe(reader);
            await().atMost(TestServer.LIMIT).until(() -> buffers.get() == 1);
            reader.request(2);
            await().atMost(TestServer.LIMIT).until(() -> buffers.get() == 3);
            assertThat(octets.get()).isLessThan(1_000_000);

            reader.requestUnbounded();
            assertThat(complete.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(octets.get()).isEqualTo(length);
            message.delete().then(session.quit()).block(TestServer.LIMIT);
        }
    }

    @Test
    void whoLeavesOffInTheMiddleClosesAndDeletesNothing() {
        MemoryMailStore store = store().message("postel", "INBOX", "x".repeat(20_000_000) + "\r\n");
        try (TestServer server = TestServer.over(store)) {
            Mono<Long> taking = client(server)
                    .fetch(
                            "postel",
                            password(),
                            Optional.empty(),
                            message -> message.number() < 4
                                    ? text(message).thenReturn(Acknowledgement.DELETE)
                                    : message.content()
                                            .doOnNext(ByteBuf::release)
                                            .next()
                                            .thenReturn(Acknowledgement.DELETE));
            assertThat(failure(taking).reason()).isEqualTo(Reason.CLOSED);
            await().atMost(TestServer.LIMIT).until(() -> server.server().connections() == 0);

            Disposable cancelled = client(server)
                    .fetch(
                            "postel",
                            password(),
                            Optional.empty(),
                            message -> message.number() < 4
                                    ? text(message).thenReturn(Acknowledgement.DELETE)
                                    : Mono.never())
                    .subscribe();
            await().atMost(TestServer.LIMIT).until(() -> server.server().connections() == 1);
            cancelled.dispose();
            await().atMost(TestServer.LIMIT).until(() -> server.server().connections() == 0);

            Mono<Long> failing = client(server)
                    .fetch(
                            "postel",
                            password(),
                            Optional.empty(),
                            message -> message.number() < 3
                                    ? text(message).thenReturn(Acknowledgement.DELETE)
                                    : Mono.error(new IOException("no space left")));
            assertThatThrownBy(() -> failing.block(TestServer.LIMIT)).hasMessageContaining("no space left");
            await().atMost(TestServer.LIMIT).until(() -> server.server().connections() == 0);
            assertThat(drain(client(server), Optional.empty(), Acknowledgement.KEEP))
                    .hasSize(4);
        }
    }

    @Test
    void aWrongPasswordIsALoginRefusedAndIsNotShown() {
        try (TestServer server = TestServer.over(store())) {
            Pop2ClientException failure =
                    failure(client(server).connect("postel", Secret.of("hush-hush".getBytes(ISO_8859_1))));
            assertThat(failure.reason()).isEqualTo(Reason.LOGIN_REFUSED);
            assertThat(failure).hasMessageNotContaining("hush-hush");
        }
    }

    @Test
    void namesAndPasswordsThatFitInNoLineAreRefusedBeforeConnecting() {
        Pop2Client nowhere = client(1);
        for (String wrong : List.of("", "a\r\nQUIT", "x".repeat(600), "a\0b")) {
            assertThatThrownBy(() -> nowhere.connect("postel", Secret.of(wrong.getBytes(ISO_8859_1)))
                            .block(TestServer.LIMIT))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> nowhere.connect(wrong, password()).block(TestServer.LIMIT))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void nobodyListens() throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        assertThat(failure(client(port).connect("postel", password())).reason()).isEqualTo(Reason.UNREACHABLE);
    }

    static Stream<Arguments> misbehaviours() {
        String five = "#1\r\n";
        return Stream.of(
                wrong("drop before the greeting", Reason.DISCONNECTED, peer -> {}),
                wrong("refused at the greeting", Reason.REFUSED, peer -> peer.say("- too many\r\n")),
                wrong(
                        "POP3",
                        Reason.NOT_POP2,
                        peer -> peer.say("+OK POP3 ready\r\n").untilClosed()),
                wrong(
                        "HTTP",
                        Reason.NOT_POP2,
                        peer -> peer.say("HTTP/1.0 400 Bad\r\n\r\n").untilClosed()),
                wrong(
                        "an endless greeting",
                        Reason.NOT_POP2,
                        peer -> peer.say("+ POP2 " + "x".repeat(100_000)).untilClosed()),
                wrong(
                        "TLS in place of a greeting",
                        Reason.NOT_POP2,
                        peer -> peer.say("\u0016\u0003\u0001\u0000").untilClosed()),
                wrong("- to HELO", Reason.LOGIN_REFUSED, peer -> {
                    peer.say("+ POP2 x\r\n");
                    peer.say("- no\r\n+ Sayonara\r\n").untilClosed();
                }),
                wrong("garbage in place of a count", Reason.PROTOCOL_ERROR, peer -> {
                    peer.say("+ POP2 x\r\n").hear("HELO postel secret\\ word");
                    peer.say("#many\r\n").untilClosed();
                }),
                wrong("+ to HELO", Reason.PROTOCOL_ERROR, peer -> {
                    peer.say("+ POP2 x\r\n").hear("HELO postel secret\\ word");
                    peer.say("+ welcome\r\n").untilClosed();
                }),
                wrong("no mail in place of a length", Reason.PROTOCOL_ERROR, peer -> {
                    peer.logIn(1).hear("READ 1").say("+ No mail\r\n").untilClosed();
                }),
                wrong("drop after the login", Reason.DISCONNECTED, peer -> peer.logIn(1)),
                wrong("- to READ", Reason.REFUSED, peer -> {
                    peer.logIn(1).hear("READ 1").say("- no\r\n").untilClosed();
                }),
                wrong("a count in place of a length", Reason.PROTOCOL_ERROR, peer -> {
                    peer.logIn(1).hear("READ 1").say(five).untilClosed();
                }),
                wrong("an endless reply", Reason.PROTOCOL_ERROR, peer -> {
                    peer.logIn(1)
                            .hear("READ 1")
                            .say("=5 " + "y".repeat(100_000))
                            .untilClosed();
                }),
                wrong("a length that fits no number", Reason.PROTOCOL_ERROR, peer -> {
                    peer.logIn(1)
                            .hear("READ 1")
                            .say("=" + "9".repeat(40) + "\r\n")
                            .untilClosed();
                }),
                wrong("a negative length", Reason.PROTOCOL_ERROR, peer -> {
                    peer.logIn(1).hear("READ 1").say("=-5\r\n").untilClosed();
                }),
                wrong("octets before RETR", Reason.PROTOCOL_ERROR, peer -> {
                    peer.logIn(1).hear("READ 1").say("=5\r\nabc\r\n").untilClosed();
                }),
                wrong("too many octets", Reason.PROTOCOL_ERROR, peer -> {
                    peer.logIn(1).hear("READ 1").say("=5\r\n").hear("RETR").say("abc\r\nd\r\n");
                    peer.untilClosed();
                }),
                wrong("too few octets, then the end", Reason.DISCONNECTED, peer -> {
                    peer.logIn(1).hear("READ 1").say("=5\r\n").hear("RETR").say("abc\r");
                }),
                wrong("- to RETR of ten", Reason.DISCONNECTED, peer -> {
                    peer.logIn(1).hear("READ 1").say("=10\r\n").hear("RETR").say("- no\r\n");
                }));
    }

    private static Arguments wrong(String what, Reason reason, ScriptedServer.Script script) {
        return Arguments.of(what, reason, script);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("misbehaviours")
    void aServerThatBreaksTheProtocolIsLeftWithoutAnAcknowledgement(
            String what, Reason reason, ScriptedServer.Script script) throws Exception {
        try (ScriptedServer server = ScriptedServer.of(script)) {
            assertThat(failure(drain(server.port(), ScriptedLimits.LONG)).reason())
                    .as(what)
                    .isEqualTo(reason);
            assertThat(server.failures()).isEmpty();
            assertThat(server.heard()).doesNotContain("ACKD", "QUIT");
        }
    }

    /** KA9Q NOS and JNOS; they do not know FOLD, and not at all before there is a mailbox. */
    @Test
    void noMailIsAnEmptyMailbox() throws Exception {
        ScriptedServer.Script start = peer -> peer.say("+ POP2 ka9q KA9Q\r\n")
                .hear("HELO postel secret\\ word")
                .say("+ No mail, sorry\r\n");
        try (ScriptedServer server = ScriptedServer.of(
                peer -> {
                    start.run(peer);
                    peer.hear("QUIT").say("+ bye\r\n");
                },
                peer -> {
                    start.run(peer);
                    peer.hear("FOLD work").say("- NOTHING to read\r\n");
                })) {
            assertThat(drain(client(server.port()), Optional.empty(), Acknowledgement.DELETE))
                    .isEmpty();
            assertThat(failure(client(server.port()).fetch("postel", password(), Optional.of("work"), message -> {
                                throw new AssertionError("there is no message");
                            }))
                            .reason())
                    .isEqualTo(Reason.REFUSED);
            assertThat(server.failures()).isEmpty();
        }
    }

    @Test
    void octetsThatComeLateMakeTheDeletionVoid() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(peer -> {
            peer.logIn(1).hear("READ 1").say("=5\r\n").hear("RETR").say("abc\r\n");
            peer.hear("ACKD").say("de\r\n=0\r\n").untilClosed();
        })) {
            assertThat(failure(drain(server.port(), ScriptedLimits.LONG)).reason())
                    .isEqualTo(Reason.PROTOCOL_ERROR);
            assertThat(server.failures()).isEmpty();
            assertThat(server.heard()).doesNotContain("QUIT");
        }
    }

    static Stream<Arguments> silences() {
        return Stream.of(
                wrong("no greeting", Reason.TIMED_OUT, ScriptedServer.Peer::untilClosed),
                wrong(
                        "half a greeting",
                        Reason.TIMED_OUT,
                        peer -> peer.say("+ POP2 ").untilClosed()),
                wrong(
                        "no answer to HELO",
                        Reason.TIMED_OUT,
                        peer -> peer.say("+ POP2 x\r\n").untilClosed()),
                wrong(
                        "no answer to READ",
                        Reason.TIMED_OUT,
                        peer -> peer.logIn(1).untilClosed()),
                wrong("no content", Reason.TIMED_OUT, peer -> {
                    peer.logIn(1).hear("READ 1").say("=5\r\n").untilClosed();
                }),
                wrong("half the content", Reason.TIMED_OUT, peer -> {
                    peer.logIn(1).hear("READ 1").say("=5\r\n").hear("RETR").say("ab");
                    peer.untilClosed();
                }),
                wrong("no answer to QUIT", Reason.UNCONFIRMED, peer -> {
                    peer.logIn(0).hear("QUIT").untilClosed();
                }));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("silences")
    void aSilentServerIsGivenUp(String what, Reason reason, ScriptedServer.Script script) throws Exception {
        try (ScriptedServer server = ScriptedServer.of(script)) {
            assertThat(failure(drain(server.port(), new ScriptedLimits(SOON, SOON)))
                            .reason())
                    .as(what)
                    .isEqualTo(reason);
            assertThat(server.failures()).isEmpty();
            assertThat(server.heard()).doesNotContain("ACKD");
        }
    }

    /** As JNOS counts and sends; the end of the last message is that line twice, which it counts, too. */
    private static final String OF_JNOS = "From jkr Mon Nov 30 01:02:03 2026\nSubject: one\n\nHello\nHello\n";

    private static long asJnosCounts(String message) {
        return message.length() + message.chars().filter(c -> c == '\n').count();
    }

    @Test
    void aServerThatCountsMoreThanItsLineFeedsIsKnown() throws Exception {
        for (boolean hangsUp : List.of(false, true)) {
            try (ScriptedServer server = ScriptedServer.of(peer -> {
                peer.logIn(1).hear("READ 1").say("=" + asJnosCounts(OF_JNOS) + " characters in Message #1\n");
                peer.hear("RETR").say(OF_JNOS);
                if (!hangsUp) {
                    peer.untilClosed();
                }
            })) {
                Pop2ClientException failure = failure(drain(server.port(), new ScriptedLimits(SOON, SOON)));
                assertThat(failure.reason()).isEqualTo(Reason.COUNTS_CRLF);
                assertThat(failure).hasMessageContaining("JNOS").hasMessageContaining("5 octets");
                assertThat(server.heard()).doesNotContain("ACKD", "ACKS", "NACK");
            }
        }
    }

    @Test
    void aMessageThatIsShortByAnotherNumberIsNoneOfThem() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(peer -> {
            peer.logIn(1).hear("READ 1").say("=" + (asJnosCounts(OF_JNOS) + 1) + "\n");
            peer.hear("RETR").say(OF_JNOS).untilClosed();
        })) {
            assertThat(failure(drain(server.port(), new ScriptedLimits(SOON, SOON)))
                            .reason())
                    .isEqualTo(Reason.TIMED_OUT);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 1000})
    void lineFeedsAreCountedAsLineEndsIfItIsAskedFor(int piece) throws Exception {
        String mixed = "a\r\nb\n\n\rc\r\r\n\n";
        try (ScriptedServer server = ScriptedServer.of(peer -> {
            peer.logIn(2).hear("READ 1").say("=" + asJnosCounts(OF_JNOS) + "\n").hear("RETR");
            for (int at = 0; at < OF_JNOS.length(); at += piece) {
                peer.say(OF_JNOS.substring(at, Math.min(at + piece, OF_JNOS.length())));
            }
            peer.hear("ACKS").say("=" + (mixed.length() + 3) + "\n").hear("RETR");
            for (int at = 0; at < mixed.length(); at += piece) {
                peer.say(mixed.substring(at, Math.min(at + piece, mixed.length())));
            }
            peer.hear("ACKS")
                    .say("=0 No more messages in this folder\n")
                    .hear("QUIT")
                    .say("+ Bye\n");
        })) {
            List<String> fetched = new ArrayList<>();
            Long handled = Pop2Client.of(
                            ClientSettings.of("127.0.0.1", server.port()).withCountLineFeeds(true))
                    .fetch(
                            "postel",
                            password(),
                            Optional.empty(),
                            message -> text(message).doOnNext(fetched::add).thenReturn(Acknowledgement.KEEP))
                    .block(TestServer.LIMIT);
            assertThat(server.failures()).isEmpty();
            assertThat(handled).isEqualTo(2);
            assertThat(fetched).containsExactly(OF_JNOS.replace("\n", "\r\n"), "a\r\nb\r\n\r\n\rc\r\r\n\r\n");
        }
    }

    @Test
    void aMessageThatEndsWithinALineEndIsRefused() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(peer -> {
            peer.logIn(1).hear("READ 1").say("=3\n").hear("RETR").say("ab\n").untilClosed();
        })) {
            ClientSettings settings =
                    ClientSettings.of("127.0.0.1", server.port()).withCountLineFeeds(true);
            assertThat(failure(Pop2Client.of(settings)
                                    .fetch(
                                            "postel",
                                            password(),
                                            Optional.empty(),
                                            message -> text(message).thenReturn(Acknowledgement.KEEP)))
                            .reason())
                    .isEqualTo(Reason.PROTOCOL_ERROR);
        }
    }

    @Test
    void aSlowReaderIsNoStall() throws Exception {
        ScriptedLimits limits = new ScriptedLimits(TestServer.LIMIT, SOON);
        try (ScriptedServer server = ScriptedServer.of(peer -> {
            peer.logIn(1).hear("READ 1").say("=5\r\n").hear("RETR").say("ab").say("c\r\n");
            peer.hear("ACKS").say("=0\r\n").hear("QUIT").say("+ bye\r\n");
        })) {
            Function<Pop2Message, Mono<Acknowledgement>> slow = message -> message.content()
                    .doOnNext(ByteBuf::release)
                    .limitRate(1)
                    .delayElements(SOON.multipliedBy(2))
                    .then(Mono.delay(SOON.multipliedBy(2)))
                    .thenReturn(Acknowledgement.KEEP);
            Long handled = Pop2Client.of(
                            ClientSettings.of("127.0.0.1", server.port()).withStallTimeout(limits.stall()))
                    .fetch("postel", password(), Optional.empty(), slow)
                    .block(TestServer.LIMIT);
            assertThat(handled).isEqualTo(1);
            assertThat(server.failures()).isEmpty();
        }
    }

    @Test
    void aRefusedOrLostQuitLeavesDeletionsUncertain() throws Exception {
        for (String answer : List.of("", "=5\r\n", "- cannot delete\r\n")) {
            try (ScriptedServer server = ScriptedServer.of(peer -> {
                peer.logIn(1).hear("READ 1").say("=5\r\n").hear("RETR").say("abc\r\n");
                peer.hear("ACKD").say("=0\r\n").hear("QUIT").say(answer);
            })) {
                assertThat(failure(drain(server.port(), ScriptedLimits.LONG)).reason())
                        .isEqualTo(answer.startsWith("-") ? Reason.REFUSED : Reason.UNCONFIRMED);
                assertThat(server.failures()).isEmpty();
            }
        }
    }

    @Test
    void expungedMessagesArePassedOverAndNothingBeyondTheCountIsAskedFor() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(peer -> {
            peer.logIn(7).hear("FOLD work").say("#4 messages\r\n");
            peer.hear("READ 1").say("=0\r\n").hear("READ 2").say("=5\r\n");
            peer.hear("RETR").say("abc\r\n").hear("ACKD").say("=0\r\n");
            peer.hear("READ 4").say("=2 octets\r\n").hear("RETR").say("\r\n");
            peer.hear("ACKD").say("=77\r\n").hear("QUIT").say("+ Sayonara\r\n");
        })) {
            assertThat(drain(client(server.port()), Optional.of("work"), Acknowledgement.DELETE))
                    .containsExactly("abc\r\n", "\r\n");
            assertThat(server.failures()).isEmpty();
        }
    }

    @Test
    void thousandsOfExpungedMessagesAreNoDeeperThanOne() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(peer -> {
            peer.logIn(20_000);
            for (int number = 1; number <= 20_000; number++) {
                peer.hear("READ " + number).say("=0\r\n");
            }
            peer.hear("QUIT").say("+\r\n");
        })) {
            assertThat(drain(client(server.port()), Optional.empty(), Acknowledgement.DELETE))
                    .isEmpty();
            assertThat(server.failures()).isEmpty();
        }
    }

    @Test
    void aServersWordsAreMadeHarmless() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(peer -> peer.say("- \u001b[2Jbad\u0007\r\n"))) {
            assertThat(failure(drain(server.port(), ScriptedLimits.LONG)))
                    .hasMessageContaining("bad")
                    .hasMessageNotContaining("\u001b")
                    .hasMessageNotContaining("\u0007");
        }
    }

    @Test
    void aTrustedCertificateOfTheRightNameIsNeeded() {
        Certificates known = Certificates.create();
        Certificates unknown = Certificates.create();
        try (TestServer server = TestServer.over(
                store(),
                settings -> settings.withListeners(List.of(
                        ListenerSettings.plain("tls", new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                                .withTls(known.server(directory)))))) {
            int port = server.address().getPort();
            ClientTls trust = ClientTls.trusting(known.file(directory));
            ClientSettings named = ClientSettings.of("localhost", port);

            assertThat(drain(Pop2Client.of(named.withTls(trust)), Optional.empty(), Acknowledgement.KEEP))
                    .containsExactly(FIRST, SECOND, THIRD);
            assertThat(failure(Pop2Client.of(named.withTls(ClientTls.ofSystem()))
                                    .connect("postel", password()))
                            .reason())
                    .isEqualTo(Reason.TLS);
            assertThat(failure(Pop2Client.of(named.withTls(ClientTls.trusting(unknown.file(directory))))
                                    .connect("postel", password()))
                            .reason())
                    .isEqualTo(Reason.TLS);
            ClientTls right = ClientTls.trusting(known.file(directory));
            assertThat(failure(Pop2Client.of(
                                            ClientSettings.of("127.0.0.1", port).withTls(right))
                                    .connect("postel", password()))
                            .reason())
                    .as("the certificate is of localhost")
                    .isEqualTo(Reason.TLS);
            assertThat(failure(Pop2Client.of(named.withTls(ClientTls.trusting(directory.resolve("none"))))
                                    .connect("postel", password()))
                            .reason())
                    .isEqualTo(Reason.TLS);
        }
    }

    @Test
    void aServerThatWantsACertificateGetsTheClients() {
        Certificates known = Certificates.create();
        Path authority = known.file(directory);
        try (TestServer server = TestServer.over(
                store(),
                settings -> settings.withListeners(List.of(
                        ListenerSettings.plain("tls", new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                                .withTls(known.server(directory)
                                        .withClientCertificate(TlsSettings.ClientCertificate.REQUIRED, authority)))))) {
            ClientSettings named =
                    ClientSettings.of("localhost", server.address().getPort());
            ClientTls none = ClientTls.trusting(authority);
            TlsSettings own = known.client(directory, "postel");
            ClientTls shown = none.withCertificate(own.certificate(), own.key());

            assertThat(drain(Pop2Client.of(named.withTls(shown)), Optional.empty(), Acknowledgement.KEEP))
                    .containsExactly(FIRST, SECOND, THIRD);
            assertThat(failure(Pop2Client.of(named.withTls(none)).connect("postel", password())))
                    .hasMessageContaining("certificate")
                    .extracting(Pop2ClientException::reason)
                    .isEqualTo(Reason.TLS);
            assertThat(failure(Pop2Client.of(named.withTls(none.withCertificate(own.certificate(), own.certificate())))
                            .connect("postel", password())))
                    .hasMessageContaining(directory.toString())
                    .extracting(Pop2ClientException::reason)
                    .isEqualTo(Reason.TLS);
        }
    }

    @Test
    void aServerWithoutTlsIsNoTlsServer() throws Exception {
        try (ScriptedServer server =
                ScriptedServer.of(peer -> peer.say("+ POP2 in clear\r\n").untilClosed())) {
            ClientSettings settings =
                    ClientSettings.of("localhost", server.port()).withTls(ClientTls.ofSystem());
            assertThat(failure(Pop2Client.of(settings).connect("postel", password()))
                            .reason())
                    .isEqualTo(Reason.TLS);
        }
    }
}
