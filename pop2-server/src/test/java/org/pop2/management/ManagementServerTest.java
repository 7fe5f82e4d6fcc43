package org.pop2.management;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.read.ListAppender;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pop2.auth.Authenticator;
import org.pop2.server.Pop2Server;
import org.pop2.server.ServerSettings;
import org.pop2.server.TestServer;
import org.pop2.server.Wire;
import org.pop2.storage.Accounts;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreMetrics;
import org.pop2.storage.memory.MemoryMailStore;
import org.pop2.storage.tck.broken.ForwardingStore;
import org.pop2.trace.TraceSettings;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

/** The listener for operators, asked over real HTTP on loopback. */
class ManagementServerTest {
    private static final String TOKEN = "correct-horse-battery";

    private final Store store = new Store();
    /** Of a storage that somebody has wrapped: what it measures is kept. */
    private final Metrics metrics = new Metrics(new org.pop2.storage.support.ForwardingStore(store));

    private final AtomicInteger reloads = new AtomicInteger();
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(TestServer.LIMIT)
            .build();
    private final List<Wire> wires = new ArrayList<>();
    private Pop2Server server = serve();
    private ManagementServer management = manage(Optional.of(AccessToken.of(TOKEN)));

    /** A storage that can be made to fail, and that tells a number. */
    private static final class Store extends ForwardingStore implements StoreMetrics {
        private final AtomicBoolean down = new AtomicBoolean();
        private final AtomicInteger asked = new AtomicInteger();

        Store() {
            super(MemoryMailStore.create()
                    .account("postel", "{PLAIN}secret")
                    .message("postel", "INBOX", "Subject: one\r\n\r\nHello\r\n")
                    .message("postel", "INBOX", "Subject: two\r\n\r\nHello\r\n"));
        }

        @Override
        public Accounts accounts() {
            asked.incrementAndGet();
            if (down.get()) {
                throw new StoreException(StoreException.Reason.UNAVAILABLE, "the disk is gone");
            }
            return super.accounts();
        }

        @Override
        public Optional<StoreMetrics> metrics() {
            return Optional.of(this);
        }

        @Override
        public List<Measure> measures() {
            return List.of(
                    new Measure("pool.connections", "Connections that are open", Kind.GAUGE, () -> 7),
                    new Measure("takeovers", "Mailboxes that were taken over", Kind.COUNTER, () -> 3));
        }
    }

    private Pop2Server serve() {
        return serve(settings -> settings);
    }

    private Pop2Server serve(UnaryOperator<ServerSettings> more) {
        ServerSettings settings = ServerSettings.defaults()
                .withHostName("test.example")
                .withAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        return Objects.requireNonNull(
                Pop2Server.start(more.apply(settings), Authenticator.Settings.defaults(), store, metrics)
                        .block(TestServer.LIMIT));
    }

    private ManagementServer manage(Optional<AccessToken> token) {
        return Objects.requireNonNull(ManagementServer.start(
                        new ManagementSettings(
                                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), token, "1.2.3"),
                        server,
                        Optional.empty(),
                        store,
                        metrics,
                        () -> Mono.fromSupplier(() -> {
                            reloads.incrementAndGet();
                            return new Reload.Result(reloads.get() == 1, List.of("listen.port: needs a restart"));
                        }))
                .block(TestServer.LIMIT));
    }

    @BeforeEach
    void listens() {
        assertThat(management.address().getAddress().isLoopbackAddress()).isTrue();
    }

    @AfterEach
    void stop() {
        wires.forEach(Wire::close);
        management.stop().block(TestServer.LIMIT);
        server.stop().block(TestServer.LIMIT);
    }

    private HttpResponse<String> ask(String method, String path, String... headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + management.address().getPort() + path))
                .timeout(TestServer.LIMIT)
                .method(method, HttpRequest.BodyPublishers.noBody());
        if (headers.length > 0) {
            request.headers(headers);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> asOperator(String method, String path) throws IOException, InterruptedException {
        return ask(method, path, "Authorization", "Bearer " + TOKEN);
    }

    private Wire logIn() {
        Wire wire = Wire.to(server.address());
        wires.add(wire);
        wire.expect("+ POP2 ");
        wire.send("HELO postel secret\r\n");
        wire.expect("#");
        return wire;
    }

    /** What the server answers to octets that no client library would send. */
    private String raw(String request) throws IOException {
        try (Socket socket = new Socket(
                management.address().getAddress(), management.address().getPort())) {
            socket.setSoTimeout((int) TestServer.LIMIT.toMillis());
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            InputStream in = socket.getInputStream();
            return new String(in.readNBytes(12), StandardCharsets.ISO_8859_1);
        }
    }

    private double metric(String line) throws IOException, InterruptedException {
        String text = ask("GET", "/metrics").body();
        Matcher matcher =
                Pattern.compile("(?m)^" + Pattern.quote(line) + " (\\S+)$").matcher(text);
        assertThat(matcher.find()).as("%s in%n%s", line, text).isTrue();
        return Double.parseDouble(matcher.group(1));
    }

    // ---- health

    @Test
    void aLiveServerSaysSo() throws Exception {
        assertThat(ask("GET", "/health/live").statusCode()).isEqualTo(200);
        assertThat(ask("GET", "/health/live").body()).isEqualTo("{\"status\":\"up\"}\n");
        HttpResponse<String> head = ask("HEAD", "/health/live");
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.body()).isEmpty();
    }

    @Test
    void aServerIsReadyWhenStorageAndListenersAreThere() throws Exception {
        assertThat(ask("GET", "/health/ready").statusCode()).isEqualTo(200);
        assertThat(ask("GET", "/health/ready").body())
                .isEqualTo("{\"status\":\"up\",\"storage\":true,\"listeners\":true}\n");
    }

    @Test
    void aStorageThatFailsMakesItUnreadyNotDead() throws Exception {
        store.down.set(true);
        HttpResponse<String> ready = ask("GET", "/health/ready");
        assertThat(ready.statusCode()).isEqualTo(503);
        assertThat(ready.body()).contains("\"storage\":false");
        assertThat(ask("GET", "/health/live").statusCode()).isEqualTo(200);
        store.down.set(false);
        await().atMost(TestServer.LIMIT).until(() -> ask("GET", "/health/ready").statusCode() == 200);
    }

    @Test
    void whoAsksOftenDoesNotMakeTheStorageWork() throws Exception {
        ask("GET", "/health/ready");
        int asked = store.asked.get();
        for (int i = 0; i < 20; i++) {
            ask("GET", "/health/ready");
        }
        // one more if the 2 s for which an answer is kept went by
        assertThat(store.asked.get()).isLessThan(asked + 20);
    }

    @Test
    void aServerThatStopsIsNotReady() throws Exception {
        server.stop().block(TestServer.LIMIT);
        assertThat(ask("GET", "/health/ready").statusCode()).isEqualTo(503);
        assertThat(ask("GET", "/health/ready").body()).contains("\"listeners\":false");
    }

    // ---- metrics

    @Test
    void whatSessionsDoIsCounted() throws Exception {
        Wire wire = logIn();
        assertThat(metric("pop2_sessions{state=\"mbox\"}")).isEqualTo(1);
        assertThat(metric("pop2_connections")).isEqualTo(1);
        wire.send("READ 1\r\n");
        wire.expect("=");
        wire.send("RETR\r\n");
        for (int line = 0; line < 3; line++) {
            wire.line();
        }
        wire.send("ACKD\r\n");
        wire.expect("=");
        wire.send("QUIT\r\n");
        wire.expect("+ ");
        wire.close();

        await().atMost(TestServer.LIMIT).until(() -> metric("pop2_sessions_ended_total{reason=\"quit\"}") == 1);
        assertThat(metric("pop2_logins_total{result=\"accepted\"}")).isEqualTo(1);
        assertThat(metric("pop2_commands_total{command=\"retr\"}")).isEqualTo(1);
        assertThat(metric("pop2_commands_total{command=\"helo\"}")).isEqualTo(1);
        assertThat(metric("pop2_messages_sent_total")).isEqualTo(1);
        assertThat(metric("pop2_messages_deleted_total")).isEqualTo(1);
        assertThat(metric("pop2_sent_octets_total")).isGreaterThan(23);
        assertThat(metric("pop2_received_octets_total")).isGreaterThan(20);
        assertThat(metric("pop2_release_seconds_count{result=\"deleted\"}")).isEqualTo(1);
        for (String state : List.of("auth", "mbox", "item", "next", "done")) {
            assertThat(metric("pop2_sessions{state=\"" + state + "\"}"))
                    .as(state)
                    .isZero();
        }
    }

    @Test
    void refusalsAndWrongProtocolsAndDiscardedMarksAreCounted() throws Exception {
        Wire web = Wire.to(server.address());
        wires.add(web);
        web.expect("+ POP2 ");
        web.send("GET / HTTP/1.1\r\n");
        web.expect("- ");
        Wire guesser = Wire.to(server.address());
        wires.add(guesser);
        guesser.expect("+ POP2 ");
        guesser.send("HELO postel wrong\r\n");
        guesser.expect("- ");
        Wire dropper = logIn();
        dropper.send("READ 1\r\nRETR\r\n");
        for (int line = 0; line < 4; line++) {
            dropper.line();
        }
        dropper.send("ACKD\r\n");
        dropper.expect("=");
        dropper.close();

        await().atMost(TestServer.LIMIT).until(() -> metric("pop2_sessions_discarded_total") == 1);
        assertThat(metric("pop2_messages_discarded_total")).isEqualTo(1);
        assertThat(metric("pop2_wrong_protocol_total{protocol=\"http\"}")).isEqualTo(1);
        assertThat(metric("pop2_logins_total{result=\"refused\"}")).isEqualTo(1);
        assertThat(metric("pop2_release_seconds_count{result=\"kept\"}")).isEqualTo(1);
    }

    @Test
    void everyNameIsThereFromTheStartAndNoneTellsAUser() throws Exception {
        Wire wire = logIn();
        wire.send("FOLD secret-folder\r\n");
        wire.expect("#");
        String text = ask("GET", "/metrics").body();
        assertThat(text)
                .contains("pop2_refused_connections_total{reason=\"address\"} 0.0")
                .contains("pop2_lmtp_recipients_total{result=\"delivered\"} 0.0")
                .contains("pop2_sessions_ended_total{reason=\"mailbox-lost\"} 0.0")
                .contains("pop2_release_seconds_bucket{result=\"deleted\",le=\"0.1\"} 0")
                .contains("pop2_storage_pool_connections 7.0")
                .contains("pop2_storage_takeovers_total 3.0")
                .contains("jvm_memory_used_bytes");
        assertThat(text)
                .doesNotContain("postel")
                .doesNotContain("secret-folder")
                .doesNotContain("127.0.0.1");
    }

    @Test
    void oneConnectionIsAnsweredAgainAndAgain() throws Exception {
        for (int request = 0; request < 300; request++) {
            assertThat(ask("GET", request % 2 == 0 ? "/metrics" : "/health/ready")
                            .statusCode())
                    .as("request %d", request)
                    .isEqualTo(200);
        }
    }

    // ---- sessions

    @Test
    void sessionsAreListedWithTheTokenOnly() throws Exception {
        Wire wire = logIn();
        wire.send("READ 2\r\n");
        wire.expect("=");

        HttpResponse<String> without = ask("GET", "/sessions");
        assertThat(without.statusCode()).isEqualTo(401);
        assertThat(without.headers().firstValue("WWW-Authenticate")).hasValue("Bearer");
        assertThat(without.body()).doesNotContain("postel");
        assertThat(ask("GET", "/sessions", "Authorization", "Bearer " + TOKEN + "x")
                        .statusCode())
                .isEqualTo(401);
        assertThat(ask("GET", "/sessions", "Authorization", TOKEN).statusCode()).isEqualTo(401);

        String sessions = asOperator("GET", "/sessions").body();
        assertThat(sessions)
                .startsWith("{\"connections\":1,\"sessions\":[{\"id\":")
                .contains(
                        "\"user\":\"postel\"",
                        "\"state\":\"item\"",
                        "\"folder\":\"INBOX\"",
                        "\"message\":2",
                        "\"messages\":2",
                        "\"address\":\"127.0.0.1:");
    }

    @Test
    void aKickedSessionIsToldAndKeepsItsMail() throws Exception {
        Wire wire = logIn();
        wire.send("READ 1\r\nRETR\r\n");
        for (int line = 0; line < 4; line++) {
            wire.line();
        }
        wire.send("ACKD\r\n");
        wire.expect("=");
        String id = asOperator("GET", "/sessions").body().replaceAll("(?s).*\"id\":(\\d+).*", "$1");

        assertThat(ask("DELETE", "/sessions/" + id).statusCode()).isEqualTo(401);
        assertThat(asOperator("GET", "/sessions/" + id).statusCode()).isEqualTo(405);
        assertThat(asOperator("DELETE", "/sessions/" + id).statusCode()).isEqualTo(200);

        assertThat(wire.line()).isEqualTo("- closed by the operator\r\n");
        wire.close();
        await().atMost(TestServer.LIMIT).until(() -> metric("pop2_sessions_ended_total{reason=\"kicked\"}") == 1);
        assertThat(asOperator("DELETE", "/sessions/" + id).statusCode()).isEqualTo(404);
        Wire again = logIn();
        again.send("READ 1\r\n");
        again.expect("=23");
    }

    @Test
    void withoutATokenNobodySeesOrEndsSessions() throws Exception {
        management.stop().block(TestServer.LIMIT);
        management = manage(Optional.empty());
        logIn();
        assertThat(asOperator("GET", "/sessions").statusCode()).isEqualTo(403);
        assertThat(asOperator("DELETE", "/sessions/1").statusCode()).isEqualTo(403);
        assertThat(asOperator("POST", "/reload").statusCode()).isEqualTo(403);
        assertThat(ask("GET", "/").body()).doesNotContain("postel");
    }

    @Test
    void aTranscriptIsShownWithTheTokenOnlyAndHasNoMailInIt() throws Exception {
        Wire wire = logIn();
        wire.send("READ 1\r\n");
        wire.expect("=");
        String id = asOperator("GET", "/sessions").body().replaceAll("(?s).*\"id\":(\\d+).*", "$1");
        String path = "/sessions/" + id + "/transcript";
        assertThat(ask("GET", path).statusCode()).isEqualTo(401);
        assertThat(asOperator("DELETE", path).statusCode()).isEqualTo(405);
        assertThat(asOperator("GET", "/sessions/999/transcript").statusCode()).isEqualTo(404);

        assertThat(asOperator("GET", path).body())
                .startsWith("{\"session\":" + id + ",\"ended\":false,\"lines\":[{\"number\":1,\"at\":\"")
                .contains("\"who\":\"note\",\"text\":\"watched from here on, in state ITEM, message 1 of 2\"");
        wire.send("RETR\r\nACKS\r\nQUIT\r\n");
        wire.rest();
        await().atMost(TestServer.LIMIT)
                .until(() -> asOperator("GET", path).body().contains("\"ended\":true"));
        assertThat(asOperator("GET", path).body())
                .contains("\"who\":\"client\",\"text\":\"ACKS\\\\r\\\\n\"")
                .contains("message 1 begins: 23 octets")
                .doesNotContain("Hello");
    }

    @Test
    void aTranscriptTellsInWhichFileTheWholeSessionIs(@TempDir Path directory) throws Exception {
        management.stop().block(TestServer.LIMIT);
        server.stop().block(TestServer.LIMIT);
        server = serve(settings -> settings.withTrace(TraceSettings.everything(directory)));
        management = manage(Optional.of(AccessToken.of(TOKEN)));
        logIn();
        String id = asOperator("GET", "/sessions").body().replaceAll("(?s).*\"id\":(\\d+).*", "$1");
        assertThat(asOperator("GET", "/sessions/" + id + "/transcript").body())
                .contains("\"file\":\"" + directory.resolve(""), ".pop2\",\"lines\":[{");
    }

    @Test
    void thePageSaysWhoWasTurnedAwayWhyAndWhoHasMostMail() throws Exception {
        Wire guesser = Wire.to(server.address());
        wires.add(guesser);
        guesser.expect("+ POP2 ");
        guesser.send("HELO postel wrong\r\n");
        guesser.expect("- ");
        guesser.rest();
        await().atMost(TestServer.LIMIT)
                .untilAsserted(() -> assertThat(asOperator("GET", "/").body())
                        .contains(">wrong user or password</td>")
                        .contains("1 user has 2 messages, 46 B.")
                        .contains("data-label=\"Size\">46 B</td>"));
        assertThat(ask("GET", "/").body()).doesNotContain("wrong user", "1 user has");
    }

    @Test
    void aReloadIsAnsweredWithWhatCameOfIt() throws Exception {
        assertThat(ask("POST", "/reload").statusCode()).isEqualTo(401);
        assertThat(asOperator("GET", "/reload").statusCode()).isEqualTo(405);
        assertThat(reloads).hasValue(0);
        HttpResponse<String> good = asOperator("POST", "/reload");
        assertThat(good.statusCode()).isEqualTo(200);
        assertThat(good.body()).contains("\"done\":true").contains("listen.port: needs a restart");
        assertThat(asOperator("POST", "/reload").statusCode()).isEqualTo(422);
    }

    // ---- the page

    @Test
    void thePageShowsNumbersToEverybodyAndUsersWithTheToken() throws Exception {
        logIn();
        HttpResponse<String> page = ask("GET", "/");
        assertThat(page.headers().firstValue("Content-Type")).hasValue("text/html; charset=utf-8");
        assertThat(page.headers().firstValue("Content-Security-Policy").orElse(""))
                .contains("default-src 'none'")
                .contains("frame-ancestors 'none'");
        assertThat(page.body())
                .contains("<h1>pop2d <small>")
                .contains("1.2.3")
                .contains("<svg")
                .contains("storage: good")
                .doesNotContain("postel");
        String shown = asOperator("GET", "/").body();
        assertThat(shown)
                .contains(">postel</td>", ">mbox</td>", ">INBOX</td>", "data-kick=", "data-transcript=")
                .contains("<h2 id=\"logins\">", "<h2 id=\"refusals\">", "<h2 id=\"mailboxes\">");
        assertThat(ask("GET", "/", "Authorization", "Bearer nonsense-nonsense-nonsense")
                        .statusCode())
                .isEqualTo(401);
    }

    @Test
    void thePageNeedsNothingFromElsewhereAndNoInlineScript() throws Exception {
        String page = asOperator("GET", "/").body();
        Matcher links = Pattern.compile("(?:href|src)=\"([^\"]*)\"").matcher(page);
        List<String> found = new ArrayList<>();
        while (links.find()) {
            found.add(links.group(1));
        }
        assertThat(found).containsExactlyInAnyOrder("status.svg", "status.css", "status.js");
        assertThat(page)
                .doesNotContain("style=")
                .doesNotContainPattern("\\son[a-z]+=")
                .contains("name=\"viewport\"");
        assertThat(ask("GET", "/status.css").body())
                .contains("prefers-color-scheme: dark", ":focus-visible")
                .doesNotContain("url(", "@import");
        assertThat(ask("GET", "/status.svg").headers().firstValue("Content-Type"))
                .hasValue("image/svg+xml");
        assertThat(ask("GET", "/status.js").body()).doesNotContain("innerHTML", "localStorage", "https:");
    }

    @Test
    void whatClientsNameThingsNeverBecomesMarkup() throws Exception {
        Wire wire = logIn();
        wire.send("FOLD <script>alert(1)</script>\"'&\r\n");
        wire.expect("#");
        String page = asOperator("GET", "/").body();
        assertThat(page).doesNotContain("<script>").doesNotContain("alert(1)</");
        assertThat(asOperator("GET", "/sessions").body()).doesNotContain("<script");
    }

    // ---- what is not answered

    @Test
    void namesOfOtherHostsAreNotAnsweredOnLoopback() throws Exception {
        for (String host : List.of("evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "", "[::1")) {
            assertThat(raw("GET /health/live HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n"))
                    .as(host)
                    .isIn("HTTP/1.1 421", "HTTP/1.1 400");
        }
        for (String host : List.of("localhost", "LOCALHOST:1", "127.0.0.1:8109", "[::1]:8109", "192.0.2.1")) {
            assertThat(raw("GET /health/live HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n"))
                    .as(host)
                    .isEqualTo("HTTP/1.1 200");
        }
        assertThat(raw("GET /health/live HTTP/1.1\r\nHost: a\r\nHost: localhost\r\n\r\n"))
                .isEqualTo("HTTP/1.1 400");
        assertThat(raw("GET /health/live HTTP/1.1\r\n\r\n")).isEqualTo("HTTP/1.1 400");
    }

    @Test
    void bodiesAndEndlessHeadersAreRefused() throws Exception {
        assertThat(raw("POST /reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n"))
                .isEqualTo("HTTP/1.1 413");
        assertThat(raw("POST /reload HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"))
                .isEqualTo("HTTP/1.1 413");
        assertThat(raw("GET /" + "x".repeat(5000) + " HTTP/1.1\r\nHost: localhost\r\n\r\n"))
                .isEqualTo("HTTP/1.1 414");
        assertThat(raw("GET / HTTP/1.1\r\nHost: localhost\r\nX: " + "x".repeat(10_000) + "\r\n\r\n"))
                .isIn("HTTP/1.1 431", "HTTP/1.1 413");
        assertThat(reloads).hasValue(0);
    }

    @Test
    void otherPathsAndMethodsAreNot() throws Exception {
        assertThat(ask("GET", "/nothing").statusCode()).isEqualTo(404);
        assertThat(ask("GET", "/../status.js").statusCode()).isEqualTo(404);
        HttpResponse<String> post = ask("POST", "/metrics");
        assertThat(post.statusCode()).isEqualTo(405);
        assertThat(post.headers().firstValue("Allow")).hasValue("GET, HEAD");
        // so that no page of elsewhere may send a header of its own
        assertThat(ask("OPTIONS", "/sessions/1", "Origin", "http://evil.example")
                        .headers()
                        .map())
                .doesNotContainKey("access-control-allow-origin");
    }

    @Test
    void aClientThatSendsHalfARequestIsNotWaitedForForEver() throws Exception {
        try (Socket socket = new Socket(
                management.address().getAddress(), management.address().getPort())) {
            socket.setSoTimeout((int) TestServer.LIMIT.toMillis());
            socket.getOutputStream().write("GET / HTTP/1.1\r\nHost: loc".getBytes(StandardCharsets.US_ASCII));
            // 408, or nothing but the end: what comes after it is the end in any case
            assertThat(socket.getInputStream().readAllBytes().length).isLessThan(1000);
        }
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(
                management.address().getAddress(), management.address().getPort());
        socket.setSoTimeout((int) TestServer.LIMIT.toMillis());
        return socket;
    }

    /** One connection that has been used, and is kept. */
    private static void use(Socket socket, String path) throws IOException {
        socket.getOutputStream()
                .write(("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
        assertThat(new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
                .startsWith("HTTP/1.1 ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/health/live"})
    void whoKeepsAllConnectionsOpenShutsNobodyOut(String used) throws Exception {
        List<Socket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < Visitors.MOST; i++) {
                Socket socket = connect();
                sockets.add(socket);
                if (!used.isEmpty()) {
                    use(socket, used);
                }
            }
            for (int i = 0; i < 3; i++) {
                assertThat(raw("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"))
                        .isEqualTo("HTTP/1.1 200");
            }
            // it is the oldest that makes room
            InputStream first = sockets.get(0).getInputStream();
            first.skipNBytes(first.available());
            assertThat(first.read()).isEqualTo(-1);
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    @Test
    void whoWaitsForAnAnswerIsClosedForAnotherOnlyWithoutTheToken() {
        Visitors visitors = new Visitors();
        List<EmbeddedChannel> channels = new ArrayList<>();
        for (int i = 0; i < Visitors.MOST; i++) {
            EmbeddedChannel channel = new EmbeddedChannel();
            channels.add(channel);
            visitors.admit(channel);
            visitors.asks(channel, i != 1);
        }
        EmbeddedChannel probe = new EmbeddedChannel();
        visitors.admit(probe);
        assertThat(channels).filteredOn(channel -> !channel.isOpen()).containsExactly(channels.get(1));
        visitors.asks(probe, true);
        EmbeddedChannel late = new EmbeddedChannel();
        visitors.admit(late);
        assertThat(late.isOpen()).isFalse();
        visitors.rests(channels.get(7));
        EmbeddedChannel next = new EmbeddedChannel();
        visitors.admit(next);
        assertThat(channels.get(7).isOpen()).isFalse();
        assertThat(next.isOpen()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/health/live", "/health/ready", "/metrics", "/sessions", "/nothing"})
    void whoAsksAndEndsHisSideGetsTheAnswer(String path) throws Exception {
        try (Socket socket = connect()) {
            String request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
            socket.getOutputStream().write((request + request).getBytes(StandardCharsets.US_ASCII));
            socket.shutdownOutput();
            String answers = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answers.split("HTTP/1.1 [24]", -1)).as(answers).hasSize(3);
        }
    }

    @Test
    void halfARequestIsNotWaitedForWhenItsSideHasEnded() throws Exception {
        try (Socket socket = connect()) {
            socket.getOutputStream().write("GET / HTTP/1.1\r\nHost: loc".getBytes(StandardCharsets.US_ASCII));
            long since = System.nanoTime();
            socket.shutdownOutput();
            socket.getInputStream().readAllBytes();
            assertThat(Duration.ofNanos(System.nanoTime() - since)).isLessThan(Duration.ofSeconds(4));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/marker\u001b[2J\r\n\r\n",
                "marker\u001b[2J\u0007\r\n\r\n",
                "GET / HTTP/1.1\r\nmarker\u001b[2J\r\nHost: x\r\n\r\n",
                "GET / HTTP/1.1\r\nAuthorization: marker\u001b\u0000\r\n\r\n",
                "GET /marker\u001b[2J HTTP/1.1\r\nHost: a\u0000b\r\n\r\n",
                "\u0016\u0003\u0001\u0000\u0005marker\r\n\r\n"
            })
    void whatCannotBeReadDoesNotComeIntoTheLog(String sent) throws Exception {
        Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        root.addAppender(log);
        try (Socket socket = connect()) {
            socket.getOutputStream().write(sent.getBytes(StandardCharsets.ISO_8859_1));
            socket.shutdownOutput();
            socket.getInputStream().readAllBytes();
        } finally {
            root.detachAppender(log);
        }
        for (ILoggingEvent event : List.copyOf(log.list)) {
            String text = event.getFormattedMessage()
                    + (event.getThrowableProxy() == null ? "" : ThrowableProxyUtil.asString(event.getThrowableProxy()));
            assertThat(text).doesNotContain("marker", "\u001b", "\u0007", "\u0000");
        }
    }

    @Test
    void aReloadThatTakesLongIsTheOnlyOne() throws Exception {
        management.stop().block(TestServer.LIMIT);
        Sinks.One<Reload.Result> slow = Sinks.one();
        AtomicInteger begun = new AtomicInteger();
        Routes routes = new Routes(
                new ManagementSettings(management.address(), Optional.of(AccessToken.of(TOKEN)), "1"),
                server,
                new Readiness(server, Optional.empty(), store),
                Optional.empty(),
                metrics,
                new Samples(),
                new MailboxSizes(store, Schedulers.parallel()),
                () -> slow.asMono().doOnSubscribe(subscribed -> begun.incrementAndGet()));
        HttpHeaders headers = new DefaultHttpHeaders().add("Authorization", "Bearer " + TOKEN);
        // whoever asked has given up
        routes.answer(HttpMethod.POST, "/reload", headers).subscribe().dispose();
        assertThat(Objects.requireNonNull(routes.answer(HttpMethod.POST, "/reload", headers)
                                .block(TestServer.LIMIT))
                        .status())
                .isEqualTo(409);
        slow.tryEmitValue(new Reload.Result(true, List.of()));
        assertThat(Objects.requireNonNull(routes.answer(HttpMethod.POST, "/reload", headers)
                                .block(TestServer.LIMIT))
                        .status())
                .isEqualTo(200);
        assertThat(begun).hasValue(2);
    }

    @Test
    void whatOperatorsSeeIsRenderedOnNoThreadOfTheSessions() {
        logIn();
        List<String> threads = new CopyOnWriteArrayList<>();
        String id = String.valueOf(Objects.requireNonNull(server.sessions()
                        .doOnNext(view -> threads.add(Thread.currentThread().getName()))
                        .blockFirst(TestServer.LIMIT))
                .id());
        server.transcript(Long.parseLong(id))
                .doOnNext(transcript -> threads.add(Thread.currentThread().getName()))
                .block(TestServer.LIMIT);
        assertThat(threads).hasSize(2).noneMatch(name -> name.startsWith("pop2"));
    }

    @Test
    void otherLimitsAreInForceForSessionsToCome() {
        Wire first = logIn();
        server.reconfigure(ServerSettings.defaults()
                        .withHostName("changed.example")
                        .withMaxConnections(1)
                        .withIdleTimeout(Duration.ofMinutes(1)))
                .block(TestServer.LIMIT);
        try (Wire second = Wire.to(server.address())) {
            assertThat(second.line()).startsWith("- too many connections");
        }
        first.send("QUIT\r\n");
        first.expect("+ ");
        first.close();
        await().atMost(TestServer.LIMIT).until(() -> {
            try (Wire third = Wire.to(server.address())) {
                return third.line().startsWith("+ POP2 changed.example ");
            }
        });
    }
}
