package org.pop2.storage.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStore;
import org.pop2.storage.tck.BatchDeliveryContract;

@Tag("any-database")
class PostgresBatchDeliveryTest extends BatchDeliveryContract {
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
    protected OptionalLong repeated() {
        return OptionalLong.of(3);
    }

    @Override
    protected void discard() {
        assertThat(database.contradictions()).isEmpty();
        database.clear();
    }
}
