package org.pop2.app.campaign;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;

/** A Postfix with a configuration and a queue of its own, that takes mail on a loopback port. */
final class PrivatePostfix {
    private static final String DOMAIN = "interop.example";
    private static final int SMTP_MILLIS = 120_000;

    private final Path directory;
    private final Path configuration;
    private final int port;

    /**
     * Starts it.
     *
     * @param locks {@code mailbox_delivery_lock}
     */
    PrivatePostfix(Path directory, Path spool, String locks) throws IOException, InterruptedException {
        this(directory, spool, locks, List.of());
    }

    /** @param lines what else main.cf says; the last word counts */
    PrivatePostfix(Path directory, Path spool, String locks, List<String> lines)
            throws IOException, InterruptedException {
        this.directory = directory;
        configuration = Files.createDirectories(directory.resolve("conf"));
        Path queue = Files.createDirectories(directory.resolve("queue"));
        Path data = Files.createDirectories(directory.resolve("data"));
        Tool.succeed("chown", "postfix", data.toString());
        port = freePort();
        List<String> main = new ArrayList<>(List.of(
                "compatibility_level = 3.6",
                "queue_directory = " + queue,
                "data_directory = " + data,
                "command_directory = /usr/sbin",
                "daemon_directory = /usr/lib/postfix/sbin",
                "meta_directory = /etc/postfix",
                "shlib_directory = /usr/lib/postfix",
                "mail_owner = postfix",
                "setgid_group = postdrop",
                "maillog_file = " + log(),
                "maillog_file_prefixes = " + directory,
                "myhostname = " + DOMAIN,
                "mydestination = " + DOMAIN,
                "inet_interfaces = 127.0.0.1",
                "inet_protocols = ipv4",
                "mynetworks = 127.0.0.0/8",
                "local_recipient_maps =",
                "alias_maps =",
                "alias_database =",
                "notify_classes =",
                "mailbox_size_limit = 0",
                "mail_spool_directory = " + spool,
                "mailbox_delivery_lock = " + locks,
                // a mailbox that is locked for too long is tried again soon
                "minimal_backoff_time = 2s",
                "maximal_backoff_time = 4s",
                "queue_run_delay = 2s",
                "deliver_lock_delay = 1s",
                // nothing leaves this machine
                "default_transport = error:not in this test",
                "relay_transport = error:not in this test",
                "local_destination_concurrency_limit = 4"));
        // a key that is there twice makes every program of Postfix warn
        for (String line : lines) {
            String key = line.substring(0, line.indexOf('=') + 1);
            main.removeIf(earlier -> earlier.startsWith(key));
            main.add(line);
        }
        Files.write(configuration.resolve("main.cf"), main);
        Files.write(
                configuration.resolve("master.cf"),
                List.of(
                        "127.0.0.1:" + port + " inet n - n - - smtpd",
                        "pickup unix n - n 60 1 pickup",
                        "cleanup unix n - n - 0 cleanup",
                        "qmgr unix n - n 300 1 qmgr",
                        "rewrite unix - - n - - trivial-rewrite",
                        "bounce unix - - n - 0 bounce",
                        "defer unix - - n - 0 bounce",
                        "trace unix - - n - 0 bounce",
                        "proxymap unix - - n - - proxymap",
                        "showq unix n - n - - showq",
                        "error unix - - n - - error",
                        "retry unix - - n - - error",
                        "local unix - n n - - local",
                        "lmtp unix - - n - - lmtp",
                        "anvil unix - - n - 1 anvil",
                        "postlog unix-dgram n - n - 1 postlogd"));
        Tool.succeed("postfix", "-c", configuration.toString(), "start");
        Awaitility.await().atMost(Duration.ofMinutes(1)).ignoreExceptions().until(() -> {
            new Sender().close();
            return true;
        });
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private Path log() {
        return directory.resolve("maillog");
    }

    /** Waits until all that was taken is delivered. */
    void awaitDelivery(Duration patience) throws IOException {
        awaitEmptyQueue(patience);
        List<String> bounced = Files.readAllLines(log()).stream()
                .filter(line -> line.contains("status=bounced") || line.contains("status=undeliverable"))
                .toList();
        if (!bounced.isEmpty()) {
            throw new IOException("Postfix gave up on " + bounced);
        }
    }

    void awaitEmptyQueue(Duration patience) {
        Awaitility.await().atMost(patience).pollInterval(Duration.ofSeconds(2)).until(() -> {
            // what the queue manager found locked it would leave for ten minutes
            Tool.succeed("postqueue", "-c", configuration.toString(), "-f");
            return Tool.succeed("postqueue", "-c", configuration.toString(), "-p")
                    .startsWith("Mail queue is empty");
        });
    }

    int port() {
        return port;
    }

    /** What it wrote into its log, the lines with this. */
    List<String> logged(String text) throws IOException {
        try (var lines = Files.lines(log(), StandardCharsets.ISO_8859_1)) {
            return lines.filter(line -> line.contains(text)).toList();
        }
    }

    /** How often a delivery was put off, for a lock mostly. */
    long deferred() throws IOException {
        return Files.readAllLines(log()).stream()
                .filter(line -> line.contains("status=deferred"))
                .count();
    }

    void stop() throws IOException, InterruptedException {
        Tool.run(List.of("postfix", "-c", configuration.toString(), "stop"));
    }

    Sender sender() throws IOException {
        return new Sender();
    }

    /** One SMTP connection. */
    final class Sender implements DeliveryProgram, AutoCloseable {
        private final Socket socket;
        private final BufferedReader replies;

        private Sender() throws IOException {
            socket = new Socket(InetAddress.getLoopbackAddress(), port);
            socket.setSoTimeout(SMTP_MILLIS);
            replies = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
            expect("220");
            ask("HELO localhost\r\n", "250");
        }

        private void ask(String text, String code) throws IOException {
            socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
            expect(code);
        }

        private void expect(String code) throws IOException {
            String reply = replies.readLine();
            if (reply == null || !reply.startsWith(code)) {
                throw new IOException("Postfix said " + reply + " instead of " + code);
            }
        }

        @Override
        public Outcome deliver(Letter letter, String user) throws IOException {
            ask("MAIL FROM:<sender@example.org>\r\n", "250");
            ask("RCPT TO:<" + user + "@" + DOMAIN + ">\r\n", "250");
            ask("DATA\r\n", "354");
            ask(letter.text().replace("\n.", "\n..").replace("\n", "\r\n") + ".\r\n", "250");
            return Outcome.TAKEN;
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
