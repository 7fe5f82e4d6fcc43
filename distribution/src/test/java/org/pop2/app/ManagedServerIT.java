package org.pop2.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.server.Wire;

/** The unpacked distribution, as operators see and steer it. */
class ManagedServerIT {
    private static final Path LAUNCHER = Path.of("target/pop2-server/bin/pop2d").toAbsolutePath();
    private static final String TOKEN = "0123456789abcdef-secret";
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir
    private Path directory;

    private final List<Process> started = new ArrayList<>();
    private int managementPort;
    private int port;

    private record Result(int exitCode, String out, String err) {}

    @BeforeEach
    void serve() throws Exception {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            managementPort = free.getLocalPort();
        }
        Path token = Files.writeString(directory.resolve("token"), TOKEN + "\n");
        Files.setPosixFilePermissions(token, PosixFilePermissions.fromString("rw-------"));
        configure("limits.sessions-per-user = 20\n");
        assertThat(pop2d("secret\n", "user", "add", "postel", "--password-stdin")
                        .exitCode())
                .isZero();
        Process server = start("serve");
        BufferedReader out = new BufferedReader(new InputStreamReader(server.getInputStream(), StandardCharsets.UTF_8));
        assertThat(out.readLine()).isEqualTo("management on http://127.0.0.1:" + managementPort + "/");
        String listening = out.readLine();
        assertThat(listening).startsWith("listening on 127.0.0.1:");
        port = Integer.parseInt(listening.substring(listening.lastIndexOf(':') + 1));
    }

    private void configure(String more) throws IOException {
        Files.writeString(config(), """
                listen { address = 127.0.0.1, port = 0 }
                storage.mbox {
                  inbox = "spool/{user}", folders = "folders/{user}/{folder}", accounts = accounts, state = state
                }
                management { port = %d, token-file = token }
                """.formatted(managementPort) + more);
    }

    @AfterEach
    void stopAll() {
        started.forEach(Process::destroyForcibly);
    }

    @Test
    void operatorsSeeAndEndSessionsAndTheServerIsSeenToBeReady() throws Exception {
        assertThat(get("/health/ready").statusCode()).isEqualTo(200);
        try (Wire wire = logIn()) {
            Result who = pop2d("", "who");
            assertThat(who.exitCode()).as(who.err()).isZero();
            assertThat(who.out()).matches("\\d+\tpostel\t127\\.0\\.0\\.1:\\d+\tmbox\tINBOX\t1/0\t\\d+\t\\d+\t\\d+\n");
            String id = who.out().substring(0, who.out().indexOf('\t'));
            assertThat(get("/metrics").body()).contains("pop2_sessions{state=\"mbox\"} 1.0");
            assertThat(get("/").body()).contains("<svg").doesNotContain("postel");

            assertThat(pop2d("", "kick", id).exitCode()).isZero();
            assertThat(wire.line()).isEqualTo("- closed by the operator\r\n");
        }
        assertThat(pop2d("", "kick", "999").exitCode()).isEqualTo(66);

        Files.writeString(directory.resolve("token"), "another-token-of-somebody\n");
        Result stranger = pop2d("", "who");
        assertThat(stranger.exitCode()).isEqualTo(78);
        assertThat(stranger.err()).contains("another management token");
    }

    @Test
    void limitsChangeWithoutARestartByCommandAndBySignal() throws Exception {
        configure("limits.connections = 1\nauth.cache = 1s\n");
        Result reload = pop2d("", "reload");
        assertThat(reload.exitCode()).as(reload.err()).isZero();
        assertThat(reload.err()).isEqualTo("pop2d: auth.cache: takes effect after a restart\n");
        try (Wire first = logIn();
                Wire second = Wire.to(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))) {
            assertThat(second.line()).startsWith("- too many connections");
            first.send("QUIT\r\n");
        }

        configure("log { format = json, loggers = [\"org.pop2.server.sessions debug\"] }\n");
        assertThat(post("/reload").statusCode()).isEqualTo(200);
        logIn().close();
        await().atMost(LIMIT)
                .until(() -> Files.readString(errors("serve"))
                        .lines()
                        .anyMatch(line -> line.matches(
                                "\\{.*\"message\":\"mailbox-opened\",\"session\":\\d+,\"user\":\"postel\".*}")));

        configure("limits.connections = nonsense\n");
        Result wrong = pop2d("", "config", "check");
        assertThat(wrong.exitCode()).isEqualTo(78);
        HttpResponse<String> answer = post("/reload");
        assertThat(answer.statusCode()).isEqualTo(422);
        assertThat(answer.body()).contains("limits.connections = nonsense");

        configure("server.name = reloaded.example\n");
        Process hangUp =
                new ProcessBuilder("kill", "-HUP", String.valueOf(started.get(1).pid())).start();
        assertThat(hangUp.waitFor(10, TimeUnit.SECONDS)).isTrue();
        await().atMost(LIMIT).until(() -> {
            try (Wire wire = Wire.to(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))) {
                return wire.line().startsWith("+ POP2 reloaded.example ");
            }
        });
        assertThat(started.get(1).isAlive()).isTrue();
    }

    @Test
    void onlyWhatWasSetIsShownIfThatIsWanted() throws Exception {
        Result shown = pop2d("", "config", "show", "--changed");
        assertThat(shown.exitCode()).isZero();
        assertThat(shown.out()).contains("management.port = " + managementPort).doesNotContain("# default");
    }

    private Wire logIn() {
        Wire wire = Wire.to(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        wire.expect("+ POP2 ");
        wire.send("HELO postel secret\r\n");
        wire.expect("#0");
        return wire;
    }

    private HttpResponse<String> get(String path) throws Exception {
        return send(HttpRequest.newBuilder(uri(path)).build());
    }

    private HttpResponse<String> post(String path) throws Exception {
        return send(HttpRequest.newBuilder(uri(path))
                .header("Authorization", "Bearer " + TOKEN)
                .POST(HttpRequest.BodyPublishers.noBody())
                .build());
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + managementPort + path);
    }

    private static HttpResponse<String> send(HttpRequest request) throws Exception {
        return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    }

    private Path config() {
        return directory.resolve("pop2d.conf");
    }

    private Path errors(String command) {
        return directory.resolve("err-" + command);
    }

    private Process start(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(LAUNCHER.toString()));
        command.addAll(List.of(arguments));
        command.addAll(List.of("--config", config().toString()));
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectError(errors(arguments[0]).toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("POP2D_") || name.equals("JAVA_OPTS"));
        Process process = builder.start();
        started.add(process);
        return process;
    }

    private Result pop2d(String input, String... arguments) throws IOException, InterruptedException {
        Process process = start(arguments);
        try (var in = process.getOutputStream()) {
            in.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // it may end without reading
            assertThat(e).hasMessageContaining("ipe");
        }
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return new Result(process.exitValue(), out, Files.readString(errors(arguments[0])));
    }
}
