package org.pop2.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.server.NoLeaks;
import org.pop2.server.ScriptedStore;
import org.pop2.server.TestServer;
import org.pop2.server.Wire;
import org.pop2.storage.memory.MemoryMailStore;
import org.pop2.trace.SessionTranscript.Line;
import org.pop2.trace.SessionTranscript.Who;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Sessions that an operator watches: what is seen of them, and for how long. */
@ExtendWith(NoLeaks.class)
class WatchesTest {
    private static final String MAIL = "Subject: one\r\n\r\nvery private\r\n";

    private static MemoryMailStore store() {
        return MemoryMailStore.create()
                .account("postel", "{PLAIN}secret")
                .message("postel", "INBOX", MAIL)
                .message("postel", "INBOX", MAIL);
    }

    private static long only(TestServer server) {
        return Objects.requireNonNull(server.server().sessions().blockFirst(TestServer.LIMIT))
                .id();
    }

    private static @Nullable SessionTranscript transcript(TestServer server, long id) {
        return server.server().transcript(id).block(TestServer.LIMIT);
    }

    private static List<String> said(TestServer server, long id) {
        return Objects.requireNonNull(transcript(server, id)).lines().stream()
                .map(line -> (line.who() == Who.CLIENT ? "C: " : line.who() == Who.SERVER ? "S: " : "") + line.text())
                .toList();
    }

    @Test
    void whatIsSaidIsSeenFromTheFirstQuestionOnAndMailIsNot() {
        try (TestServer server = TestServer.over(store());
                Wire wire = server.logIn()) {
            wire.ask("READ 2", "=");
            long id = only(server);
            assertThat(said(server, id)).containsExactly("watched from here on, in state ITEM, message 2 of 2");

            wire.send("RETR\r\n");
            wire.octets(MAIL.length());
            wire.ask("ACKD", "=0");
            wire.ask("FOLD m\u00fc\tll", "#0");
            wire.ask("QUIT", "+ bye");
            wire.rest();

            await().until(() -> Objects.requireNonNull(transcript(server, id)).ended());
            assertThat(said(server, id))
                    .containsExactly(
                            "watched from here on, in state ITEM, message 2 of 2",
                            "C: RETR\\r\\n",
                            "message 2 begins: " + MAIL.length() + " octets",
                            "the message is sent",
                            "C: ACKD\\r\\n",
                            "S: =0\\r\\n",
                            "C: FOLD m\\xfc\\tll\\r\\n",
                            "1 message is deleted",
                            "S: #0 messages for you\\r\\n",
                            "C: QUIT\\r\\n",
                            "S: + bye\\r\\n",
                            "the session has ended: quit");
        }
    }

    @Test
    void aPasswordIsSeenAtNoTime() {
        try (TestServer server = TestServer.over(store())) {
            try (Wire wire = server.connect()) {
                wire.expect("+ POP2 ");
                // half a line is under way when somebody begins to watch
                wire.send("HELO postel sec");
                long id = only(server);
                assertThat(said(server, id)).containsExactly("watched from here on, in state AUTH");
                wire.send("ret\r\nFOLD box\r\n");
                wire.expect("#2");
                wire.expect("#0");
                assertThat(said(server, id)).contains("C: HELO postel ***\\r\\n", "C: FOLD box\\r\\n");
            }
            try (Wire wire = server.connect()) {
                wire.expect("+ POP2 ");
                long id = Objects.requireNonNull(server.server()
                                .sessions()
                                .filter(session -> session.user().isEmpty())
                                .blockFirst(TestServer.LIMIT))
                        .id();
                assertThat(said(server, id)).hasSize(1);
                wire.send("HELO postel wrong\nhunter2 hunter2\r\n");
                wire.expect("- ");
                wire.rest();
                await().until(() ->
                        Objects.requireNonNull(transcript(server, id)).ended());
                assertThat(String.join("\n", said(server, id)))
                        .contains("C: HELO *** ***", "S: - login failed")
                        .doesNotContain("postel", "wrong", "hunter2");
            }
        }
    }

    @Test
    void aMessageThatIsCutOffSaysHowFarItCame() {
        ScriptedStore store = new ScriptedStore()
                .mail(1000, "Subject: long\r\n\r\n" + "x".repeat(70).repeat(100_000));
        try (TestServer server = TestServer.over(store);
                Wire wire = server.logIn()) {
            wire.ask("READ 1", "=");
            long id = only(server);
            said(server, id);
            wire.send("RETR\r\n");
            wire.octets(1000);
            assertThat(server.server().kick(id)).isTrue();
            wire.rest();
            await().untilAsserted(() -> assertThat(said(server, id))
                    .anyMatch(line -> line.matches("the message is cut off after \\d+ octets"))
                    .last()
                    .isEqualTo("the session has ended: kicked"));
        }
    }

    @Test
    void thereIsNothingToSeeOfASessionThatIsNotThere() {
        try (TestServer server = TestServer.over(store())) {
            assertThat(transcript(server, 7)).isNull();
            try (Wire wire = server.logIn()) {
                assertThat(transcript(server, only(server) + 1)).isNull();
                wire.ask("QUIT", "+");
            }
        }
    }

    @Test
    void whereTheWholeSessionIsWrittenDownIsTold(@TempDir Path directory) {
        try (TestServer server =
                        TestServer.over(store(), settings -> settings.withTrace(TraceSettings.everything(directory)));
                Wire wire = server.logIn()) {
            assertThat(Objects.requireNonNull(transcript(server, only(server))).file())
                    .hasValueSatisfying(file -> assertThat(file.getParent()).isEqualTo(directory));
            wire.ask("QUIT", "+");
        }
    }

    @Test
    void theLastLinesAreKeptAndLongOnesCut() {
        Watch watch = new Watch(1, true, Optional.empty());
        for (int i = 1; i <= Watch.MOST_LINES + 5; i++) {
            watch.sent(("+ " + i + " " + "\u00ff".repeat(400) + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
        }
        List<Line> lines = watch.transcript().lines();
        assertThat(lines).hasSize(Watch.MOST_LINES);
        assertThat(lines.get(0).number()).isEqualTo(6);
        assertThat(lines)
                .allSatisfy(line -> assertThat(line.text())
                        .hasSize(Watch.MOST_CHARACTERS + 3)
                        .endsWith("..."));
    }

    /** A session that counts how often it is watched. */
    private static final class FakeSession implements Watches.Watched {
        private final long id;
        private final AtomicInteger watched = new AtomicInteger();

        private FakeSession(long id) {
            this.id = id;
        }

        @Override
        public long id() {
            return id;
        }

        @Override
        public Mono<Watch> watch() {
            return Mono.fromSupplier(() -> {
                watched.incrementAndGet();
                return new Watch(id, true, Optional.empty());
            });
        }

        @Override
        public void unwatch() {
            watched.decrementAndGet();
        }
    }

    @Test
    void aSessionIsForgottenWhenNobodyHasAskedForAWhile() {
        VirtualTimeScheduler time = VirtualTimeScheduler.create();
        Watches watches = new Watches(time);
        FakeSession asked = new FakeSession(1);
        FakeSession left = new FakeSession(2);
        assertThat(watches.known(1).block()).isNull();
        watches.begin(asked).block();
        watches.begin(asked).block();
        watches.begin(left).block();
        for (int i = 0; i < 10; i++) {
            time.advanceTimeBy(Duration.ofSeconds(30));
            assertThat(watches.known(1).block()).isNotNull();
        }
        assertThat(asked.watched).hasValue(1);
        assertThat(left.watched).hasValue(0);
        assertThat(watches.known(2).block()).isNull();
        time.advanceTimeBy(Duration.ofMinutes(3));
        assertThat(watches.size()).isZero();
        assertThat(asked.watched).hasValue(0);
        watches.begin(asked).block();
        assertThat(asked.watched).hasValue(1);
        time.dispose();
    }

    @Test
    void onlySoManyAreWatchedAtATime() {
        VirtualTimeScheduler time = VirtualTimeScheduler.create();
        Watches watches = new Watches(time);
        List<FakeSession> sessions = new ArrayList<>();
        for (int i = 0; i <= Watches.MOST; i++) {
            sessions.add(new FakeSession(i));
        }
        sessions.subList(0, Watches.MOST)
                .forEach(session -> watches.begin(session).block());
        assertThatThrownBy(() -> watches.begin(sessions.get(Watches.MOST)))
                .isInstanceOf(TooManyWatchedException.class)
                .hasMessageContaining("16 sessions are watched already");
        time.advanceTimeBy(Duration.ofMinutes(3));
        assertThat(watches.begin(sessions.get(Watches.MOST)).block()).isNotNull();
        time.dispose();
    }

    @Test
    void whatEndsBeforeItIsWatchedTakesNoRoom() {
        VirtualTimeScheduler time = VirtualTimeScheduler.create();
        Watches watches = new Watches(time);
        Watches.Watched gone = new Watches.Watched() {
            @Override
            public long id() {
                return 1;
            }

            @Override
            public Mono<Watch> watch() {
                return Mono.empty();
            }

            @Override
            public void unwatch() {}
        };
        assertThat(watches.begin(gone).block()).isNull();
        assertThat(watches.size()).isZero();
        time.dispose();
    }
}
