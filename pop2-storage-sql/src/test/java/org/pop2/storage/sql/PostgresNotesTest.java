package org.pop2.storage.sql;

import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStore;
import org.pop2.storage.tck.NotesContract;

@Tag("any-database")
class PostgresNotesTest extends NotesContract {
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
        database.clear();
    }
}
