package org.pop2.app.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pop2.protocol.Secret;
import org.pop2.server.Pop2Server;
import org.pop2.server.ServerSettings;
import org.pop2.storage.memory.MemoryMailStore;

/** The load generator against a real server, and against one that lies. */
class LoadTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final int MESSAGES = 30;
    private static final String BODY = "Subject: x\r\n\r\nHello, world\r\n";

    private final Secret password = Secret.of("se cret\\".getBytes(StandardCharsets.US_ASCII));

    @SuppressWarnings("NullAway.Init")
    private Pop2Server server;

    @BeforeEach
    void start() {
        MemoryMailStore store = MemoryMailStore.create();
        for (String user : new String[] {"bench0", "bench1", "bench2"}) {
            store.account(user, "{PLAIN}se cret\\");
            for (int i = 0; i < MESSAGES; i++) {
                store.message(user, "INBOX", BODY.replace("x", user + i));
            }
        }
        ServerSettings settings =
                ServerSettings.defaults().withAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        server = Objects.requireNonNull(Pop2Server.start(settings, store).block(LIMIT));
    }

    @AfterEach
    void stop() {
        server.stop().block(LIMIT);
    }

    private Plan plan(Scenario scenario, int concurrency, int pipeline) {
        return new Plan(
                server.address(),
                "bench%d",
                password,
                scenario,
                concurrency,
                pipeline,
                2,
                Duration.ZERO,
                Duration.ofMillis(700));
    }

    private static Result run(Plan plan) throws IOException {
        return new Load(plan, done -> {}).run();
    }

    @ParameterizedTest
    @CsvSource({"CHURN, 3, 1", "FETCH, 1, 1", "FETCH, 3, 1", "FETCH, 2, 7", "FETCH, 1, 1000", "BIG, 2, 1", "OPEN, 2, 1"
    })
    void whatIsDoneIsCountedAndTimed(Scenario scenario, int concurrency, int pipeline) throws IOException {
        Result result = run(plan(scenario, concurrency, pipeline));

        assertThat(result.firstError()).isEmpty();
        assertThat(result.errors()).isZero();
        assertThat(result.count()).isPositive();
        assertThat(result.seconds()).isBetween(0.7, 10.0);
        assertThat(result.medianMillis()).isPositive().isLessThanOrEqualTo(result.p99Millis());
        if (scenario == Scenario.FETCH || scenario == Scenario.BIG) {
            assertThat(result.octets()).isGreaterThanOrEqualTo(result.count() * BODY.length());
        }
    }

    @Test
    void everythingIsDeletedOnce() throws IOException {
        Result result = run(plan(Scenario.DELETE, 3, 5));
        assertThat(result.errors()).isZero();
        assertThat(result.count()).isEqualTo(3 * MESSAGES);

        Result again = run(plan(Scenario.DELETE, 1, 1));
        assertThat(again.errors()).isEqualTo(1);
        assertThat(again.firstError()).contains("there are 0 messages");
    }

    @Test
    void idleSessionsAreThereUntilTheEnd() throws IOException {
        Result result = run(plan(Scenario.IDLE, 3, 1));
        assertThat(result.errors()).isZero();
        assertThat(result.count()).isEqualTo(3);
    }

    @Test
    void aRefusalIsAnError() throws IOException {
        Plan refused = new Plan(
                server.address(), "nobody", password, Scenario.CHURN, 2, 1, 1, Duration.ZERO, Duration.ofSeconds(5));
        Result result = run(refused);
        assertThat(result.errors()).isEqualTo(2);
        assertThat(result.count()).isZero();
        assertThat(result.firstError()).contains("login failed");
    }

    @ParameterizedTest
    @ValueSource(strings = {"another number", "another message", "garbage", "silence ends"})
    void aServerThatAnswersWronglyIsFoundOut(String how) throws Exception {
        try (ServerSocket listener = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            Thread liar = new Thread(() -> lie(listener, how));
            liar.setDaemon(true);
            liar.start();
            Result result = run(new Plan(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), listener.getLocalPort()),
                    "bench",
                    password,
                    Scenario.FETCH,
                    1,
                    1,
                    1,
                    Duration.ZERO,
                    Duration.ofSeconds(15)));
            assertThat(result.errors()).isEqualTo(1);
            assertThat(result.firstError()).isNotEmpty();
        }
    }

    /** One message, told truly in the first session and not in the second. */
    private static void lie(ServerSocket listener, String how) {
        for (int session = 0; ; session++) {
            try (Socket socket = listener.accept()) {
                BufferedReader in =
                        new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
                boolean lying = session > 0;
                say(socket, "+ POP2 liar\r\n");
                in.readLine();
                say(socket, lying && how.equals("another number") ? "#2\r\n" : "#1\r\n");
                in.readLine();
                say(socket, lying && how.equals("garbage") ? "what?\r\n" : "=5\r\n");
                in.readLine();
                if (lying && how.equals("silence ends")) {
                    continue;
                }
                say(socket, lying ? "Hallo" : "Hello");
                in.readLine();
                say(socket, "=0\r\n");
                in.readLine();
                say(socket, "+ bye\r\n");
            } catch (IOException e) {
                return;
            }
        }
    }

    private static void say(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    }
}
