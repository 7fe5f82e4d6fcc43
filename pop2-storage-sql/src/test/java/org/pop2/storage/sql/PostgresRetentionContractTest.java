package org.pop2.storage.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStore;
import org.pop2.storage.tck.RetentionContract;

@Tag("any-database")
class PostgresRetentionContractTest extends RetentionContract {
    private static TestDatabase database;

    @BeforeAll
    static void createDatabase() {
        database = TestDatabase.migrated();
    }

    @Override
    protected MailStore open() {
        return database.open(HoldPolicy.DEFAULT, Map.of());
    }

    @Override
    protected void discard() {
        assertThat(database.contradictions()).isEmpty();
        database.clear();
    }
}
