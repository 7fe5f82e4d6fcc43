package org.pop2.storage.sql;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.r2dbc.spi.Connection;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pop2.storage.Account;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.FolderName;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStore;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Message;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.UserName;
import org.pop2.storage.sql.Database.Repeat;
import org.reactivestreams.Publisher;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** What goes wrong between a node and its database, and between nodes. */
@Tag("any-database")
class FaultTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final UserName USER = new UserName("postel");
    private static final HoldPolicy REFUSE = new HoldPolicy(Duration.ofHours(1), Duration.ZERO);
    private static final HoldPolicy PATIENT = new HoldPolicy(Duration.ofHours(1), Duration.ofSeconds(30));

    /** Two chunks, of which the second is never asked for. */
    private static final int STALLED_OCTETS = 70_000;

    private static TestDatabase database;

    private final List<PostgresStore> opened = new ArrayList<>();

    @BeforeAll
    static void createDatabase() {
        database = TestDatabase.migrated();
    }

    @AfterEach
    void closeAll() {
        opened.forEach(store -> complete(store.close()));
        assertThat(database.contradictions()).isEmpty();
        database.clear();
    }

    private PostgresStore open(HoldPolicy policy, Map<String, String> settings) {
        PostgresStore store = database.open(policy, settings);
        opened.add(store);
        complete(store.accounts().put(new Account(USER, "{PLAIN}x", true)));
        return store;
    }

    private static void complete(Publisher<Void> work) {
        Mono.from(work).block(LIMIT);
    }

    private static @Nullable StoreException outcome(Supplier<Publisher<Void>> work) {
        try {
            complete(work.get());
            return null;
        } catch (StoreException e) {
            return e;
        }
    }

    private static Mailbox inbox(MailStore store) {
        return Mono.from(store.open(USER, FolderName.INBOX))
                .blockOptional(LIMIT)
                .orElseThrow();
    }

    private static Message message(String text) {
        return Message.of(Flux.just(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8))));
    }

    private static BitSet bits(int... numbers) {
        BitSet bits = new BitSet();
        for (int number : numbers) {
            bits.set(number);
        }
        return bits;
    }

    private static long live() {
        return database.number("SELECT count(*) FROM message");
    }

    private static void assertNothingLeaked(PostgresStore store) {
        Awaitility.await().atMost(LIMIT).untilAsserted(() -> {
            assertThat(store.database().pool().getMetrics().orElseThrow().acquiredSize())
                    .isZero();
            assertThat(store.leases().count()).isZero();
            assertThat(database.number("SELECT count(*) FROM maildrop_lease WHERE session IS NOT NULL"))
                    .isZero();
        });
    }

    /** Before each packet that the operation sends, and after it, until there are no more packets. */
    private void cutEverywhere(CuttingProxy proxy, Runnable operation, Runnable check) {
        for (boolean afterSending : new boolean[] {false, true}) {
            int cuts = 0;
            boolean cut = true;
            while (cut) {
                proxy.cutAt(cuts, afterSending);
                operation.run();
                cut = proxy.hasCut();
                proxy.noCut();
                check.run();
                cuts++;
            }
            assertThat(cuts).isGreaterThan(3);
        }
    }

    @Test
    void deliveryCutAtEveryPacketIsThereOnceOrNotAtAll() {
        deliveriesAreCut(1, store -> store.deliver(USER, FolderName.INBOX, message("x".repeat(100_000))));
    }

    @Test
    void batchCutAtEveryPacketIsThereOnceOrNotAtAll() {
        deliveriesAreCut(
                3,
                store -> store.deliver(
                        USER,
                        FolderName.INBOX,
                        List.of(message("one"), message("x".repeat(100_000)), message("three"))));
    }

    private void deliveriesAreCut(int messages, Function<PostgresStore, Publisher<Void>> delivery) {
        try (CuttingProxy proxy = new CuttingProxy(database.address())) {
            PostgresStore store = open(REFUSE, Map.of("url", proxy.url(database.name), "pool-size", "2"));
            AtomicInteger delivered = new AtomicInteger();
            cutEverywhere(
                    proxy,
                    () -> {
                        StoreException error = outcome(() -> delivery.apply(store));
                        if (error == null) {
                            delivered.addAndGet(messages);
                        } else {
                            assertThat(error.reason()).isEqualTo(Reason.UNAVAILABLE);
                        }
                    },
                    () -> assertThat(live()).isEqualTo(delivered.get()));
            assertThat(delivered.get()).isPositive();
            assertNothingLeaked(store);
        }
    }

    @Test
    void releaseCutAtEveryPacketIsAllOrNothing() {
        try (CuttingProxy proxy = new CuttingProxy(database.address())) {
            PostgresStore store = open(REFUSE, Map.of("url", proxy.url(database.name), "pool-size", "2"));
            int released = 0;
            PostgresStore direct = open(REFUSE, Map.of());
            for (boolean afterSending : new boolean[] {false, true}) {
                boolean cut = true;
                for (int n = 0; cut; n++) {
                    complete(direct.deliver(USER, FolderName.INBOX, message("one")));
                    complete(direct.deliver(USER, FolderName.INBOX, message("two")));
                    Mailbox mailbox = inbox(store);
                    int before = mailbox.count();
                    proxy.cutAt(n, afterSending);
                    StoreException error = outcome(() -> mailbox.release(bits(1, 2)));
                    cut = proxy.hasCut();
                    proxy.noCut();
                    assertThat(live()).isEqualTo(error == null ? before - 2 : before);
                    released += error == null ? 1 : 0;
                }
            }
            assertThat(released).isPositive();
            assertNothingLeaked(store);
        }
    }

    /** Nobody can find out any more: only what is certain is said. */
    @Test
    void releaseCutAtEveryPacketFromADatabaseThatStaysAwaySaysWhatItKnows() {
        PostgresStore direct = open(REFUSE, Map.of());
        Map<String, Optional<Reason>> answers = new ConcurrentHashMap<>();
        // of its own: the stores need some of the threads that all share, and these wait for the stores
        Scheduler waiting = Schedulers.newBoundedElastic(20, 20, "cut");
        Flux.range(0, 20)
                .flatMap(
                        i -> Mono.fromRunnable(() -> {
                                    FolderName folder = new FolderName("cut" + i);
                                    complete(direct.deliver(USER, folder, message("one")));
                                    answers.put(folder.value(), releaseCutForGood(folder, i / 2, i % 2 == 0));
                                })
                                .subscribeOn(waiting),
                        20)
                .blockLast(LIMIT);
        waiting.dispose();
        assertThat(answers).hasSize(20);
        answers.forEach((folder, answer) -> {
            long left = database.number("SELECT messages FROM mailbox WHERE folder = '" + folder + "'");
            answer.ifPresentOrElse(
                    reason -> assertThat(left)
                            .as("%s: %s", folder, reason)
                            .isIn(reason == Reason.UNKNOWN_OUTCOME ? List.of(0L, 1L) : List.of(1L)),
                    () -> assertThat(left).as(folder).isZero());
        });
        assertThat(answers.values())
                .contains(Optional.of(Reason.UNAVAILABLE), Optional.of(Reason.UNKNOWN_OUTCOME), Optional.empty());
    }

    private Optional<Reason> releaseCutForGood(FolderName folder, int packet, boolean afterSending) {
        try (CuttingProxy proxy = new CuttingProxy(database.address())) {
            PostgresStore store = database.open(
                    REFUSE, Map.of("url", proxy.url(database.name), "pool-size", "1", "statement-timeout", "500ms"));
            Mailbox mailbox =
                    Mono.from(store.open(USER, folder)).blockOptional(LIMIT).orElseThrow();
            proxy.cutForGoodAt(packet, afterSending);
            StoreException error = outcome(() -> mailbox.release(bits(1)));
            proxy.noCut();
            proxy.heal();
            complete(store.close());
            return Optional.ofNullable(error).map(StoreException::reason);
        }
    }

    @Test
    void openingAndReadingCutAtEveryPacketLoseNothing() {
        try (CuttingProxy proxy = new CuttingProxy(database.address())) {
            PostgresStore store = open(REFUSE, Map.of("url", proxy.url(database.name), "pool-size", "2"));
            complete(store.deliver(USER, FolderName.INBOX, message("x".repeat(200_000))));
            cutEverywhere(
                    proxy,
                    () -> outcome(() -> Flux.usingWhen(
                            store.open(USER, FolderName.INBOX),
                            mailbox -> Flux.from(mailbox.content(1)).then(),
                            mailbox -> mailbox.release(new BitSet()))),
                    () -> {
                        assertThat(live()).isEqualTo(1);
                        assertNothingLeaked(store);
                    });
        }
    }

    @Test
    void nodeCutOffLosesItsMailboxesAndCanDeleteNothing() {
        try (CuttingProxy proxy = new CuttingProxy(database.address())) {
            PostgresStore cutOff =
                    open(REFUSE, Map.of("url", proxy.url(database.name), "lease-ttl", "2s", "statement-timeout", "1s"));
            PostgresStore other = open(PATIENT, Map.of("lease-ttl", "2s"));
            complete(other.deliver(USER, FolderName.INBOX, message("one")));
            Mailbox loser = inbox(cutOff);
            assertThat(measure(cutOff, "holds")).isEqualTo(1);
            proxy.partition();
            complete(loser.lost());
            Awaitility.await().atMost(LIMIT).until(() -> measure(cutOff, "leases.lost") == 1);
            assertThat(measure(cutOff, "holds")).isZero();
            Mailbox next = inbox(other);
            assertThat(next.count()).isEqualTo(1);
            proxy.heal();
            StoreException error = outcome(() -> loser.release(bits(1)));
            assertThat(error).isNotNull().extracting(StoreException::reason).isEqualTo(Reason.BUSY);
            assertThat(live()).isEqualTo(1);
            complete(next.release(bits(1)));
            assertThat(live()).isZero();
            Mailbox again = inbox(cutOff);
            assertThat(again.count()).isZero();
            complete(again.release(new BitSet()));
        }
    }

    private static long measure(PostgresStore store, String name) {
        return store.measures().stream()
                .filter(measure -> measure.name().equals(name))
                .mapToLong(measure -> measure.value().getAsLong())
                .sum();
    }

    @Test
    void restartOfANodeFreesAtOnceWhatItsEarlierRunHeld() {
        PostgresStore earlier = open(REFUSE, Map.of("node", "one"));
        PostgresStore unnamed = open(REFUSE, Map.of());
        complete(earlier.deliver(USER, FolderName.INBOX, message("one")));
        Mailbox left = inbox(earlier);
        PostgresStore later = open(REFUSE, Map.of("node", "one"));
        Mailbox next = inbox(unnamed);
        complete(left.lost());
        assertThat(outcome(() -> left.release(bits(1))))
                .isNotNull()
                .extracting(StoreException::reason)
                .isEqualTo(Reason.BUSY);
        complete(next.release(bits(1)));
        complete(inbox(later).release(new BitSet()));
    }

    @Test
    void renewedLeaseOutlivesItsTimeToLive() {
        PostgresStore holder = open(REFUSE, Map.of("lease-ttl", "2s"));
        PostgresStore other = open(new HoldPolicy(Duration.ofHours(1), Duration.ofSeconds(5)), Map.of());
        complete(holder.deliver(USER, FolderName.INBOX, message("one")));
        Mailbox mailbox = inbox(holder);
        assertThat(outcome(() -> Mono.from(other.open(USER, FolderName.INBOX)).then()))
                .isNotNull()
                .extracting(StoreException::reason)
                .isEqualTo(Reason.BUSY);
        complete(mailbox.release(bits(1)));
        assertThat(live()).isZero();
    }

    @Test
    void newcomerOnAnotherNodeWaitsForSilence() {
        HoldPolicy policy = new HoldPolicy(Duration.ofSeconds(1), Duration.ofSeconds(30));
        PostgresStore here = open(policy, Map.of());
        PostgresStore there = open(policy, Map.of());
        complete(here.deliver(USER, FolderName.INBOX, message("one")));
        Mailbox loser = inbox(here);
        Mailbox next = inbox(there);
        complete(loser.lost());
        Awaitility.await().atMost(LIMIT).until(() -> measure(here, "takeovers") == 1);
        assertThat(measure(here, "leases.lost")).isZero();
        assertThat(outcome(() -> loser.release(bits(1)))).isNotNull();
        complete(next.release(bits(1)));
    }

    /** A report of an earlier silence says nothing of now: not even when it was long enough. */
    @Test
    void clientThatSpeaksAgainAfterASilenceKeepsItsMailbox() {
        HoldPolicy policy = new HoldPolicy(Duration.ofMillis(500), Duration.ofSeconds(2));
        PostgresStore here = open(policy, Map.of("lease-ttl", "30s"));
        PostgresStore there = open(policy, Map.of("lease-ttl", "30s"));
        complete(here.deliver(USER, FolderName.INBOX, message("one")));
        Mailbox holder = inbox(here);
        // as a renewal has it that came while the client was silent; the next one is ten seconds away
        database.execute("UPDATE maildrop_lease SET active_at = now() - interval '41 s', reported_at = now() -"
                + " interval '5 s' WHERE session IS NOT NULL");
        CompletableFuture<Mailbox> opening =
                Mono.from(there.open(USER, FolderName.INBOX)).toFuture();
        while (!opening.isDone()) {
            holder.active();
            Thread.onSpinWait();
        }
        assertThat(opening)
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .havingCause()
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.reason()).isEqualTo(Reason.BUSY));
        complete(holder.release(bits(1)));
        assertThat(live()).isZero();
    }

    @Test
    void stepOfTheDatabasesClockTakesNoMailboxFromAHolderThatLives() {
        PostgresStore here = open(REFUSE, Map.of());
        PostgresStore there = open(REFUSE, Map.of());
        complete(here.deliver(USER, FolderName.INBOX, message("one")));
        Mailbox holder = inbox(here);
        // what all leases look like when the clock has gone an hour forward
        database.execute("UPDATE maildrop_lease SET expires_at = now() - interval '59 minutes',"
                + " active_at = now() - interval '1 hour', reported_at = now() - interval '1 hour'"
                + " WHERE session IS NOT NULL");
        assertThat(outcome(() -> Mono.from(there.open(USER, FolderName.INBOX)).then()))
                .isNotNull()
                .extracting(StoreException::reason)
                .isEqualTo(Reason.BUSY);
        complete(holder.release(bits(1)));
        assertThat(live()).isZero();
    }

    /** Each row may be a read of its own from a cold disk. */
    @Test
    void manyDeletionsOnASlowDiskEndAsEachStatementStaysWithinItsLimit() {
        PostgresStore store = open(REFUSE, Map.of("statement-timeout", "500ms"));
        complete(store.deliver(USER, FolderName.INBOX, message("one")));
        int messages = 1_500;
        database.execute("INSERT INTO message (mailbox_id, uid, octets, chunks, body_id, sha256, sender)"
                + " SELECT mailbox_id, n, octets, chunks, md5('b' || n)::uuid, sha256, '' FROM message,"
                + " generate_series(2, " + messages + ") AS n");
        database.execute(
                "INSERT INTO message_chunk SELECT c.mailbox_id, m.body_id, 0, c.data FROM message m, message_chunk c"
                        + " WHERE m.mailbox_id = c.mailbox_id AND m.uid > 1");
        database.execute("UPDATE mailbox SET next_uid = " + (messages + 1) + ", messages = " + messages
                + ", octets = octets * " + messages);
        database.execute("CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS"
                + " 'BEGIN PERFORM pg_sleep(0.001); RETURN OLD; END'");
        database.execute("CREATE TRIGGER slowly BEFORE DELETE ON message FOR EACH ROW EXECUTE FUNCTION slowly()");
        try {
            Mailbox mailbox = inbox(store);
            assertThat(mailbox.count()).isEqualTo(messages);
            BitSet all = new BitSet();
            all.set(1, messages + 1);
            complete(mailbox.release(all));
            assertThat(live()).isZero();
        } finally {
            database.execute("DROP TRIGGER slowly ON message");
            database.execute("DROP FUNCTION slowly");
        }
    }

    @Test
    void hundredsOfFaultsLeakNothing() {
        int faults = Integer.getInteger("pop2.faults", 100) / 4;
        PostgresStore store = open(new HoldPolicy(Duration.ZERO, Duration.ofSeconds(5)), Map.of("pool-size", "4"));
        int done = 0;
        for (int i = 0; i < faults; i++) {
            Mono<Void> session = Mono.from(store.deliver(USER, FolderName.INBOX, message("m" + i)))
                    .then(Mono.from(store.open(USER, FolderName.INBOX)))
                    .flatMap(mailbox -> Mono.from(mailbox.release(bits(1))));
            var running = session.onErrorResume(StoreException.class, e -> Mono.empty())
                    .toFuture();
            database.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    + " WHERE application_name = 'pop2d' AND datname = '" + database.name + "'");
            running.orTimeout(60, java.util.concurrent.TimeUnit.SECONDS).join();
            done++;
        }
        assertThat(done).isEqualTo(faults);
        complete(store.deliver(USER, FolderName.INBOX, message("last")));
        Mailbox mailbox = inbox(store);
        assertThat((long) mailbox.count()).isEqualTo(live());
        complete(mailbox.release(new BitSet()));
        assertNothingLeaked(store);
    }

    /** 200 users on links that stand still, and ten connections to the database. */
    @Test
    void stalledTransfersHoldNoConnectionAndOthersAreServed() {
        int stalled = 200;
        PostgresStore store = open(REFUSE, Map.of("pool-size", "10"));
        AtomicInteger received = new AtomicInteger();
        List<Mailbox> mailboxes = Flux.range(0, stalled)
                .flatMap(
                        i -> {
                            UserName user = new UserName("stalled" + i);
                            return Mono.from(store.accounts().put(new Account(user, "{PLAIN}x", true)))
                                    .then(Mono.from(
                                            store.deliver(user, FolderName.INBOX, message("x".repeat(STALLED_OCTETS)))))
                                    .then(Mono.from(store.open(user, FolderName.INBOX)));
                        },
                        10)
                .collectList()
                .blockOptional(LIMIT)
                .orElseThrow();
        List<BaseSubscriber<ContentBuffer>> transfers = new ArrayList<>();
        for (Mailbox mailbox : mailboxes) {
            BaseSubscriber<ContentBuffer> transfer = new BaseSubscriber<>() {
                @Override
                protected void hookOnSubscribe(org.reactivestreams.Subscription subscription) {
                    subscription.request(1);
                }

                @Override
                protected void hookOnNext(ContentBuffer buffer) {
                    received.addAndGet(buffer.octets().remaining());
                    buffer.release();
                }
            };
            mailbox.content(1).subscribe(transfer);
            transfers.add(transfer);
        }
        Awaitility.await().atMost(LIMIT).untilAsserted(() -> {
            assertThat(received).hasValue(stalled * WireForm.CHUNK_OCTETS);
            assertThat(store.database().pool().getMetrics().orElseThrow().acquiredSize())
                    .isZero();
        });

        // somebody else's whole session, from the login on
        complete(store.deliver(USER, FolderName.INBOX, message("others are served")));
        assertThat(Mono.from(store.accounts().find(USER)).block(LIMIT)).isNotNull();
        Mailbox served = inbox(store);
        assertThat(Flux.from(served.content(1))
                        .map(buffer -> buffer.octets().remaining())
                        .reduce(0, Integer::sum)
                        .block(LIMIT))
                .isEqualTo("others are served\r\n".length());
        complete(served.release(bits(1)));

        // the links move again, all at once
        transfers.forEach(BaseSubscriber::requestUnbounded);
        Awaitility.await()
                .atMost(LIMIT)
                .untilAsserted(() -> assertThat(received).hasValue(stalled * (STALLED_OCTETS + 2)));
        complete(Flux.fromIterable(mailboxes)
                .flatMap(mailbox -> mailbox.release(bits(1)), 10)
                .then());
        assertThat(live()).isZero();
        assertNothingLeaked(store);
    }

    @Test
    void exhaustedPoolIsBusy() {
        PostgresStore store = open(REFUSE, Map.of("pool-size", "1", "statement-timeout", "500ms"));
        Connection taken = store.database().pool().create().blockOptional(LIMIT).orElseThrow();
        long start = System.nanoTime();
        StoreException error =
                outcome(() -> Mono.from(store.open(USER, FolderName.INBOX)).then());
        assertThat(error).isNotNull().extracting(StoreException::reason).isEqualTo(Reason.BUSY);
        // and is not waited for once more
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(3));
        Mono.from(taken.close()).block(LIMIT);
        complete(inbox(store).release(new BitSet()));
    }

    @Test
    void heldMailboxesAreNotLostWhileEveryConnectionIsInUse() throws Exception {
        PostgresStore store = open(REFUSE, Map.of("pool-size", "1", "statement-timeout", "500ms", "lease-ttl", "2s"));
        Mailbox mailbox = inbox(store);
        Connection taken = store.database().pool().create().blockOptional(LIMIT).orElseThrow();
        Thread.sleep(4000);
        Mono.from(taken.close()).block(LIMIT);
        assertThat(store.leases().expired()).isZero();
        complete(mailbox.release(new BitSet()));
    }

    @Test
    void victimsOfOthersAreRunAgainAsAWhole() {
        PostgresStore store = open(REFUSE, Map.of());
        for (String state : List.of("40001", "40P01")) {
            AtomicInteger tries = new AtomicInteger();
            Database database = store.database();
            Boolean done = database.transaction(
                            "test",
                            Repeat.IF_VICTIM,
                            connection -> database.changed(
                                            connection, tries.incrementAndGet() < 4 ? raise(state) : "SELECT 1")
                                    .thenReturn(true))
                    .block(LIMIT);
            assertThat(done).isTrue();
            assertThat(tries).hasValue(4);
        }
    }

    /** What failed has said so; the user calls again at once and is not told that the mailbox is in use. */
    @Test
    void aSessionThatFailedLeavesNoLeaseBehind() {
        try (CuttingProxy proxy = new CuttingProxy(database.address())) {
            PostgresStore store = open(
                    PATIENT, Map.of("url", proxy.url(database.name), "statement-timeout", "300ms", "pool-size", "2"));
            complete(store.deliver(USER, FolderName.INBOX, message("one")));
            Mailbox mailbox = inbox(store);
            proxy.partition();
            assertThat(outcome(() -> mailbox.release(bits(1))))
                    .isNotNull()
                    .extracting(StoreException::reason)
                    .isEqualTo(Reason.UNAVAILABLE);
            assertThat(outcome(
                            () -> Mono.from(store.open(USER, FolderName.INBOX)).then()))
                    .isNotNull()
                    .extracting(StoreException::reason)
                    .isEqualTo(Reason.UNAVAILABLE);
            proxy.heal();
            Mailbox again = inbox(store);
            complete(again.release(new BitSet()));
            assertNothingLeaked(store);
        }
    }

    @Test
    void aNodeThatCannotRenewSaysSoOnceAndRenewsAgainAfterwards() {
        try (CuttingProxy proxy = new CuttingProxy(database.address())) {
            PostgresStore store = open(
                    REFUSE, Map.of("url", proxy.url(database.name), "statement-timeout", "3s", "lease-ttl", "60s"));
            complete(store.deliver(USER, FolderName.INBOX, message("one")));
            Mailbox mailbox = inbox(store);
            ListAppender<ILoggingEvent> heard = new ListAppender<>();
            Logger logger = (Logger) LoggerFactory.getLogger(Leases.class);
            Level before = logger.getLevel();
            logger.setLevel(Level.INFO);
            logger.addAppender(heard);
            heard.start();
            try {
                for (int i = 0; i < 2; i++) {
                    proxy.refuse();
                    int said = 2 * i + 1;
                    Awaitility.await().atMost(LIMIT).until(() -> heard.list.size() == said);
                    // some ticks more
                    Awaitility.await().atMost(LIMIT).until(() -> proxy.refused() > 5);
                    proxy.heal();
                    Awaitility.await().atMost(LIMIT).until(() -> heard.list.size() == said + 1);
                }
            } finally {
                logger.detachAppender(heard);
                logger.setLevel(before);
            }
            assertThat(heard.list)
                    .extracting(ILoggingEvent::getLevel)
                    .containsExactly(Level.WARN, Level.INFO, Level.WARN, Level.INFO);
            complete(mailbox.release(bits(1)));
            assertThat(live()).isZero();
        }
    }

    @Test
    void errorsOfTheServerHaveTheirReasons() {
        Database database = open(REFUSE, Map.of("statement-timeout", "500ms")).database();
        Map<String, Reason> reasons = Map.of(
                raise("53100"),
                Reason.NO_SPACE,
                raise("40001"),
                Reason.BUSY,
                raise("55P03"),
                Reason.BUSY,
                raise("57014"),
                Reason.UNAVAILABLE,
                raise("25006"),
                Reason.UNAVAILABLE,
                raise("XX001"),
                Reason.CORRUPT,
                raise("23514"),
                Reason.CORRUPT,
                "SELECT pg_sleep(5)",
                Reason.UNAVAILABLE,
                "SELECT FROM no_such_table",
                Reason.UNAVAILABLE);
        reasons.forEach((sql, reason) -> assertThat(outcome(
                        () -> database.run("test", Repeat.IF_VICTIM, connection -> database.changed(connection, sql))
                                .then()))
                .as(sql)
                .isNotNull()
                .extracting(StoreException::reason)
                .isEqualTo(reason));
    }

    private static String raise(String state) {
        return "DO $$ BEGIN RAISE EXCEPTION 'made by a test' USING ERRCODE = '" + state + "'; END $$";
    }
}
