package org.pop2.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code pop2d health} against servers of one answer; PackagedServerIT asks a real one. */
class HealthCommandTest {
    @TempDir
    private Path directory;

    private CommandRun health(String configuration) throws IOException {
        Path file = Files.writeString(directory.resolve("pop2d.conf"), configuration);
        return CommandRun.of(
                new ByteArrayInputStream(new byte[0]),
                StandardCharsets.UTF_8,
                Map.of(),
                "health",
                "--config",
                file.toString());
    }

    /** Answers one connection; of a request, it reads what is there. */
    private static ServerSocket server(String answer) throws IOException {
        ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Thread thread = new Thread(() -> {
            try (Socket socket = server.accept()) {
                socket.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
                socket.getOutputStream().flush();
                socket.shutdownOutput();
                // until the other is done
                socket.getInputStream().readAllBytes();
            } catch (IOException e) {
                // the test has ended
            }
        });
        thread.setDaemon(true);
        thread.start();
        return server;
    }

    @Test
    void aListenerThatGreetsIsReady() throws Exception {
        try (ServerSocket server = server("+ POP2 here\r\n")) {
            CommandRun run = health("listen.port = " + server.getLocalPort());

            assertThat(run.exitCode()).as(run.err()).isZero();
            assertThat(run.out()).isEqualTo("ready\n");
        }
    }

    @Test
    void aListenerThatRefusesIsNot() throws Exception {
        try (ServerSocket server = server("- busy\r\n")) {
            CommandRun run = health("listen.port = " + server.getLocalPort());

            assertThat(run.exitCode()).isEqualTo(69);
            assertThat(run.err()).contains("does not answer at 127.0.0.1:" + server.getLocalPort(), "busy");
        }
    }

    @Test
    void nobodyIsNotReady() throws Exception {
        int port;
        try (ServerSocket server = new ServerSocket(0)) {
            port = server.getLocalPort();
        }

        CommandRun run = health("listen.port = " + port);
        assertThat(run.exitCode()).isEqualTo(69);
        assertThat(run.err())
                .isEqualTo("pop2d: the server does not answer at 127.0.0.1:" + port + ": connection refused\n");

        run = health("listen.port = 0\nmanagement.port = " + port);
        assertThat(run.exitCode()).isEqualTo(69);
        assertThat(run.err())
                .isEqualTo("pop2d: the server does not answer at http://127.0.0.1:" + port + ": does it run?\n");
    }

    @Test
    void theChecksThatFailAreNamed() throws Exception {
        String body = "{\"status\":\"down\",\"storage\":false,\"listeners\":true}";
        try (ServerSocket server = server("HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"
                + "Content-Length: " + body.length() + "\r\nConnection: close\r\n\r\n" + body)) {
            CommandRun run = health("management.port = " + server.getLocalPort());

            assertThat(run.exitCode()).isEqualTo(69);
            assertThat(run.err()).isEqualTo("pop2d: the server is not ready: storage fails\n");
        }
    }

    @Test
    void aPortThatOnlyTheServerKnowsIsSaid() throws Exception {
        CommandRun run = health("listen.port = 0");

        assertThat(run.exitCode()).isEqualTo(78);
        assertThat(run.err()).contains("set management.port");
    }
}
