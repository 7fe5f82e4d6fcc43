package org.pop2.app.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The packaged server is killed with SIGKILL in the middle of releases, again and again, while deliveries go on. After
 * each restart every message that was not deleted is there exactly once, octet for octet; and those that a killed
 * release was to delete are all there or all gone.
 */
@Tag("kills")
class KilledServerIT {
    private static final Pattern ID = Pattern.compile("X-Id: (\\d+)\r\n");

    private final int kills = Integer.getInteger("pop2.kills", 500);
    private final long seed = Long.getLong("pop2.seed", System.nanoTime());

    @Test
    void aKilledServerLosesNothingAndRepeatsNothing(@TempDir Path directory) throws Exception {
        System.out.println("seed " + seed + ", " + kills + " kills");
        Instance instance = new Instance(directory);
        assertThat(instance.run("secret\n", "user", "add", "demo", "--password-stdin"))
                .isZero();
        Appender appender = new Appender(instance.spool().resolve("demo"), seed);
        for (int i = 0; i < 30; i++) {
            appender.deliver();
        }
        Thread mta = new Thread(appender, "mta");
        mta.setDaemon(true);
        mta.start();
        try {
            campaign(instance, appender, mta);
        } finally {
            appender.stop();
            instance.close();
        }
    }

    private void campaign(Instance instance, Appender appender, Thread mta) throws IOException, InterruptedException {
        Random random = new Random(seed);
        Set<Integer> gone = new HashSet<>();
        Set<Integer> uncertain = Set.of();
        int committed = 0;
        int undone = 0;
        for (int round = 1; round <= kills; round++) {
            instance.start();
            try (PlainClient client = new PlainClient(instance.port())) {
                Map<Integer, String> found = fetch(client, instance);
                int settled = settle(found, gone, uncertain, appender);
                committed += settled > 0 ? 1 : 0;
                undone += settled < 0 ? 1 : 0;
                uncertain = mark(client, found, random);
                client.send("QUIT");
                uncertain = killDuringRelease(client, instance, random, uncertain, gone);
            }
            if (round % 50 == 0) {
                System.out.println(round + " kills");
            }
        }
        instance.start();
        appender.stop();
        mta.join();
        try (PlainClient client = new PlainClient(instance.port())) {
            Map<Integer, String> found = fetch(client, instance);
            settle(found, gone, uncertain, appender);
            assertThat(appender.bodies().keySet().stream().filter(id -> !gone.contains(id)))
                    .as("delivered and not deleted")
                    .containsExactlyInAnyOrderElementsOf(found.keySet());
        }
        System.out.println(kills + " kills: " + committed + " releases had taken effect without a reply, " + undone
                + " had not; " + appender.bodies().size() + " messages delivered, " + gone.size() + " deleted");
    }

    /** Every message by its number; a message that is there twice, or is not what was delivered, fails. */
    private static Map<Integer, String> fetch(PlainClient client, Instance instance) throws IOException {
        assertThat(client.receive()).startsWith("+ POP2 ");
        int count = PlainClient.number(client.ask("HELO demo secret"), '#');
        Map<Integer, String> found = new LinkedHashMap<>();
        int octets = PlainClient.number(client.ask("READ 1"), '=');
        for (int i = 0; i < count; i++) {
            client.send("RETR");
            String message = new String(client.receive(octets), StandardCharsets.ISO_8859_1);
            Matcher id = ID.matcher(message);
            assertThat(id.find())
                    .as("a message of ours, in %s:%n%s", instance.spool(), message)
                    .isTrue();
            assertThat(found.put(Integer.valueOf(id.group(1)), message))
                    .as("seen twice")
                    .isNull();
            octets = PlainClient.number(client.ask("ACKS"), '=');
        }
        assertThat(octets).isZero();
        return found;
    }

    /** Holds what was found against what has to be there; says what became of the uncertain ones: 1 gone, -1 kept. */
    private static int settle(
            Map<Integer, String> found, Set<Integer> gone, Set<Integer> uncertain, Appender appender) {
        found.forEach((id, message) -> assertThat(message)
                .as("message " + id)
                .isEqualTo(appender.bodies().get(id)));
        assertThat(gone.stream().filter(found::containsKey))
                .as("deleted for good, and there again")
                .isEmpty();
        Set<Integer> kept = new HashSet<>(uncertain);
        kept.retainAll(found.keySet());
        assertThat(kept.isEmpty() || kept.equals(uncertain))
                .as("all or nothing")
                .isTrue();
        int verdict = uncertain.isEmpty() ? 0 : kept.isEmpty() ? 1 : -1;
        if (kept.isEmpty()) {
            gone.addAll(uncertain);
        }
        int newest = found.keySet().stream().mapToInt(Integer::intValue).max().orElse(0);
        for (int id = 1; id < newest; id++) {
            assertThat(gone.contains(id) || found.containsKey(id))
                    .as("message " + id + " is lost")
                    .isTrue();
        }
        return verdict;
    }

    /** Marks some: an early one and many behind it, so that a release has something to move. */
    private static Set<Integer> mark(PlainClient client, Map<Integer, String> found, Random random) throws IOException {
        Set<Integer> marked = new HashSet<>();
        int number = 0;
        int keepOneIn = 2 + random.nextInt(8);
        boolean all = random.nextInt(10) == 0;
        for (int id : found.keySet()) {
            number++;
            if (all || random.nextInt(keepOneIn) > 0 || found.size() > 200) {
                int octets = PlainClient.number(client.ask("READ " + number), '=');
                client.send("RETR");
                client.receive(octets);
                client.ask("ACKD");
                marked.add(id);
            }
        }
        return marked;
    }

    /** Kills some time after QUIT; what is still uncertain then. */
    private static Set<Integer> killDuringRelease(
            PlainClient client, Instance instance, Random random, Set<Integer> marked, Set<Integer> gone)
            throws InterruptedException {
        if (random.nextInt(5) > 0) {
            Thread.sleep(random.nextInt(random.nextBoolean() ? 8 : 60), random.nextInt(1_000_000));
            instance.kill();
        }
        try {
            if (client.receive().startsWith("+")) {
                gone.addAll(marked);
                return Set.of();
            }
        } catch (IOException reset) {
            // no reply: it happened or it did not
        } finally {
            instance.kill();
        }
        return marked;
    }
}
