package org.pop2.storage.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.sql.Statement;
import java.time.Duration;
import java.util.BitSet;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pop2.storage.Account;
import org.pop2.storage.FolderName;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Message;
import org.pop2.storage.UserName;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** The server ends one of two transactions that wait for each other: ours, here. */
class DeadlockTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final UserName USER = new UserName("postel");

    private static final TestDatabase DATABASE = TestDatabase.plain();
    private final PostgresStore store = DATABASE.open(HoldPolicy.DEFAULT, Map.of());

    @BeforeEach
    void oneMessage() {
        Mono.from(store.accounts().put(new Account(USER, "{PLAIN}x", true))).block(LIMIT);
        Mono.from(store.deliver(USER, FolderName.INBOX, Message.of(Flux.just(ByteBuffer.wrap(new byte[] {'x'})))))
                .block(LIMIT);
    }

    @AfterEach
    void nothingIsHeld() {
        assertThat(DATABASE.number("SELECT count(*) FROM maildrop_lease WHERE session IS NOT NULL"))
                .isZero();
        Mono.from(store.close()).block(LIMIT);
        assertThat(DATABASE.contradictions()).isEmpty();
        DATABASE.clear();
    }

    private static long live() {
        return DATABASE.number("SELECT count(*) FROM message");
    }

    /** Another transaction holds the row that ours wants second, and then wants the one that ours has. */
    private static void deadlock(String second, String first, Publisher<Void> ours) throws Exception {
        try (java.sql.Connection other = DATABASE.connect();
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            // ours finds the deadlock, and is the victim
            statement.execute("SET deadlock_timeout = '20s'");
            statement.execute(second);
            CompletableFuture<Void> running = Mono.from(ours).toFuture();
            Awaitility.await()
                    .atMost(LIMIT)
                    .until(() -> DATABASE.number("SELECT count(*) FROM pg_stat_activity"
                                    + " WHERE application_name = 'pop2d' AND wait_event_type = 'Lock'")
                            == 1);
            statement.execute(first);
            assertThat(running).as("waits for the lock").isNotDone();
            other.commit();
            running.get(60, TimeUnit.SECONDS);
        }
        Awaitility.await()
                .atMost(LIMIT)
                .until(() ->
                        DATABASE.number("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
                                > 0);
    }

    @Test
    void releaseThatIsTheVictimOfADeadlockIsRunAgain() throws Exception {
        Mailbox mailbox = Mono.from(store.open(USER, FolderName.INBOX))
                .blockOptional(LIMIT)
                .orElseThrow();
        BitSet first = new BitSet();
        first.set(1);
        deadlock(
                "UPDATE mailbox SET octets = octets",
                "UPDATE maildrop_lease SET epoch = epoch",
                mailbox.release(first));
        assertThat(live()).isZero();
    }

    @Test
    void deliveryThatIsTheVictimOfADeadlockIsRunAgain() throws Exception {
        Sinks.Many<ByteBuffer> content = Sinks.many().unicast().onBackpressureBuffer();
        CompletableFuture<Void> delivered = Mono.from(
                        store.deliver(USER, FolderName.INBOX, Message.of(content.asFlux())))
                .toFuture();
        Awaitility.await().atMost(LIMIT).until(() -> DATABASE.number("SELECT count(*) FROM unreferenced") == 1);
        content.tryEmitNext(ByteBuffer.wrap(new byte[] {'x'})).orThrow();
        deadlock("UPDATE unreferenced SET since = since", "UPDATE mailbox SET octets = octets", Mono.defer(() -> {
            content.tryEmitComplete().orThrow();
            return Mono.fromFuture(delivered);
        }));
        assertThat(live()).isEqualTo(2);
    }
}
