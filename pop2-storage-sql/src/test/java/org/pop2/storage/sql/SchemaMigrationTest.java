package org.pop2.storage.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationVersion;
import org.junit.jupiter.api.Test;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.StoreSettings;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

class SchemaMigrationTest {
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

    @Test
    void everyEarlierVersionIsBroughtUpToDate() {
        PostgresSettings all = PostgresSettings.of(settings);
        List<MigrationVersion> versions = Arrays.stream(
                        SchemaMigration.flyway(all).load().info().all())
                .map(MigrationInfo::getVersion)
                .toList();
        assertThat(versions).isNotEmpty();
        for (MigrationVersion version : versions) {
            TestDatabase earlier = TestDatabase.empty();
            StoreSettings there = earlier.settings(HoldPolicy.DEFAULT, Map.of());
            SchemaMigration.flyway(PostgresSettings.of(there))
                    .target(version)
                    .load()
                    .migrate();
            Mono.from(SchemaMigration.migrate(there)).block(LIMIT);
            assertThat(Mono.from(SchemaMigration.pending(there)).block(LIMIT)).isEmpty();
            assertThat(earlier.contradictions()).isEmpty();
        }
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
