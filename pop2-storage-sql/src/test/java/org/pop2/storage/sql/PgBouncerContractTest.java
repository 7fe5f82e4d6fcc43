package org.pop2.storage.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStore;
import org.pop2.storage.tck.MailStoreContract;
import reactor.core.publisher.Mono;

/** The whole contract through PgBouncer in transaction mode, with fewer connections to the database than we have. */
@Tag("interop")
class PgBouncerContractTest extends MailStoreContract {
    private static final int SERVERS = 3;

    @TempDir
    private static Path directory;

    @SuppressWarnings("NullAway.Init")
    private static TestDatabase database;

    @SuppressWarnings("NullAway.Init")
    private static PgBouncer pooler;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        database = TestDatabase.empty();
        pooler = new PgBouncer(directory, PostgresServer.get(), SERVERS);
        // what the manual says: through a pooler these can only come from the role or the database
        database.execute("ALTER DATABASE " + database.name + " SET statement_timeout = '10s'");
        database.execute("ALTER DATABASE " + database.name + " SET lock_timeout = '3s'");
        database.execute("ALTER DATABASE " + database.name + " SET idle_in_transaction_session_timeout = '30s'");
        // the migration goes through it as well
        Mono.from(SchemaMigration.migrate(
                        database.settings(HoldPolicy.DEFAULT, Map.of("url", pooler.url(database.name)))))
                .block();
    }

    @AfterAll
    static void stop() {
        pooler.close();
    }

    @Override
    protected MailStore open(HoldPolicy policy) {
        return await(new PostgresProvider()
                .open(database.settings(
                        policy, Map.of("migrate", "false", "pooler", "true", "url", pooler.url(database.name)))));
    }

    @Override
    protected void discard() {
        assertThat(database.contradictions()).isEmpty();
        assertThat(database.query("SELECT session FROM maildrop_lease WHERE session IS NOT NULL"))
                .as("leases of closed stores")
                .isEmpty();
        assertThat(database.number("SELECT count(*) FROM pg_stat_activity"
                        + " WHERE datname = current_database() AND pid <> pg_backend_pid()"))
                .as("connections to the database itself")
                .isBetween(1L, (long) SERVERS);
        database.clear();
    }

    /** A transaction through the pooler has its limits, and what it set is gone for the next one. */
    @Test
    void limitsAreSetForEachTransactionAndNoLonger() {
        PostgresStore store =
                database.open(HoldPolicy.DEFAULT, Map.of("pooler", "true", "url", pooler.url(database.name)));
        Database through = store.database();
        String limits = "SELECT current_setting('statement_timeout') || ' ' || current_setting('lock_timeout') || ' '"
                + " || current_setting('idle_in_transaction_session_timeout')";
        database.execute("ALTER DATABASE " + database.name + " SET statement_timeout = '11s'");
        try {
            assertThat(through.transaction(
                                    "test",
                                    Database.Repeat.IF_VICTIM,
                                    connection -> through.rows(connection, limits, row -> row.get(0, String.class)))
                            .block())
                    .containsExactly("10s 3s 30s");
            assertThat(through.run(
                                    "test",
                                    Database.Repeat.IF_VICTIM,
                                    connection -> through.rows(connection, limits, row -> row.get(0, String.class)))
                            .block())
                    .first()
                    .asString()
                    .endsWith("s 3s 30s");
        } finally {
            database.execute("ALTER DATABASE " + database.name + " SET statement_timeout = '10s'");
            Mono.from(store.close()).block();
        }
    }
}
