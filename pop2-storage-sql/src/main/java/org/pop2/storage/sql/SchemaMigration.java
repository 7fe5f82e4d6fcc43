package org.pop2.storage.sql;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.StoreSettings;
import org.pop2.storage.sql.Database.Repeat;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

/**
 * Migrates the schema: versioned SQL, applied by Flyway over JDBC, on Reactor's bounded pool for blocking work. Nodes
 * that start at once wait for each other. A schema that is newer than this program is left alone.
 */
public final class SchemaMigration {
    static final String HISTORY = "pop2_schema_history";

    /** The version that this program is written for: the greatest in the directory of migrations. */
    static final String NEWEST = "6";

    /**
     * Flyway looks whether its table is there before it locks it: of nodes that start at once all but one may fail to
     * create it. The next try finds it. A migration that failed has left nothing, so trying it again does no harm.
     */
    private static final Retry TOGETHER = Retry.backoff(4, Duration.ofMillis(200))
            .filter(FlywayException.class::isInstance)
            .onRetryExhaustedThrow((retry, last) -> last.failure());

    static final Retry NEVER = Retry.max(0).onRetryExhaustedThrow((retry, last) -> last.failure());

    private SchemaMigration() {}

    /**
     * Applies what is missing; emits the number of migrations applied. Runs to its end once subscribed. Fails with
     * {@link Reason#UNAVAILABLE} if the database cannot be reached or a migration fails, which leaves the schema at the
     * last version that succeeded.
     *
     * @throws IllegalArgumentException if a setting's value cannot be used
     */
    public static Publisher<Integer> migrate(StoreSettings settings) {
        return migrate(PostgresSettings.of(settings));
    }

    /**
     * The versions that {@link #migrate} would apply, in order; empty if the schema is up to date. Changes nothing.
     *
     * @throws IllegalArgumentException if a setting's value cannot be used
     */
    public static Publisher<List<String>> pending(StoreSettings settings) {
        return pending(PostgresSettings.of(settings));
    }

    static Mono<Integer> migrate(PostgresSettings settings) {
        return apply(settings).map(List::size);
    }

    /** The versions that were applied. */
    static Mono<List<String>> apply(PostgresSettings settings) {
        return blocking(
                settings,
                TOGETHER,
                () -> flyway(settings).load().migrate().migrations.stream()
                        .map(applied -> applied.version)
                        .toList());
    }

    /** Whether there is nothing to migrate, found out without Flyway. */
    static Mono<Boolean> isUpToDate(PostgresSettings settings, Database database) {
        return database.run(
                        "look at the schema",
                        // a database that is not there is reported, and not waited for
                        Repeat.IF_VICTIM,
                        connection -> database.rows(
                                        connection, Sql.HISTORY_EXISTS, row -> Rows.get(row, 0, Boolean.class))
                                .flatMap(exists -> exists.get(0)
                                        ? database.rows(
                                                connection,
                                                Sql.VERSION_APPLIED,
                                                row -> Rows.get(row, 0, Boolean.class),
                                                NEWEST)
                                        : Mono.just(exists)))
                .map(answer -> answer.get(0))
                .onErrorMap(
                        StoreException.class,
                        error -> new StoreException(error.reason(), settings + ": " + error.getMessage(), error));
    }

    static Mono<List<String>> pending(PostgresSettings settings) {
        return blocking(
                settings,
                NEVER,
                () -> Arrays.stream(flyway(settings).load().info().pending())
                        .map(SchemaMigration::version)
                        .toList());
    }

    /** A database of other tables gets ours beside them. */
    static FluentConfiguration flyway(PostgresSettings settings) {
        return Flyway.configure(SchemaMigration.class.getClassLoader())
                .dataSource(settings.jdbcUrl(), settings.user(), settings.readPassword())
                .locations("classpath:org/pop2/storage/sql/migration")
                .failOnMissingLocations(true)
                .table(HISTORY)
                .baselineOnMigrate(true)
                .baselineVersion("0")
                .cleanDisabled(true);
    }

    private static String version(MigrationInfo migration) {
        return String.valueOf(migration.getVersion());
    }

    static <T> Mono<T> blocking(PostgresSettings settings, Retry retry, Callable<T> work) {
        Mono<T> onPool = Mono.fromCallable(work)
                .subscribeOn(Schedulers.boundedElastic())
                .retryWhen(retry)
                .onErrorMap(
                        FlywayException.class,
                        error -> new StoreException(
                                Reason.UNAVAILABLE, "schema of " + settings + ": " + error.getMessage(), error));
        return Database.toTheEnd(onPool);
    }
}
