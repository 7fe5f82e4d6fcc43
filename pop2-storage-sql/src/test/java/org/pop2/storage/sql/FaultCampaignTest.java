package org.pop2.storage.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.pop2.storage.Account;
import org.pop2.storage.FolderName;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Message;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.UserName;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Deliveries and sessions, each with one fault at some place: an error of the server at a random statement or commit, a
 * server process that ends, a connection cut at a random packet. A model says after each what has to be there.
 */
class FaultCampaignTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final UserName USER = new UserName("postel");
    /** Nobody is silent for so long: a lease that is left behind shows as a mailbox in use. */
    private static final HoldPolicy NO_TAKEOVER = new HoldPolicy(Duration.ofHours(1), Duration.ofSeconds(20));

    private static final int MOST_CALLS = 12;
    private static final int MOST_PACKETS = 20;
    private static final int ENOUGH_MESSAGES = 20;

    private final int faults = Integer.getInteger("pop2.faults", 100);
    private final long seed = Long.getLong("pop2.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final TestDatabase database = TestDatabase.plain();

    @AutoClose
    private final DatabaseFaults server = new DatabaseFaults(database);
    /** What has to be there: uid order is the order of delivery. */
    private final TreeMap<Integer, String> expected = new TreeMap<>();

    private int delivered;
    private int happened;
    private int survived;
    private int failed;

    @Test
    void whateverFailsNothingIsLostDeletedByHalvesOrLeaked() {
        System.out.println("seed " + seed + ", " + faults + " faults");
        try (CuttingProxy proxy = new CuttingProxy(database.address());
                BufferLeaks leaks = new BufferLeaks()) {
            PostgresStore store = database.open(NO_TAKEOVER, Map.of("url", proxy.url(database.name), "pool-size", "4"));
            complete(store.accounts().put(new Account(USER, "{PLAIN}x", true)));
            while (happened < faults) {
                boolean deliver = expected.isEmpty() || (expected.size() < ENOUGH_MESSAGES && random.nextBoolean());
                arm(proxy);
                StoreException error = deliver ? deliver(store) : session(store);
                boolean fault = server.clear() || proxy.hasCut();
                proxy.noCut();
                happened += fault ? 1 : 0;
                survived += fault && error == null ? 1 : 0;
                failed += error == null ? 0 : 1;
                assertThat(fault || error == null)
                        .as("fails without a fault: %s", error)
                        .isTrue();
                assertThat(server.number("SELECT count(*) FROM message"))
                        .as("after %s, %s", deliver ? "a delivery" : "a session", error)
                        .isEqualTo(expected.size());
                if (happened % 100 == 0) {
                    assertNothingLeaked(store);
                }
            }
            assertThat(session(store)).isNull();
            assertNothingLeaked(store);
            complete(store.close());
            assertThat(database.contradictions()).isEmpty();
            assertThat(database.number("SELECT count(*) FROM unreferenced WHERE NOT doomed"))
                    .as("chunks of failed deliveries that could not be given to the sweep at once")
                    .isLessThan(happened);
            leaks.assertNone();
        }
        System.out.println(happened + " faults: " + survived + " not noticed by the caller, " + failed + " reported; "
                + delivered + " messages delivered");
    }

    private void arm(CuttingProxy proxy) {
        int kind = random.nextInt(DatabaseFaults.ERRORS.size() + 4);
        if (kind < DatabaseFaults.ERRORS.size()) {
            server.after(random.nextInt(MOST_CALLS), DatabaseFaults.ERRORS.get(kind));
        } else if (kind < DatabaseFaults.ERRORS.size() + 2) {
            server.after(random.nextInt(MOST_CALLS), DatabaseFaults.TERMINATE);
        } else {
            proxy.cutAt(random.nextInt(MOST_PACKETS), random.nextBoolean());
        }
    }

    private @Nullable StoreException deliver(PostgresStore store) {
        int id = delivered + 1;
        String body = "X-Id: " + id + "\r\n" + "x".repeat(random.nextInt(10) == 0 ? 200_000 : 300) + "\r\n";
        Message message = Message.of(Flux.just(ByteBuffer.wrap(body.getBytes(StandardCharsets.US_ASCII))));
        StoreException error = outcome(store.deliver(USER, FolderName.INBOX, message));
        if (error == null) {
            delivered = id;
            expected.put(id, body);
        }
        return error;
    }

    private @Nullable StoreException session(PostgresStore store) {
        Mailbox mailbox;
        try {
            mailbox = Mono.from(store.open(USER, FolderName.INBOX))
                    .blockOptional(LIMIT)
                    .orElseThrow();
        } catch (StoreException e) {
            assertThat(e.reason()).as("a lease was left behind: %s", e).isNotEqualTo(Reason.CORRUPT);
            return e;
        }
        List<Integer> ids = new ArrayList<>(expected.keySet());
        assertThat(mailbox.count()).isEqualTo(ids.size());
        StoreException error = null;
        for (int i = 1; i <= ids.size() && error == null; i++) {
            error = read(mailbox, i, expected.get(ids.get(i - 1)));
        }
        BitSet deleted = new BitSet();
        for (int i = 1; i <= ids.size(); i++) {
            deleted.set(i, random.nextInt(3) == 0);
        }
        StoreException refused = outcome(mailbox.release(deleted));
        if (refused == null) {
            deleted.stream().forEach(i -> expected.remove(ids.get(i - 1)));
        }
        return error == null ? refused : error;
    }

    private static @Nullable StoreException read(Mailbox mailbox, int number, @Nullable String body) {
        StringBuilder text = new StringBuilder();
        StoreException error = outcome(Flux.from(mailbox.content(number))
                .doOnNext(buffer -> {
                    text.append(StandardCharsets.US_ASCII.decode(buffer.octets()));
                    buffer.release();
                })
                .then());
        if (error == null) {
            assertThat(text.toString()).isEqualTo(body);
        }
        return error;
    }

    private void assertNothingLeaked(PostgresStore store) {
        Awaitility.await().atMost(LIMIT).untilAsserted(() -> {
            assertThat(store.database().pool().getMetrics().orElseThrow().acquiredSize())
                    .isZero();
            assertThat(store.leases().count()).isZero();
            assertThat(database.number("SELECT count(*) FROM maildrop_lease WHERE session IS NOT NULL"))
                    .isZero();
            assertThat(database.number("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pop2d'"
                            + " AND datname = current_database()"))
                    .isLessThanOrEqualTo(4);
        });
    }

    private static void complete(Publisher<Void> work) {
        Mono.from(work).block(LIMIT);
    }

    private static @Nullable StoreException outcome(Publisher<Void> work) {
        try {
            complete(work);
            return null;
        } catch (StoreException e) {
            return e;
        }
    }
}
