package org.pop2.storage.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
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
 * A primary and two standbys, one node that knows all three, and the primary killed in the middle of deliveries and
 * releases, again and again. What was acknowledged is there once, or is gone for good; what was refused has changed
 * nothing; and after each promotion work goes on within ten seconds.
 */
@Tag("failover")
class FailoverCampaignTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);
    private static final HoldPolicy PATIENT = new HoldPolicy(Duration.ofHours(1), Duration.ofSeconds(5));
    private static final int USERS = 4;
    private static final int ENOUGH_MESSAGES = 30;

    private final int kills = Integer.getInteger("pop2.failover.kills", 20);
    private final long seed = Long.getLong("pop2.seed", System.nanoTime());

    private final AtomicInteger delivered = new AtomicInteger();
    private final AtomicInteger deleted = new AtomicInteger();
    private final AtomicInteger unknown = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    /** When deliveries and releases were acknowledged. */
    private final NavigableSet<Long> deliveredAt = new ConcurrentSkipListSet<>();

    private final NavigableSet<Long> releasedAt = new ConcurrentSkipListSet<>();
    private volatile boolean over;

    @Test
    void nothingAcknowledgedIsLostOrDoubledWhenThePrimaryIsKilled(@TempDir Path directory) throws Exception {
        System.out.println("seed " + seed + ", " + kills + " kills");
        try (Replicas replicas = new Replicas(directory, 3)) {
            TestDatabase database = TestDatabase.migrated(replicas.primary(), "");
            String url = "postgresql://" + replicas.hosts() + "/" + database.name;
            PostgresStore store =
                    database.open(PATIENT, Map.of("url", url, "statement-timeout", "3s", "lease-ttl", "20s"));
            List<CompletableFuture<Void>> users = new ArrayList<>();
            List<Owner> owners = new ArrayList<>();
            for (int i = 0; i < USERS; i++) {
                Owner owner = new Owner(new UserName("user" + i), store, new Random(seed + i));
                complete(store.accounts().put(new Account(owner.user, "{PLAIN}x", true)));
                owners.add(owner);
                users.add(CompletableFuture.runAsync(owner::work));
            }
            List<Long> pauses = new ArrayList<>();
            List<Long> outages = new ArrayList<>();
            try {
                Random random = new Random(seed - 1);
                for (int i = 0; i < kills; i++) {
                    Thread.sleep(500 + random.nextInt(1500));
                    long killed = System.nanoTime();
                    replicas.killPrimary();
                    long promoted = replicas.failOver();
                    long again = workedAfter(promoted);
                    pauses.add(Duration.ofNanos(again - promoted).toMillis());
                    outages.add(Duration.ofNanos(again - killed).toMillis());
                    replicas.rebuildOthers();
                    assertThat(users).noneMatch(CompletableFuture::isCompletedExceptionally);
                }
            } finally {
                over = true;
                CompletableFuture.allOf(users.toArray(new CompletableFuture<?>[0]))
                        .join();
                System.out.println(delivered + " messages delivered, " + deleted + " deleted, " + unknown
                        + " answers lost, " + refused + " refused; ms from the promotion: " + of(pauses)
                        + "; from the kill: " + of(outages));
            }
            for (Owner owner : owners) {
                owner.session(0);
            }
            assertThat(pauses).hasSize(kills).allMatch(pause -> pause <= LONGEST_PAUSE.toMillis());
            assertThat(delivered.get()).isGreaterThan(kills);
            assertThat(deleted.get()).isGreaterThan(kills);
            complete(store.close());
            assertThat(new TestDatabase(replicas.primary(), database.name).contradictions())
                    .isEmpty();
        }
    }

    /** When a delivery and a release had been acknowledged after that time. */
    private long workedAfter(long time) {
        Awaitility.await()
                .atMost(LIMIT)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> deliveredAt.higher(time) != null && releasedAt.higher(time) != null);
        return Math.max(
                deliveredAt.tailSet(time, false).first(),
                releasedAt.tailSet(time, false).first());
    }

    private static String of(List<Long> values) {
        List<Long> sorted = values.stream().sorted().toList();
        return sorted.isEmpty()
                ? "none"
                : "median " + sorted.get(sorted.size() / 2) + ", worst " + sorted.get(sorted.size() - 1);
    }

    private static void complete(Publisher<Void> work) {
        Mono.from(work).block(LIMIT);
    }

    private static @Nullable Reason outcome(Publisher<Void> work) {
        try {
            complete(work);
            return null;
        } catch (StoreException e) {
            return e.reason();
        }
    }

    /** One user's mail, delivered and read by turns. */
    private final class Owner {
        final UserName user;
        private final PostgresStore store;
        private final Random random;
        /** Acknowledged, and not deleted. */
        private final Set<Integer> certain = new HashSet<>();
        /** The answer to a delivery or a deletion was lost. */
        private final Set<Integer> perhaps = new HashSet<>();

        private int last;

        Owner(UserName user, PostgresStore store, Random random) {
            this.user = user;
            this.store = store;
            this.random = random;
        }

        void work() {
            while (!over) {
                for (int i = 0; i < 3 && certain.size() < ENOUGH_MESSAGES; i++) {
                    deliver();
                }
                session(2);
            }
        }

        private void deliver() {
            int id = ++last;
            byte[] text = ("X-Id: " + id + "\r\n" + "x".repeat(random.nextInt(10) == 0 ? 100_000 : 300) + "\r\n")
                    .getBytes(StandardCharsets.US_ASCII);
            Message message = Message.of(Flux.just(ByteBuffer.wrap(text)));
            boolean several = random.nextBoolean();
            Reason reason = outcome(
                    several
                            ? store.deliver(user, FolderName.INBOX, List.of(message))
                            : store.deliver(user, FolderName.INBOX, message));
            if (reason == null) {
                certain.add(id);
                delivered.incrementAndGet();
                deliveredAt.add(System.nanoTime());
            } else {
                perhaps.add(id);
                unknown.incrementAndGet();
            }
        }

        /** @param deletes how many in three messages are deleted */
        void session(int deletes) {
            Mailbox mailbox;
            try {
                mailbox = Mono.from(store.open(user, FolderName.INBOX))
                        .blockOptional(LIMIT)
                        .orElseThrow();
            } catch (StoreException e) {
                refused.incrementAndGet();
                assertThat(e.reason()).isNotEqualTo(Reason.CORRUPT);
                return;
            }
            List<Integer> found = new ArrayList<>();
            boolean read = true;
            for (int i = 1; i <= mailbox.count() && read; i++) {
                Integer id = read(mailbox, i);
                read = id != null;
                if (id != null) {
                    found.add(id);
                }
            }
            if (read) {
                assertThat(found).as("of %s", user).doesNotHaveDuplicates().containsAll(certain);
                assertThat(certain.size() + perhaps.size()).isGreaterThanOrEqualTo(found.size());
                assertThat(found).as("risen again").allMatch(id -> certain.contains(id) || perhaps.contains(id));
            }
            BitSet marked = new BitSet();
            List<Integer> gone = new ArrayList<>();
            for (int i = 0; read && i < found.size(); i++) {
                if (random.nextInt(3) < deletes) {
                    marked.set(i + 1);
                    gone.add(found.get(i));
                }
            }
            Reason reason = outcome(mailbox.release(marked));
            if (reason == null) {
                gone.forEach(certain::remove);
                gone.forEach(perhaps::remove);
                deleted.addAndGet(gone.size());
                releasedAt.add(System.nanoTime());
            } else if (reason == Reason.UNKNOWN_OUTCOME) {
                unknown.incrementAndGet();
                gone.forEach(certain::remove);
                perhaps.addAll(gone);
            } else {
                // nothing was deleted, which the next session sees
                refused.incrementAndGet();
            }
        }

        private @Nullable Integer read(Mailbox mailbox, int number) {
            StringBuilder text = new StringBuilder();
            Reason reason = outcome(Flux.from(mailbox.content(number))
                    .doOnNext(buffer -> {
                        text.append(StandardCharsets.US_ASCII.decode(buffer.octets()));
                        buffer.release();
                    })
                    .then());
            if (reason != null) {
                assertThat(reason).isNotEqualTo(Reason.CORRUPT);
                return null;
            }
            assertThat((long) text.length()).isEqualTo(mailbox.octets(number));
            return Integer.valueOf(text.substring("X-Id: ".length(), text.indexOf("\r\n")));
        }
    }
}
