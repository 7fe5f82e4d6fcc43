package org.pop2.app.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two packaged servers on one database. */
class SeveralNodesIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int MESSAGES = 40;

    @TempDir
    private static Path directory;

    private static final AtomicInteger USERS = new AtomicInteger();

    @SuppressWarnings("NullAway.Init")
    private static SharedDatabase database;

    @SuppressWarnings("NullAway.Init")
    private static Link hereLink;

    @SuppressWarnings("NullAway.Init")
    private static Link thereLink;

    @SuppressWarnings("NullAway.Init")
    private static Instance here;

    @SuppressWarnings("NullAway.Init")
    private static Instance there;

    private String user = "";

    @BeforeAll
    static void startNodes() throws Exception {
        database = new SharedDatabase();
        hereLink = database.newLink();
        thereLink = database.newLink();
        String[] lines = {
            // a mailbox of a node that is stopped goes by its lease, before it goes by its silence
            "mailbox { takeover-after = 6s, busy-wait = 300ms }",
            "storage.postgresql { lease-ttl = 4s, statement-timeout = 3s }"
        };
        here = SharedDatabase.node(directory, "here", hereLink, lines);
        there = SharedDatabase.node(directory, "there", thereLink, lines);
        CompletableFuture<Void> other = CompletableFuture.runAsync(() -> start(there));
        start(here);
        other.get();
    }

    @AfterAll
    static void stopNodes() throws Exception {
        hereLink.heal();
        thereLink.heal();
        here.close();
        there.close();
        database.close();
    }

    private static void start(Instance node) {
        try {
            node.start();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @BeforeEach
    void addUser() {
        user = "user" + USERS.incrementAndGet();
        database.addUser(user);
    }

    private void deliver(int messages, int octets) {
        for (int i = 0; i < messages; i++) {
            database.deliver(user, "x".repeat(octets));
        }
    }

    private String helo(PlainClient client) throws IOException {
        assertThat(client.receive()).startsWith("+ POP2 ");
        return client.ask("HELO " + user + " secret");
    }

    /** Opens the mailbox; calls again as long as it is in use. */
    private PlainClient opened(Instance node, int messages) {
        PlainClient[] open = new PlainClient[1];
        Awaitility.await().atMost(LIMIT).until(() -> {
            PlainClient client = new PlainClient(node.port());
            String reply = helo(client);
            if (!reply.startsWith("#")) {
                assertThat(reply).startsWith("- ").contains("in use");
                client.close();
                return false;
            }
            assertThat(PlainClient.number(reply, '#')).isEqualTo(messages);
            open[0] = client;
            return true;
        });
        return open[0];
    }

    /** Receives and acknowledges all of them. */
    private static void markAll(PlainClient client, int messages) throws IOException {
        int octets = PlainClient.number(client.ask("READ 1"), '=');
        for (int i = 0; i < messages; i++) {
            client.send("RETR");
            assertThat(client.receive(octets)).hasSize(octets);
            octets = PlainClient.number(client.ask("ACKD"), '=');
        }
    }

    private void quit(PlainClient client) throws IOException {
        assertThat(client.ask("QUIT")).startsWith("+");
        client.close();
    }

    @Test
    void aMailboxThatOneNodeHoldsIsInUseOnTheOther() throws Exception {
        deliver(2, 10);
        try (PlainClient holder = opened(here, 2)) {
            for (int i = 0; i < 3; i++) {
                assertThat(holder.ask("READ 1")).startsWith("=12");
                try (PlainClient newcomer = new PlainClient(there.port())) {
                    assertThat(helo(newcomer)).startsWith("- ").contains("in use");
                }
            }
            markAll(holder, 1);
            quit(holder);
        }
        quit(opened(there, 1));
    }

    @Test
    void aSilentHolderLosesItsMailboxToTheOtherNodeAndDeletesNothing() throws Exception {
        deliver(2, 10);
        try (PlainClient holder = opened(here, 2)) {
            markAll(holder, 2);
            PlainClient next = opened(there, 2);
            assertThat(holder.receive()).startsWith("- ").contains("taken over");
            assertThat(holder.receive()).isEmpty();
            markAll(next, 2);
            quit(next);
        }
        quit(opened(here, 0));
    }

    /** Under the server's node name it would be taken for the server's next run. */
    @Test
    void aCommandBesideTheServerTakesNoMailboxAway() throws Exception {
        deliver(1, 10);
        try (PlainClient holder = opened(here, 1)) {
            assertThat(here.run("Subject: one more\n\n", "deliver", "--user", user))
                    .isZero();
            assertThat(holder.ask("READ 1")).startsWith("=12");
            markAll(holder, 1);
            quit(holder);
        }
        quit(opened(there, 1));
    }

    @Test
    void aHolderKilledInTheMiddleOfATransferLosesNothing() throws Exception {
        deliver(1, 5_000_000);
        try (PlainClient client = opened(here, 1)) {
            client.ask("READ 1");
            client.send("RETR");
            client.receive(100_000);
            here.kill();
            PlainClient next = opened(there, 1);
            markAll(next, 1);
            quit(next);
        } finally {
            here.start();
        }
        quit(opened(here, 0));
    }

    @Test
    void aHolderKilledInTheMiddleOfAReleaseHasDeletedAllOrNothing() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        deliver(MESSAGES, 10);
        try (PlainClient client = opened(here, MESSAGES)) {
            markAll(client, MESSAGES - 1);
            client.send("QUIT");
            Thread.sleep(new Random(seed).nextInt(20));
            here.kill();
            boolean said = received(client).startsWith("+");
            int[] left = new int[1];
            Awaitility.await().atMost(LIMIT).until(() -> {
                try (PlainClient next = new PlainClient(there.port())) {
                    String reply = helo(next);
                    if (!reply.startsWith("#")) {
                        return false;
                    }
                    left[0] = PlainClient.number(reply, '#');
                    quit(next);
                    return true;
                }
            });
            assertThat(left[0]).isIn(1, said ? 1 : MESSAGES);
        } finally {
            here.start();
        }
    }

    private static String received(PlainClient client) throws IOException {
        try {
            return client.receive();
        } catch (SocketException reset) {
            return "";
        }
    }

    @Test
    void aNodeThatIsCutOffGivesItsMailboxesUpBeforeAnotherGetsThem() throws Exception {
        deliver(2, 10);
        try (PlainClient loser = opened(there, 2)) {
            markAll(loser, 2);
            thereLink.swallow();
            PlainClient next = opened(here, 2);
            // it had given up already when the other one got it
            assertThat(new String(loser.receive(2), StandardCharsets.US_ASCII)).startsWith("- ");
            thereLink.heal();
            markAll(next, 1);
            quit(next);
        } finally {
            thereLink.heal();
        }
        Awaitility.await().atMost(LIMIT).until(() -> {
            try (PlainClient again = new PlainClient(there.port())) {
                boolean served = helo(again).startsWith("#1");
                if (served) {
                    quit(again);
                }
                return served;
            }
        });
    }

    /** Stopped as a whole, by a signal or by its hypervisor, so that not even its timers know. */
    @Test
    void aNodeThatWasStoppedAnswersNothingAboutWhatItHasLost() throws Exception {
        deliver(2, 10);
        try (PlainClient loser = opened(there, 2)) {
            markAll(loser, 2);
            there.pause();
            PlainClient next = opened(here, 2);
            loser.send("READ 1");
            loser.send("QUIT");
            there.resume();
            assertThat(loser.receive()).startsWith("- ");
            assertThat(loser.receive()).isEmpty();
            markAll(next, 1);
            quit(next);
        } finally {
            there.resume();
        }
        quit(opened(there, 1));
    }

    @Test
    void connectionsResetOnTheWayToTheDatabaseAreAPause() throws Exception {
        deliver(3, 300_000);
        try (PlainClient client = opened(there, 3)) {
            thereLink.reset();
            thereLink.heal();
            markAll(client, 1);
            thereLink.reset();
            assertThat(client.ask("READ 2")).startsWith("=300002");
            client.send("RETR");
            thereLink.heal();
            assertThat(client.receive(300_002)).hasSize(300_002);
            assertThat(client.ask("ACKD")).startsWith("=300002");
            thereLink.reset();
            client.send("QUIT");
            thereLink.heal();
            assertThat(client.receive()).startsWith("+");
        }
        quit(opened(here, 1));
    }
}
