package org.pop2.storage.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
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
import reactor.core.scheduler.Schedulers;

/** A primary that waits for its standby, and one that is none any more. */
class StandbyTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final UserName USER = new UserName("postel");
    private static final FolderName INBOX = FolderName.INBOX;
    private static final HoldPolicy REFUSE = new HoldPolicy(Duration.ofHours(1), Duration.ZERO);
    private static final HoldPolicy PATIENT = new HoldPolicy(Duration.ofHours(1), Duration.ofSeconds(30));

    @TempDir
    private static Path directory;

    @SuppressWarnings("NullAway.Init")
    private static RestartablePostgres postgres;

    @SuppressWarnings("NullAway.Init")
    private static TestDatabase database;

    @SuppressWarnings("NullAway.Init")
    private PostgresStore store;

    @BeforeAll
    static void startDatabase() throws IOException {
        postgres = new RestartablePostgres(directory.resolve("data"));
        database = TestDatabase.migrated(postgres.server(), "");
    }

    @AfterAll
    static void stopDatabase() throws IOException {
        postgres.close();
    }

    @BeforeEach
    void openStore() {
        store = open(REFUSE, Map.of("pool-size", "4"));
        complete(store.accounts().put(new Account(USER, "{PLAIN}x", true)));
    }

    @AfterEach
    void nothingIsLeft() {
        Awaitility.await().atMost(LIMIT).untilAsserted(() -> {
            assertThat(store.database().pool().getMetrics().orElseThrow().acquiredSize())
                    .isZero();
            assertThat(store.leases().count()).isZero();
            assertThat(leases()).isZero();
        });
        complete(store.close());
        assertThat(database.contradictions()).isEmpty();
        database.clear();
    }

    private static PostgresStore open(HoldPolicy policy, Map<String, String> changes) {
        return database.open(policy, changes);
    }

    private static void complete(Publisher<Void> work) {
        Mono.from(work).block(LIMIT);
    }

    private static Optional<Reason> outcome(Publisher<Void> work) {
        try {
            complete(work);
            return Optional.empty();
        } catch (StoreException e) {
            return Optional.of(e.reason());
        }
    }

    private static Mailbox inbox(PostgresStore store) {
        return Mono.from(store.open(USER, INBOX)).blockOptional(LIMIT).orElseThrow();
    }

    private static Message message(int octets) {
        return Message.of(Flux.just(ByteBuffer.wrap("x".repeat(octets).getBytes(StandardCharsets.US_ASCII))));
    }

    private static BitSet first(int n) {
        BitSet bits = new BitSet();
        bits.set(1, n + 1);
        return bits;
    }

    private static long live() {
        return database.number("SELECT count(*) FROM message");
    }

    private static long leases() {
        return database.number("SELECT count(*) FROM maildrop_lease WHERE session IS NOT NULL");
    }

    /** A COMMIT that waits for a standby which is away: it happens, and nobody may say that it did not. */
    @Test
    void releaseWhoseCommitIsNotAnsweredSaysThatItsOutcomeIsNotKnown() {
        PostgresStore impatient = open(REFUSE, Map.of("statement-timeout", "200ms"));
        complete(impatient.deliver(USER, INBOX, message(10)));
        Mailbox mailbox = inbox(impatient);
        waitForAStandby("gone");
        try {
            assertThat(outcome(mailbox.release(first(1)))).contains(Reason.UNKNOWN_OUTCOME);
        } finally {
            waitForAStandby("");
        }
        Awaitility.await().atMost(LIMIT).until(() -> live() == 0);
        complete(impatient.close());
    }

    /** The primary's process that waits is ended, or told not to wait: it has committed, and no standby has it. */
    @ParameterizedTest
    @ValueSource(strings = {"pg_terminate_backend", "pg_cancel_backend"})
    void releaseThatOnlyThePrimaryHasIsNotAcknowledged(String ends) {
        PostgresStore impatient = open(REFUSE, Map.of("statement-timeout", "500ms"));
        complete(impatient.deliver(USER, INBOX, message(10)));
        Mailbox mailbox = inbox(impatient);
        waitForAStandby("gone");
        try {
            CompletableFuture<Optional<Reason>> released =
                    CompletableFuture.supplyAsync(() -> outcome(mailbox.release(first(1))));
            endWaiting(ends);
            assertThat(released.join()).contains(Reason.UNKNOWN_OUTCOME);
        } finally {
            waitForAStandby("");
        }
        // another node finds out
        Mailbox again = inbox(store);
        assertThat(again.count()).isZero();
        complete(again.release(new BitSet()));
        complete(impatient.close());
    }

    @ParameterizedTest
    @ValueSource(strings = {"pg_terminate_backend", "pg_cancel_backend"})
    void deliveryThatOnlyThePrimaryHasIsNotAcknowledgedAndNotDoubled(String ends) {
        PostgresStore impatient = open(REFUSE, Map.of("statement-timeout", "500ms"));
        waitForAStandby("gone");
        try {
            CompletableFuture<Optional<Reason>> delivered = CompletableFuture.supplyAsync(
                    // nothing is committed before the message is
                    () -> outcome(impatient.deliver(USER, INBOX, List.of(message(10)))));
            endWaiting(ends);
            assertThat(delivered.join()).contains(Reason.UNAVAILABLE);
        } finally {
            waitForAStandby("");
        }
        Mailbox again = inbox(store);
        assertThat(again.count()).isEqualTo(1);
        complete(again.release(first(1)));
        complete(impatient.close());
    }

    /** As soon as one waits for the standby. */
    private static void endWaiting(String how) {
        Awaitility.await()
                .atMost(LIMIT)
                .pollInterval(Duration.ofMillis(5))
                .until(() -> !database.query(
                                "SELECT " + how + "(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
                        .isEmpty());
    }

    /** A statement's limit does not end the wait for a standby, and giving up here ends nothing there by itself. */
    @Test
    void processesThatNobodyWaitsForAreEndedOnTheServer() {
        PostgresStore impatient = open(REFUSE, Map.of("statement-timeout", "100ms", "pool-size", "3"));
        complete(impatient.deliver(USER, INBOX, message(10)));
        waitForAStandby("gone");
        try {
            for (int round = 0; round < 3; round++) {
                List<Reason> reasons = Flux.range(0, 6)
                        .flatMap(i -> Mono.fromCallable(
                                        () -> outcome(impatient.deliver(USER, INBOX, List.of(message(10)))))
                                .subscribeOn(Schedulers.boundedElastic()))
                        .map(Optional::orElseThrow)
                        .collectList()
                        .blockOptional(LIMIT)
                        .orElseThrow();
                assertThat(reasons).contains(Reason.UNAVAILABLE).doesNotContain(Reason.UNKNOWN_OUTCOME);
                assertThat(backends()).hasSizeLessThanOrEqualTo(2 * 3);
            }
            Awaitility.await()
                    .atMost(LIMIT)
                    .untilAsserted(() -> assertThat(
                                    database.query("SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'"))
                            .isEmpty());
        } finally {
            waitForAStandby("");
        }
        complete(impatient.close());
    }

    private static void waitForAStandby(String name) {
        database.execute("ALTER SYSTEM SET synchronous_standby_names = '" + name + "'");
        database.query("SELECT pg_reload_conf()");
        Awaitility.await()
                .atMost(LIMIT)
                .until(() -> database.query("SHOW synchronous_standby_names").equals(List.of(name)));
    }

    /** The primary of before a failover answers still, and connections to it are open; it only takes no changes. */
    @Test
    void connectionsToAReadOnlyServerAreGivenUp() {
        PostgresStore impatient = open(REFUSE, Map.of("statement-timeout", "200ms", "pool-size", "2"));
        complete(impatient.deliver(USER, INBOX, message(10)));
        Mailbox mailbox = inbox(impatient);
        List<String> before = backends();
        readOnly(true);
        CompletableFuture<Optional<Reason>> delivered =
                CompletableFuture.supplyAsync(() -> outcome(impatient.deliver(USER, INBOX, message(10))));
        assertThat(outcome(mailbox.release(first(1)))).contains(Reason.UNAVAILABLE);
        assertThat(delivered.join()).contains(Reason.UNAVAILABLE);
        assertThat(live()).isEqualTo(1);
        readOnly(false);
        complete(impatient.deliver(USER, INBOX, message(10)));
        assertThat(backends()).as("connected anew").doesNotContainSequence(before);
        PostgresStore patient = open(PATIENT, Map.of());
        Mailbox next = inbox(patient);
        assertThat(next.count()).isEqualTo(2);
        complete(next.release(first(2)));
        complete(patient.close());
        complete(impatient.close());
    }

    /** Connections of a pool that are idle while the server turns read-only stay read-only: as with a real failover. */
    @Test
    void aFailoverWithinTheTimeLimitIsAPause() {
        complete(store.deliver(USER, INBOX, message(10)));
        readOnly(true);
        CompletableFuture<Void> delivered =
                Mono.from(store.deliver(USER, INBOX, message(10))).toFuture();
        CompletableFuture<Mailbox> opened = Mono.from(store.open(USER, INBOX)).toFuture();
        long refused = rollbacks();
        Awaitility.await().atMost(LIMIT).until(() -> rollbacks() > refused + 1);
        readOnly(false);
        delivered.orTimeout(60, TimeUnit.SECONDS).join();
        complete(opened.orTimeout(60, TimeUnit.SECONDS).join().release(first(1)));
    }

    @Test
    void hostThatTakesNoChangesIsPassedOver() {
        TestDatabase primary = TestDatabase.plain();
        new TestDatabase(postgres.server(), database.name).execute("CREATE DATABASE " + primary.name);
        readOnly(true);
        try {
            PostgresStore several = open(
                    REFUSE,
                    Map.of(
                            "url",
                            "postgresql://localhost:1," + database.address() + "," + primary.address() + "/"
                                    + primary.name));
            complete(several.accounts().put(new Account(USER, "{PLAIN}x", true)));
            assertThat(primary.number("SELECT count(*) FROM account")).isEqualTo(1);
            complete(several.close());
        } finally {
            readOnly(false);
        }
    }

    private static long rollbacks() {
        return database.number("SELECT xact_rollback FROM pg_stat_database WHERE datname = current_database()");
    }

    private static void readOnly(boolean on) {
        // what an old primary does, or a standby: the connections are there already
        try (var connection = database.connect();
                var statement = connection.createStatement()) {
            connection.setReadOnly(false);
            statement.execute("SET default_transaction_read_only = off");
            statement.execute("ALTER SYSTEM SET default_transaction_read_only = " + (on ? "on" : "off"));
            statement.execute("SELECT pg_reload_conf()");
        } catch (java.sql.SQLException e) {
            throw new AssertionError(e);
        }
        Awaitility.await()
                .atMost(LIMIT)
                .until(() -> database.query("SHOW default_transaction_read_only")
                        .get(0)
                        .equals(on ? "on" : "off"));
    }

    private static List<String> backends() {
        return database.query(
                "SELECT pid FROM pg_stat_activity WHERE application_name = 'pop2d' ORDER BY backend_start");
    }
}
