package org.pop2.storage.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStore;
import org.pop2.storage.tck.MailStoreContract;

@Tag("any-database")
class PostgresStoreContractTest extends MailStoreContract {
    private static TestDatabase database;

    @BeforeAll
    static void createDatabase() {
        database = TestDatabase.migrated();
    }

    @Override
    protected MailStore open(HoldPolicy policy) {
        return await(new PostgresProvider().open(database.settings(policy, Map.of("migrate", "false"))));
    }

    /** What each test leaves must be consistent, too. */
    @Override
    protected void discard() {
        assertThat(database.contradictions()).isEmpty();
        assertThat(database.query("SELECT session FROM maildrop_lease WHERE session IS NOT NULL"))
                .as("leases of closed stores")
                .isEmpty();
        database.clear();
    }
}
