package org.pop2.app.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Postfix hands mail to the packaged server by LMTP, with the recipes of the manual page, on both storages, and while
 * the server is killed and started again. Needs root on a Debian. {@code -Dpop2.lmtp.messages=N},
 * {@code -Dpop2.lmtp.kills=N}, {@code -Dpop2.seed=N}.
 */
@Tag("interop")
@Timeout(900)
class LmtpProgramsIT {
    private static final String DOMAIN = "interop.example";
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final int CONCURRENCY = 4;

    /** What mail systems like to change. */
    static final String AWKWARD =
            "From: s@example.org\r\nDate: Mon, 4 Feb 1985 10:00:00 +0000\r\nMessage-ID: <1@example.org>\r\n"
                    + "Subject: awkward\r\nX-Eight: caf\u00e9\r\n\r\n.\r\n..\r\n.a\r\nFrom here on\r\n>From\r\n"
                    + "x".repeat(997)
                    + "\r\n" + "long ".repeat(1000)
                    + "\r\n8 bit: \u00e9\u00ff\u0080\r\nblanks  \t \r\n\r\n\r\nend\r\n.\r\n";

    private static final Pattern NUMBER = Pattern.compile("(?m)^Subject: number (\\d+)");

    @TempDir
    private Path directory;

    @Test
    void postfixDeliversOverTcpIntoMbox() throws Exception {
        delivers(new Instance(area(), configuration(tcp())), tcp, false);
    }

    @Test
    void postfixDeliversOverASocketFileIntoMbox() throws Exception {
        delivers(new Instance(area(), configuration(unix())), unix(), true);
    }

    @Test
    void postfixDeliversOverTcpIntoPostgresql() throws Exception {
        try (SharedDatabase database = new SharedDatabase()) {
            delivers(SharedDatabase.node(area(), "node", database.port(), configuration(tcp())), tcp, false);
        }
    }

    @Test
    void postfixDeliversOverASocketFileIntoPostgresql() throws Exception {
        try (SharedDatabase database = new SharedDatabase()) {
            delivers(SharedDatabase.node(area(), "node", database.port(), configuration(unix())), unix(), true);
        }
    }

    /** mbox files have no place for a mark: a message whose answer was lost is there twice, but none is lost. */
    @Test
    void nothingIsLostInMboxWhenTheServerIsKilled() throws Exception {
        int twice = survivesKills(new Instance(area(), configuration(tcp())));
        assertThat(twice).isLessThanOrEqualTo(kills * CONCURRENCY);
    }

    @Test
    void nothingIsLostAndNothingIsTwiceInPostgresqlWhenTheServerIsKilled() throws Exception {
        try (SharedDatabase database = new SharedDatabase()) {
            int twice = survivesKills(SharedDatabase.node(area(), "node", database.port(), configuration(tcp())));
            assertThat(twice).isZero();
        }
    }

    private final int messages = Integer.getInteger("pop2.lmtp.messages", 600);
    private final int kills = Integer.getInteger("pop2.lmtp.kills", 6);
    private final long seed = Long.getLong("pop2.seed", System.nanoTime());
    private String tcp = "";

    private Path area() throws IOException, InterruptedException {
        DebianPackages.install(Map.of("/usr/sbin/postfix", "postfix"));
        // Postfix, which is not root, has to reach the socket file
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        return directory;
    }

    private String tcp() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            tcp = "127.0.0.1:" + socket.getLocalPort();
        }
        return tcp;
    }

    private String unix() {
        return "unix:" + directory.resolve("lmtp.sock");
    }

    private static String[] configuration(String address) {
        return new String[] {
            "lmtp { address = \"" + address + "\", socket-group = postfix, domains = [" + DOMAIN + "] }",
        };
    }

    private PrivatePostfix postfix(String recipe) throws Exception {
        List<String> lines = new ArrayList<>(recipe.lines().toList());
        lines.add("minimal_backoff_time = 1s");
        lines.add("maximal_backoff_time = 2s");
        lines.add("queue_run_delay = 1s");
        lines.add("lmtp_destination_concurrency_limit = " + CONCURRENCY);
        lines.add("local_destination_concurrency_limit = " + CONCURRENCY);
        return new PrivatePostfix(directory.resolve("postfix"), directory, "dotlock", lines);
    }

    /** The block of the manual page after that text, with this address in place of its own. */
    private static String recipe(String text, String address) throws IOException {
        return recipe(text).replace("inet:127.0.0.1:24", "inet:" + address).replace("unix:/run/pop2d/lmtp", address);
    }

    /** The block of the manual page after that text. */
    static String recipe(String text) throws IOException {
        String page = Files.readString(Instance.UNPACKED.resolve("doc/lmtp.md"));
        int from = page.indexOf(text);
        assertThat(from).as("the manual has: %s", text).isPositive();
        int begin = page.indexOf("```\n", from) + 4;
        return page.substring(begin, page.indexOf("```", begin));
    }

    private void delivers(Instance instance, String address, boolean unix) throws Exception {
        addUsers(instance);
        assertThat(instance.run("", "user", "quota", "full", "--octets", "2000"))
                .isZero();
        instance.start();
        String recipe = recipe(unix ? "or over a socket file" : "Postfix, for all mail", address);
        PrivatePostfix postfix = postfix(recipe);
        try {
            try (SmtpClient client = new SmtpClient(postfix.port())) {
                client.send(
                        "sender@example.org",
                        List.of("user0@" + DOMAIN, "nobody@" + DOMAIN, "full@" + DOMAIN, "user1@" + DOMAIN),
                        AWKWARD);
            }
            postfix.awaitEmptyQueue(PATIENCE);
            assertThat(postfix.logged("status=sent")).hasSize(2);
            assertThat(postfix.logged("status=bounced"))
                    .anyMatch(line -> line.contains("to=<nobody@") && line.contains("550 5.1.1"))
                    .anyMatch(line -> line.contains("to=<full@") && line.contains("552 5.2.2"));
            for (String user : List.of("user0", "user1")) {
                List<String> mail = mail(instance, user);
                assertThat(mail).hasSize(1);
                assertThat(mail.get(0)).startsWith("Received: ").endsWith(AWKWARD);
            }
            assertThat(mail(instance, "full")).isEmpty();
        } finally {
            postfix.stop();
            instance.close();
        }
    }

    /** How many messages are there once more than they should. */
    private int survivesKills(Instance instance) throws Exception {
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        addUsers(instance);
        instance.start();
        PrivatePostfix postfix = postfix(recipe("Postfix, for all mail", tcp));
        try {
            CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> sendAll(postfix.port()));
            for (int kill = 1; kill <= kills; kill++) {
                long wanted = (long) messages * kill / (kills + 2) + random.nextInt(messages / (4 * kills));
                Awaitility.await()
                        .atMost(PATIENCE)
                        .pollInterval(Duration.ofMillis(10))
                        .until(() -> postfix.logged("status=sent").size() >= wanted);
                instance.kill();
                instance.start();
            }
            sending.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            postfix.awaitDelivery(PATIENCE);
            Map<Integer, Integer> found = new TreeMap<>();
            for (int user = 0; user < CONCURRENCY; user++) {
                for (String message : mail(instance, "user" + user)) {
                    Matcher number = NUMBER.matcher(message);
                    assertThat(number.find()).as(message).isTrue();
                    int which = Integer.parseInt(number.group(1));
                    assertThat(which % CONCURRENCY).isEqualTo(user);
                    assertThat(message).endsWith(text(which));
                    found.merge(which, 1, Integer::sum);
                }
            }
            assertThat(found).as("messages that are there").hasSize(messages);
            int twice = found.values().stream().mapToInt(times -> times - 1).sum();
            System.out.println(
                    messages + " messages, " + kills + " kills, put off " + postfix.deferred() + ", twice " + twice);
            assertThat(postfix.deferred()).as("kills that hit something").isPositive();
            return twice;
        } finally {
            postfix.stop();
            instance.close();
        }
    }

    private void sendAll(int port) {
        try (SmtpClient client = new SmtpClient(port)) {
            for (int i = 0; i < messages; i++) {
                client.send("sender@example.org", List.of("user" + i % CONCURRENCY + "@" + DOMAIN), text(i));
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Many with the same body. */
    private static String text(int number) {
        return "From: s@example.org\r\nDate: Mon, 4 Feb 1985 10:00:00 +0000\r\nMessage-ID: <" + number
                + "@example.org>\r\nSubject: number " + number + "\r\n\r\n" + "From the body\r\n".repeat(number % 7);
    }

    private static void addUsers(Instance instance) throws Exception {
        for (String user : List.of("user0", "user1", "user2", "user3", "full")) {
            assertThat(instance.run("secret\n", "user", "add", user, "--password-stdin"))
                    .isZero();
        }
    }

    /** What is in the inbox of a user whose password is {@code secret}. */
    static List<String> mail(Instance instance, String user) throws IOException {
        List<String> messages = new ArrayList<>();
        try (PlainClient client = new PlainClient(instance.port())) {
            assertThat(client.receive()).startsWith("+");
            int count = PlainClient.number(client.ask("HELO " + user + " secret"), '#');
            int octets = count == 0 ? 0 : PlainClient.number(client.ask("READ"), '=');
            for (int i = 0; i < count; i++) {
                client.send("RETR");
                messages.add(new String(client.receive(octets), StandardCharsets.ISO_8859_1));
                octets = PlainClient.number(client.ask("ACKS"), '=');
            }
            assertThat(client.ask("QUIT")).startsWith("+");
        }
        return messages;
    }
}
