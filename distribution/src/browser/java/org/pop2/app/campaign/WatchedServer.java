package org.pop2.app.campaign;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** A packaged server with users, mail, and clients that come and go, for somebody to look at. */
final class WatchedServer {
    static final String TOKEN = "browser-token-0123456789";

    /** Users, and how many messages each has at first. */
    private static final Map<String, Integer> MAIL =
            Map.of("postel", 40, "cerf", 12, "mockapetris", 300, "reynolds", 3, "clark", 0);

    private final HttpClient http = HttpClient.newHttpClient();
    private final Instance instance;
    private final int managementPort;
    private final List<PlainClient> open = new ArrayList<>();

    WatchedServer(Path directory) throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            managementPort = free.getLocalPort();
        }
        instance = new Instance(
                directory,
                "management { port = " + managementPort + ", token-file = token }",
                "limits.sessions-per-user = 20",
                "quota.octets = 1MiB",
                "auth.penalty = false",
                "auth.rehash = false",
                "mailbox.busy-wait = 0s");
        privately(directory.resolve("token"), TOKEN + "\n");
        StringBuilder accounts = new StringBuilder();
        for (Map.Entry<String, Integer> user : MAIL.entrySet()) {
            accounts.append(user.getKey()).append(":{PLAIN}secret\n");
            StringBuilder mbox = new StringBuilder();
            for (int i = 0; i < user.getValue(); i++) {
                mbox.append("From a@example Mon Nov 23 12:00:00 2026\nSubject: ")
                        .append(i)
                        .append("\n\n")
                        .append("very private words, and more\n".repeat(10 + 37 * i % 90))
                        .append('\n');
            }
            Files.writeString(instance.spool().resolve(user.getKey()), mbox);
        }
        privately(directory.resolve("accounts"), accounts.toString());
        instance.start();
    }

    private static void privately(Path file, String content) throws IOException {
        Files.writeString(file, content);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }

    String url() {
        return "http://127.0.0.1:" + managementPort + "/";
    }

    /** A session that has logged in, and stays until the end. */
    PlainClient logIn(String user) throws IOException {
        PlainClient client = new PlainClient(instance.port());
        open.add(client);
        client.receive();
        PlainClient.number(client.ask("HELO " + user + " secret"), '#');
        return client;
    }

    /** Sessions that read some messages and go, for so long: something for the charts. */
    void traffic(long seconds) throws IOException, InterruptedException {
        Random random = new Random(7);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (System.nanoTime() < end) {
            try (PlainClient client = new PlainClient(instance.port())) {
                client.receive();
                PlainClient.number(client.ask("HELO mockapetris secret"), '#');
                int messages = 1 + random.nextInt(40);
                for (int i = 1; i <= messages; i++) {
                    client.receive(read(client, i));
                    client.ask("ACKS");
                }
                client.ask("QUIT");
            }
            // a pause like that of people, between none and two seconds, longer now and then
            TimeUnit.MILLISECONDS.sleep(random.nextInt(random.nextInt(9) == 0 ? 20_000 : 2000) % (1 + seconds * 1000));
        }
    }

    /** READ and RETR; octets to be received. */
    static int read(PlainClient client, int number) throws IOException {
        int octets = PlainClient.number(client.ask("READ " + number), '=');
        client.send("RETR");
        return octets;
    }

    /** Somebody who is turned away. */
    void turnAway(String firstLine) throws IOException {
        try (PlainClient client = new PlainClient(instance.port())) {
            client.receive();
            client.ask(firstLine);
        }
    }

    /** Every session ends; waits until the server knows. */
    void empty() throws IOException, InterruptedException {
        for (PlainClient client : open) {
            client.close();
        }
        open.clear();
        HttpRequest metrics =
                HttpRequest.newBuilder(URI.create(url()).resolve("/metrics")).build();
        await().until(() ->
                http.send(metrics, HttpResponse.BodyHandlers.ofString()).body().contains("\npop2_connections 0.0\n"));
    }

    void close() throws IOException, InterruptedException {
        for (PlainClient client : open) {
            client.close();
        }
        instance.close();
    }
}
