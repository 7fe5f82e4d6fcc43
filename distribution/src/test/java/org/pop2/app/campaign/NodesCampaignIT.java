package org.pop2.app.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.storage.StoreException;

/**
 * Several packaged servers on one database. Clients of a few users call any of them, all the time and several at once,
 * while mail is delivered, and while nodes are killed, stopped for longer than their leases last, cut off from the
 * database and reset. No message may be lost, found twice or deleted without having been acknowledged; a release is all
 * or nothing; and once a client was given the mailbox, no other node may answer the client that had it before.
 */
@Tag("nodes")
class NodesCampaignIT {
    private static final Pattern ID = Pattern.compile("X-Id: (\\d+)\r\n");
    private static final int NODES = 3;
    private static final int USERS = 6;
    private static final int CLIENTS_PER_USER = 2;
    private static final int ENOUGH_MESSAGES = 40;

    private final int seconds = Integer.getInteger("pop2.nodes.seconds", 300);
    private final long seed = Long.getLong("pop2.seed", System.nanoTime());

    private final List<Instance> nodes = new ArrayList<>();
    private final List<Link> links = new ArrayList<>();
    private final List<SharedMailbox> mailboxes = new ArrayList<>();
    private final AtomicInteger sessions = new AtomicInteger();
    private final AtomicInteger busy = new AtomicInteger();
    private final AtomicInteger broken = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    private final AtomicInteger maybeDelivered = new AtomicInteger();
    private final AtomicReference<@Nullable Throwable> violation = new AtomicReference<>();
    private int kills;
    private int pauses;
    private int partitions;
    private int resets;
    private volatile boolean over;

    @Test
    void severalNodesServeEachMessageOnceWhateverBecomesOfThem(@TempDir Path directory) throws Exception {
        System.out.println("seed " + seed + ", " + seconds + " s");
        try (SharedDatabase database = new SharedDatabase()) {
            for (int i = 0; i < NODES; i++) {
                Link link = database.newLink();
                links.add(link);
                Instance node = SharedDatabase.node(
                        directory,
                        "node" + i,
                        link,
                        // so that a mailbox changes hands only by QUIT, or when the lease has run out
                        "mailbox { takeover-after = 1h, busy-wait = 200ms }",
                        "storage.postgresql { lease-ttl = 6s, statement-timeout = 3s }");
                nodes.add(node);
                node.start();
            }
            for (int i = 0; i < USERS; i++) {
                mailboxes.add(new SharedMailbox("user" + i));
                database.addUser("user" + i);
            }
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < USERS * CLIENTS_PER_USER; i++) {
                SharedMailbox mailbox = mailboxes.get(i % USERS);
                Random random = new Random(seed + i);
                threads.add(thread("client-" + i, () -> clients(mailbox, random)));
            }
            threads.add(thread("mta", () -> deliver(database, new Random(seed - 1))));
            try {
                disturb(database, new Random(seed));
            } finally {
                over = true;
                links.forEach(Link::heal);
                database.link.heal();
                for (Thread thread : threads) {
                    thread.join(Duration.ofMinutes(3).toMillis());
                }
                report();
            }
            assertThat(threads).noneMatch(Thread::isAlive);
            assertThat(violation.get()).isNull();
            for (SharedMailbox mailbox : mailboxes) {
                settle(mailbox);
            }
        } finally {
            for (Instance node : nodes) {
                node.close();
            }
            links.forEach(Link::close);
        }
    }

    private void report() {
        System.out.println(kills + " kills, " + pauses + " pauses, " + partitions + " partitions, " + resets
                + " resets; " + sessions + " sessions, " + busy + " told that the mailbox is in use, " + broken
                + " broken off, " + refused + " releases refused as the hold was lost; "
                + SharedMailbox.COMMITTED_UNHEARD + " releases had taken effect unheard, " + SharedMailbox.UNDONE
                + " had not; "
                + mailboxes.stream().mapToInt(SharedMailbox::delivered).sum() + " messages delivered, "
                + maybeDelivered + " perhaps, "
                + mailboxes.stream().mapToInt(SharedMailbox::deleted).sum() + " deleted");
    }

    // ---- what goes wrong

    private void disturb(SharedDatabase database, Random random) throws Exception {
        long end = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
        while (System.nanoTime() - end < 0 && violation.get() == null) {
            Thread.sleep(500L + random.nextInt(3000));
            int which = random.nextInt(NODES);
            Instance node = nodes.get(which);
            Link link = random.nextInt(8) == 0 ? database.link : links.get(which);
            switch (random.nextInt(4)) {
                case 0 -> {
                    kills++;
                    node.kill();
                    Thread.sleep(random.nextInt(5000));
                    node.start();
                }
                case 1 -> {
                    pauses++;
                    node.pause();
                    Thread.sleep(random.nextInt(15_000));
                    node.resume();
                }
                case 2 -> {
                    partitions++;
                    link.swallow();
                    Thread.sleep(random.nextInt(12_000));
                    link.heal();
                }
                default -> {
                    resets++;
                    link.reset();
                    Thread.sleep(random.nextInt(3000));
                    link.heal();
                }
            }
        }
    }

    // ---- the MTA

    private void deliver(SharedDatabase database, Random random) throws InterruptedException {
        for (int id = 1; !over; id++) {
            SharedMailbox mailbox = mailboxes.get(random.nextInt(USERS));
            if (mailbox.live() < ENOUGH_MESSAGES) {
                int lines = random.nextInt(20) == 0 ? 3000 : random.nextInt(20);
                String body = "X-Id: " + id + "\r\n" + ("line of message " + id + " -\r\n").repeat(lines);
                mailbox.delivers(id, body);
                try {
                    database.deliver(mailbox.user, body);
                    mailbox.delivered(id);
                } catch (StoreException e) {
                    // it may be there all the same
                    maybeDelivered.incrementAndGet();
                }
            }
            Thread.sleep(random.nextInt(60) + 1L);
        }
    }

    // ---- the clients

    private void clients(SharedMailbox mailbox, Random random) throws InterruptedException {
        while (!over && violation.get() == null) {
            Instance node = nodes.get(random.nextInt(NODES));
            try (PlainClient client = new PlainClient(node.port())) {
                session(client, mailbox, random);
            } catch (IOException e) {
                broken.incrementAndGet();
            }
            Thread.sleep(random.nextInt(200) + 1L);
        }
    }

    private void session(PlainClient client, SharedMailbox mailbox, Random random)
            throws IOException, InterruptedException {
        if (!client.receive().startsWith("+")) {
            throw new IOException("no greeting");
        }
        Set<Integer> expected = mailbox.expected();
        String reply = client.ask("HELO " + mailbox.user + " secret");
        if (reply.startsWith("- ")) {
            busy.incrementAndGet();
            return;
        }
        int count = PlainClient.number(reply, '#');
        SharedMailbox.Holder holder = mailbox.opened();
        Map<Integer, String> found = fetch(client, holder, count);
        mailbox.check(expected, found);
        sessions.incrementAndGet();
        Thread.sleep(random.nextInt(400));
        Set<Integer> marked = mark(client, holder, found, random);
        holder.releases(marked);
        String last = client.ask("QUIT");
        if (last.startsWith("+")) {
            holder.released();
        } else if (last.contains("in use") || last.contains("taken over")) {
            refused.incrementAndGet();
            holder.refused();
        } else {
            throw new IOException("the outcome is not known: " + last);
        }
    }

    private static Map<Integer, String> fetch(PlainClient client, SharedMailbox.Holder holder, int count)
            throws IOException {
        Map<Integer, String> found = new LinkedHashMap<>();
        int octets = PlainClient.number(ask(client, holder, "READ 1"), '=');
        for (int i = 0; i < count; i++) {
            String body = retrieve(client, octets);
            Matcher id = ID.matcher(body);
            assertThat(id.lookingAt()).as("a message of ours").isTrue();
            assertThat(found.put(Integer.valueOf(id.group(1)), body))
                    .as("found twice")
                    .isNull();
            octets = PlainClient.number(ask(client, holder, "ACKS"), '=');
        }
        return found;
    }

    private static Set<Integer> mark(
            PlainClient client, SharedMailbox.Holder holder, Map<Integer, String> found, Random random)
            throws IOException {
        Set<Integer> marked = new HashSet<>();
        int number = 0;
        for (int id : found.keySet()) {
            number++;
            if (random.nextInt(3) == 0) {
                retrieve(client, PlainClient.number(ask(client, holder, "READ " + number), '='));
                ask(client, holder, "ACKD");
                marked.add(id);
            }
        }
        return marked;
    }

    private static String retrieve(PlainClient client, int octets) throws IOException {
        client.send("RETR");
        byte[] body = client.receive(octets);
        if (body.length != octets) {
            throw new IOException("cut off in the middle of a message");
        }
        return new String(body, StandardCharsets.US_ASCII);
    }

    /** Who has lost the mailbox to another session, and asks only then, must get no answer but an error. */
    private static String ask(PlainClient client, SharedMailbox.Holder holder, String command) throws IOException {
        boolean late = holder.isSuperseded();
        String reply = client.ask(command);
        assertThat(late && reply.startsWith("="))
                .as("%s is answered by a node that has lost the mailbox: %s", command, reply)
                .isFalse();
        if (!reply.startsWith("=")) {
            throw new IOException("told: " + reply);
        }
        return reply;
    }

    /** When all is quiet: a last session finds everything that was not deleted. */
    private void settle(SharedMailbox mailbox) throws Exception {
        long end = System.nanoTime() + Duration.ofMinutes(2).toNanos();
        while (true) {
            try (PlainClient client = new PlainClient(nodes.get(0).port())) {
                client.receive();
                Set<Integer> expected = mailbox.expected();
                String reply = client.ask("HELO " + mailbox.user + " secret");
                if (reply.startsWith("#")) {
                    SharedMailbox.Holder holder = mailbox.opened();
                    mailbox.check(expected, fetch(client, holder, PlainClient.number(reply, '#')));
                    assertThat(client.ask("QUIT")).startsWith("+");
                    return;
                }
            }
            assertThat(System.nanoTime() - end)
                    .as("never given back: " + mailbox.user)
                    .isNegative();
            Thread.sleep(200);
        }
    }

    @FunctionalInterface
    private interface Work {
        void run() throws Exception;
    }

    private Thread thread(String name, Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (Throwable e) {
                        violation.compareAndSet(null, e);
                    }
                },
                name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }
}
