package org.pop2.storage.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.BitSet;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.storage.Account;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.FolderName;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Message;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.UserName;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The whole database goes away in the middle of sessions, and comes back. */
@Tag("restarts")
class FailoverTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final UserName USER = new UserName("postel");
    private static final FolderName INBOX = FolderName.INBOX;
    private static final HoldPolicy REFUSE = new HoldPolicy(Duration.ofHours(1), Duration.ZERO);
    private static final HoldPolicy PATIENT = new HoldPolicy(Duration.ofHours(1), Duration.ofSeconds(30));

    @TempDir
    private static Path directory;

    @SuppressWarnings("NullAway.Init")
    private static Restarts postgres;

    @SuppressWarnings("NullAway.Init")
    private static TestDatabase database;

    @SuppressWarnings("NullAway.Init")
    private PostgresStore store;

    @BeforeAll
    static void startDatabase() throws IOException {
        Optional<NamedDatabase> named = NamedDatabase.find();
        if (named.isPresent()) {
            postgres = named.get();
            database = TestDatabase.migrated();
        } else {
            postgres = new RestartablePostgres(directory.resolve("data"));
            database = TestDatabase.migrated(postgres.server(), "");
        }
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

    /** Stops where it is told to go on only later. */
    private static final class Reader extends BaseSubscriber<ContentBuffer> {
        final CountDownLatch begun = new CountDownLatch(1);
        final CompletableFuture<Long> octets = new CompletableFuture<>();
        private long received;

        @Override
        protected void hookOnSubscribe(Subscription subscription) {
            subscription.request(1);
        }

        @Override
        protected void hookOnNext(ContentBuffer buffer) {
            received += buffer.octets().remaining();
            buffer.release();
            begun.countDown();
        }

        @Override
        protected void hookOnComplete() {
            octets.complete(received);
        }

        @Override
        protected void hookOnError(Throwable error) {
            octets.completeExceptionally(error);
        }
    }

    @FunctionalInterface
    private interface Stop {
        void stop() throws IOException, InterruptedException;
    }

    /** Sessions in every state, while the database is away; nobody notices more than a pause. */
    private void isAPause(Stop stop) throws Exception {
        UserName other = new UserName("jkr");
        complete(store.accounts().put(new Account(other, "{PLAIN}x", true)));
        complete(store.deliver(USER, INBOX, message(1_000_000)));
        complete(store.deliver(USER, INBOX, message(10)));
        complete(store.deliver(other, INBOX, message(10)));
        Mailbox mailbox = inbox(store);
        Reader reader = new Reader();
        mailbox.content(1).subscribe(reader);
        assertThat(reader.begun.await(60, TimeUnit.SECONDS)).isTrue();

        stop.stop();
        reader.requestUnbounded();
        CompletableFuture<Void> delivered =
                Mono.from(store.deliver(USER, INBOX, message(300_000))).toFuture();
        CompletableFuture<Mailbox> opened = Mono.from(store.open(other, INBOX)).toFuture();
        postgres.start();

        assertThat(reader.octets.get(60, TimeUnit.SECONDS)).isEqualTo(1_000_002);
        delivered.get(60, TimeUnit.SECONDS);
        complete(mailbox.release(first(2)));
        Mailbox others = opened.get(60, TimeUnit.SECONDS);
        assertThat(others.count()).isEqualTo(1);

        // and in the middle of releases
        Mailbox again = inbox(store);
        stop.stop();
        CompletableFuture<Void> one = Mono.from(again.release(first(1))).toFuture();
        CompletableFuture<Void> two = Mono.from(others.release(new BitSet())).toFuture();
        postgres.start();
        one.get(60, TimeUnit.SECONDS);
        two.get(60, TimeUnit.SECONDS);
        assertThat(live()).isEqualTo(1);
    }

    @Test
    void aRestartInTheMiddleOfSessionsIsAPause() throws Exception {
        isAPause(postgres::stop);
    }

    @Test
    void aCrashInTheMiddleOfSessionsIsAPause() throws Exception {
        isAPause(postgres::crash);
    }

    @Test
    void aDatabaseThatStaysAwayIsSaidSoAndNothingStaysBehind() throws Exception {
        PostgresStore impatient = open(REFUSE, Map.of("statement-timeout", "200ms"));
        complete(impatient.deliver(USER, INBOX, message(10)));
        Mailbox mailbox = inbox(impatient);
        postgres.stop();
        CompletableFuture<Optional<Reason>> delivered =
                CompletableFuture.supplyAsync(() -> outcome(impatient.deliver(USER, INBOX, message(10))));
        assertThat(outcome(Flux.from(mailbox.content(1)).then())).contains(Reason.UNAVAILABLE);
        assertThat(delivered.join()).contains(Reason.UNAVAILABLE);
        assertThat(outcome(mailbox.release(first(1)))).contains(Reason.UNAVAILABLE);
        assertThat(impatient.leases().count()).as("the hold has ended").isZero();
        assertThat(outcome(Mono.from(impatient.open(USER, INBOX)).then())).contains(Reason.UNAVAILABLE);
        postgres.start();
        // the lease is freed long before it runs out
        PostgresStore other = open(PATIENT, Map.of());
        Mailbox next = inbox(other);
        assertThat(next.count()).isEqualTo(1);
        complete(next.release(first(1)));
        complete(other.close());
        complete(impatient.close());
        assertThat(live()).isZero();
    }
}
