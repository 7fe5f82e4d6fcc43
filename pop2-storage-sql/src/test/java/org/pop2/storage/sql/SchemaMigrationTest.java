package org.pop2.storage.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.flywaydb.core.api.MigrationInfo;
import org.junit.jupiter.api.Test;
import org.pop2.storage.Account;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.FolderName;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Message;
import org.pop2.storage.Quota;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.StoreSettings;
import org.pop2.storage.Usage;
import org.pop2.storage.UserName;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

class SchemaMigrationTest {
    private static final UserName USER = new UserName("postel");
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final TestDatabase database = TestDatabase.empty();
    private final StoreSettings settings = database.settings(HoldPolicy.DEFAULT, Map.of());

    private List<String> pending() {
        return Mono.from(SchemaMigration.pending(settings)).blockOptional(LIMIT).orElseThrow();
    }

    private int migrate() {
        return Mono.from(SchemaMigration.migrate(settings)).blockOptional(LIMIT).orElseThrow();
    }

    @Test
    void emptyDatabaseIsBroughtUpToDateOnce() {
        assertThat(pending()).isNotEmpty();
        assertThat(database.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
                .as("looking changes nothing")
                .isEmpty();
        assertThat(migrate()).isPositive();
        assertThat(pending()).isEmpty();
        assertThat(migrate()).isZero();
    }

    /** What an old version holds is there afterwards, and the store can work with it. */
    @Test
    void everyEarlierVersionIsBroughtUpToDateAndItsMailStays() {
        PostgresSettings all = PostgresSettings.of(settings);
        for (MigrationInfo version : SchemaMigration.flyway(all).load().info().all()) {
            TestDatabase earlier = TestDatabase.empty();
            StoreSettings there = earlier.settings(HoldPolicy.DEFAULT, Map.of());
            SchemaMigration.flyway(PostgresSettings.of(there))
                    .target(version.getVersion())
                    .load()
                    .migrate();
            // columns that every version has; those that a later one adds have defaults, or are filled in by it
            earlier.execute(String.join(
                    "; ",
                    "INSERT INTO account (user_name, password_hash, enabled) VALUES ('postel', 'x', true)",
                    "INSERT INTO mailbox (mailbox_id, user_name, folder, next_uid, messages, octets) VALUES ('"
                            + MailboxId.of(USER, FolderName.INBOX) + "', 'postel', 'INBOX', 3, 1, 65538)",
                    "INSERT INTO maildrop_lease (mailbox_id) SELECT mailbox_id FROM mailbox",
                    "INSERT INTO message (mailbox_id, uid, octets, chunks, body_id, sha256, sender)"
                            + " SELECT mailbox_id, 1, 65538, 2, md5('live')::uuid,"
                            + " sha256(decode(repeat('61', 65536), 'hex') || '\\x0d0a'), 'a@example.org' FROM mailbox",
                    "INSERT INTO expunged (mailbox_id, uid, octets, chunks, received_at, body_id, sha256, sender,"
                            + " session, epoch) SELECT mailbox_id, 2, 3, 1, now(), md5('gone')::uuid, sha256('x'), '', mailbox_id, 1"
                            + " FROM mailbox",
                    "INSERT INTO message_chunk (mailbox_id, body_id, seq, data) SELECT mailbox_id,"
                            + " md5('live')::uuid, 0, decode(repeat('61', 65536), 'hex') FROM mailbox",
                    "INSERT INTO message_chunk (mailbox_id, body_id, seq, data) SELECT mailbox_id,"
                            + " md5('live')::uuid, 1, '\\x0d0a' FROM mailbox",
                    "INSERT INTO message_chunk (mailbox_id, body_id, seq, data) SELECT mailbox_id,"
                            + " md5('gone')::uuid, 0, '\\x620d0a' FROM mailbox"));

            PostgresStore store = earlier.open(HoldPolicy.DEFAULT, Map.of());
            assertThat(Mono.from(SchemaMigration.pending(there)).block(LIMIT)).isEmpty();
            assertThat(Mono.from(store.undelete(USER, FolderName.INBOX, List.of(2L)))
                            .block(LIMIT))
                    .as("version %s", version.getVersion())
                    .isEqualTo(1);
            assertThat(Mono.from(store.accounts().find(USER)).block(LIMIT))
                    .as("an account of version %s has no quota of its own", version.getVersion())
                    .isEqualTo(new Account(USER, "x", true));
            assertThat(Mono.from(store.usage(USER)).block(LIMIT)).isEqualTo(new Usage(2, 65541, Quota.UNLIMITED));
            Mailbox mailbox = Mono.from(store.open(USER, FolderName.INBOX))
                    .blockOptional(LIMIT)
                    .orElseThrow();
            assertThat(List.of(mailbox.octets(1), mailbox.octets(2))).containsExactly(65538L, 3L);
            assertThat(Flux.from(mailbox.content(1))
                            .map(SchemaMigrationTest::size)
                            .collectList()
                            .block(LIMIT))
                    .satisfies(sizes ->
                            assertThat(sizes.stream().mapToInt(n -> n).sum()).isEqualTo(65538));
            BitSet both = new BitSet();
            both.set(1, 3);
            Mono.from(mailbox.release(both)).block(LIMIT);
            Mono.from(store.close()).block(LIMIT);
            assertThat(earlier.contradictions()).isEmpty();
        }
    }

    private static int size(ContentBuffer buffer) {
        int octets = buffer.octets().remaining();
        buffer.release();
        return octets;
    }

    /** Stores are opened without Flyway where this version is there already. */
    @Test
    void newestVersionIsTheOneTheProgramIsWrittenFor() {
        List<String> versions = pending();
        assertThat(versions.get(versions.size() - 1)).isEqualTo(SchemaMigration.NEWEST);
    }

    @Test
    void schemaNewerThanTheProgramIsLeftAlone() {
        migrate();
        database.execute(
                "INSERT INTO pop2_schema_history (installed_rank, version, description, type, script, checksum,"
                        + " installed_by, execution_time, success) VALUES (1000, '4711', 'of the future', 'SQL',"
                        + " 'V4711__future.sql', 1, 'postgres', 1, true)");
        assertThat(pending()).isEmpty();
        assertThat(migrate()).isZero();
        Mono.from(database.open(HoldPolicy.DEFAULT, Map.of()).close()).block(LIMIT);
    }

    @Test
    void serverNeedsNoRightToChangeTheSchema() {
        migrate();
        String role = "pop2_server_" + database.name;
        database.execute("CREATE ROLE " + role + " LOGIN PASSWORD 'secret'");
        database.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO " + role);
        PostgresStore store =
                database.open(HoldPolicy.DEFAULT, Map.of("user", role, "password", "secret", "migrate", "false"));
        Mono.from(store.accounts().put(new Account(USER, "{PLAIN}x", true))).block(LIMIT);
        Mono.from(store.deliver(
                        USER, FolderName.INBOX, Message.of(Mono.fromSupplier(() -> ByteBuffer.wrap(new byte[] {'x'})))))
                .block(LIMIT);
        Mailbox mailbox = Mono.from(store.open(USER, FolderName.INBOX))
                .blockOptional(LIMIT)
                .orElseThrow();
        BitSet first = new BitSet();
        first.set(1);
        Mono.from(mailbox.release(first)).block(LIMIT);
        Mono.from(store.sweep()).block(LIMIT);
        Mono.from(store.close()).block(LIMIT);
    }

    @Test
    void nodesStartingAtOnceMigrateOnce() {
        List<Integer> applied = Flux.range(0, 4)
                .flatMap(n -> SchemaMigration.migrate(settings))
                .collectList()
                .blockOptional(LIMIT)
                .orElseThrow();
        assertThat(applied).hasSize(4);
        assertThat(applied.stream().mapToInt(n -> n).sum())
                .isEqualTo(database.query("SELECT version FROM pop2_schema_history WHERE type = 'SQL'")
                        .size());
        assertThat(pending()).isEmpty();
    }

    @Test
    void tablesOfOthersStay() {
        database.execute("CREATE TABLE theirs AS SELECT 1 AS one");
        assertThat(migrate()).isPositive();
        assertThat(database.query("SELECT one FROM theirs")).containsExactly("1");
    }

    @Test
    void storeThatMayNotMigrateRefusesAnOldSchema() {
        assertThatThrownBy(() -> database.open(HoldPolicy.DEFAULT, Map.of("migrate", "false")))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.reason()).isEqualTo(Reason.UNAVAILABLE))
                .hasMessageContaining("older than this program");
    }

    @Test
    void wrongPasswordIsUnavailableAndInNoMessage() {
        PostgresSettings wrong = PostgresSettings.of(
                database.settings(HoldPolicy.DEFAULT, Map.of("password", "hunter2-secret", "user", "no_such_role")));
        assertThat(wrong.toString()).doesNotContain("hunter2-secret");
        assertThatThrownBy(() -> PostgresStore.open(wrong, HoldPolicy.DEFAULT).block(LIMIT))
                .isInstanceOfSatisfying(StoreException.class, e -> {
                    assertThat(e.reason()).isEqualTo(Reason.UNAVAILABLE);
                    StringWriter trace = new StringWriter();
                    e.printStackTrace(new PrintWriter(trace));
                    assertThat(trace.toString()).doesNotContain("hunter2-secret");
                });
    }

    @Test
    void settingsSayWhatIsWrong() {
        for (Map<String, String> wrong : List.of(
                Map.of("url", "mysql://host/name"),
                Map.of("url", "postgresql://u:hunter2@host/name"),
                Map.of("url", "postgresql://host"),
                Map.of("tls", "prefer"),
                Map.of("pool-size", "0"),
                Map.of("lease-ttl", "1ms"))) {
            String name = wrong.keySet().iterator().next();
            assertThatThrownBy(() -> new PostgresProvider().open(database.settings(HoldPolicy.DEFAULT, wrong)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith(name + ": ")
                    .hasMessageNotContaining("hunter2");
        }
    }
}
