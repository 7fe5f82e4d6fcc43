package org.pop2.storage.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.pop2.storage.FolderName;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.Mailbox;
import org.pop2.storage.UserName;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What one node costs that holds many mailboxes of silent clients: 100,000 of them in the profile {@code big}. */
class HeldMailboxesTest {
    private static final int MAILBOXES = Integer.getInteger("pop2.held", 1_500);
    /** 60 s is the default. */
    private static final Duration TTL = Duration.ofSeconds(Integer.getInteger("pop2.held.ttl", 6));

    private static final Duration LIMIT = Duration.ofMinutes(10);
    private static final int OPENED_AT_A_TIME = 10;
    private static final int ROUNDS = 2;
    /** Of one that is empty, with what the leases know of it. */
    private static final long MOST_OCTETS = 700;

    /** What else the heap may keep, of this class and of those that ran before. */
    private static final long OTHER_OCTETS = 3 * 1024 * 1024;

    private final TestDatabase database = TestDatabase.plain();

    @Test
    void theyAreRenewedTogetherAndTakeLittleMemory() throws Exception {
        fill();
        PostgresStore store = database.open(HoldPolicy.DEFAULT, Map.of("lease-ttl", TTL.toSeconds() + "s"));
        // what the first one brings with it is not counted
        Mailbox first = open(store, 0);
        long before = heap();
        long start = System.nanoTime();
        List<Mailbox> held = Flux.range(1, MAILBOXES - 1)
                .flatMap(i -> store.open(user(i), FolderName.INBOX), OPENED_AT_A_TIME)
                .collectList()
                .blockOptional(LIMIT)
                .orElseThrow();
        Duration opening = Duration.ofNanos(System.nanoTime() - start);
        long octets = (heap() - before) / MAILBOXES;

        noteRenewals();
        // what was counted while they were opened is known to all by then
        awaitRenewals(1);
        String log = database.query("SELECT pg_current_wal_lsn()").get(0);
        database.execute("DELETE FROM renewal");
        long statements = counted("xact_commit");
        start = System.nanoTime();
        awaitRenewals(ROUNDS);
        double rounds = (System.nanoTime() - start) / (TTL.toNanos() / 3.0);
        long all = counted("xact_commit") - statements;

        System.out.printf(
                "%d mailboxes held, lease-ttl %d s: opened in %d ms; %d octets of heap each; in a third of lease-ttl:"
                        + " %.0f statements, %.0f of them renewals that took %s ms together, the longest %s ms;"
                        + " %.1f MB of WAL; leases %s MB on disk%n",
                MAILBOXES,
                TTL.toSeconds(),
                opening.toMillis(),
                octets,
                all / rounds,
                database.number("SELECT count(*) FROM renewal") / rounds,
                database.query("SELECT (sum(ms) / " + rounds + ")::int FROM renewal")
                        .get(0),
                database.query("SELECT max(ms)::int FROM renewal").get(0),
                database.number("SELECT (pg_current_wal_lsn() - '" + log + "')::bigint") / rounds / 1e6,
                database.query("SELECT pg_total_relation_size('maildrop_lease') / 1000000")
                        .get(0));
        assertThat(held).hasSize(MAILBOXES - 1).doesNotContain(first);
        assertThat(measure(store, "leases.lost")).isZero();
        assertThat(measure(store, "takeovers")).isZero();
        assertThat(measure(store, "holds")).isEqualTo(MAILBOXES);
        assertThat(octets).as("octets of heap for each").isLessThan(MOST_OCTETS + OTHER_OCTETS / MAILBOXES);
        assertThat(database.number("SELECT max(leases) FROM renewal"))
                .as("leases of a statement")
                .isLessThanOrEqualTo(LeaseRenewal.BATCH);
        // those that became due since the last tick are renewed together
        double most = rounds * (TTL.toMillis() / 3.0 / tick() + (double) MAILBOXES / LeaseRenewal.BATCH) + 1;
        assertThat(database.number("SELECT count(*) FROM renewal")).isLessThanOrEqualTo((long) most);
        assertThat(database.number("SELECT count(*) FROM maildrop_lease WHERE session IS NULL OR expires_at < now()"))
                .as("leases that ran out")
                .isZero();

        Mono.from(store.close()).block(LIMIT);
        assertThat(database.number("SELECT count(*) FROM maildrop_lease WHERE session IS NOT NULL"))
                .as("leases that are left")
                .isZero();
    }

    private static Mailbox open(PostgresStore store, int i) {
        return Mono.from(store.open(user(i), FolderName.INBOX))
                .blockOptional(LIMIT)
                .orElseThrow();
    }

    private static UserName user(int i) {
        return new UserName("user" + i);
    }

    private static long tick() {
        return Math.min(TTL.dividedBy(12).toMillis(), LeaseRenewal.LONGEST_TICK.toMillis());
    }

    private void fill() throws SQLException {
        try (Connection connection = database.connect();
                PreparedStatement add = connection.prepareStatement("WITH m AS (SELECT * FROM unnest(?::uuid[], ?) AS m"
                        + " (mailbox_id, user_name)), b AS (INSERT INTO mailbox (mailbox_id, user_name, folder)"
                        + " SELECT mailbox_id, user_name, 'INBOX' FROM m)"
                        + " INSERT INTO maildrop_lease (mailbox_id) SELECT mailbox_id FROM m")) {
            Object[] ids = IntStream.range(0, MAILBOXES)
                    .mapToObj(i -> MailboxId.of(user(i), FolderName.INBOX))
                    .toArray();
            Object[] users =
                    IntStream.range(0, MAILBOXES).mapToObj(i -> user(i).value()).toArray();
            add.setArray(1, connection.createArrayOf("uuid", ids));
            add.setArray(2, connection.createArrayOf("text", users));
            add.executeUpdate();
        }
        database.execute("VACUUM ANALYZE mailbox, maildrop_lease");
    }

    /** Of each statement that changes leases: how many, and how long it took so far. */
    private void noteRenewals() {
        database.execute("CREATE TABLE renewal (leases bigint, ms double precision);"
                + " CREATE FUNCTION note_renewal() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                + " INSERT INTO renewal SELECT count(*), extract(epoch FROM clock_timestamp() - statement_timestamp())"
                + " * 1000 FROM changed; RETURN NULL; END $$;"
                + " CREATE TRIGGER note_renewal AFTER UPDATE ON maildrop_lease REFERENCING NEW TABLE AS changed"
                + " FOR EACH STATEMENT EXECUTE FUNCTION note_renewal()");
    }

    /** Asks in another database, as what is asked in this one is counted. */
    private void awaitRenewals(long rounds) {
        long wanted = counted("tup_updated") + rounds * MAILBOXES;
        Awaitility.await()
                .atMost(LIMIT)
                .pollInterval(Duration.ofMillis(100))
                .until(() -> counted("tup_updated") >= wanted);
    }

    private long counted(String column) {
        return new TestDatabase(PostgresServer.get(), "postgres")
                .number("SELECT " + column + " FROM pg_stat_database WHERE datname = '" + database.name + "'");
    }

    private static long measure(PostgresStore store, String name) {
        return store.measures().stream()
                .filter(measure -> measure.name().equals(name))
                .findFirst()
                .orElseThrow()
                .value()
                .getAsLong();
    }

    private static long heap() {
        System.gc();
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
