package org.pop2.storage.sql;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/** Makes statements of a database fail, each fault once, as the server itself would. */
final class DatabaseFaults implements AutoCloseable {
    /** Raised by the statement. */
    static final List<String> ERRORS = List.of(
            "53100", // disk full
            "53200", // out of memory
            "58030", // input/output error
            "40001", // serialization failure
            "40P01", // deadlock
            "55P03", // lock not available
            "57014", // canceled: statement timeout
            "25006", // read-only
            "XX000");

    /** The server process ends in the middle of the statement: 57P01, and the connection is gone. */
    static final String TERMINATE = "57P01";

    private static final List<String> TABLES =
            List.of("mailbox", "maildrop_lease", "message", "expunged", "message_chunk", "unreferenced");

    private final Connection connection;

    /** Triggers stay in the database. */
    DatabaseFaults(TestDatabase database) {
        connection = database.connect();
        // a sequence is not rolled back: the repeated statement has another number
        execute("CREATE SEQUENCE fault_calls; CREATE TABLE fault (call bigint PRIMARY KEY, state text NOT NULL)");
        execute("CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS $$"
                + " DECLARE wanted text; BEGIN"
                + " SELECT state INTO wanted FROM fault WHERE call = nextval('fault_calls');"
                + " IF wanted = '" + TERMINATE + "' THEN"
                + "  PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(10);"
                + " ELSIF wanted IS NOT NULL THEN"
                + "  RAISE EXCEPTION 'made by a test' USING ERRCODE = wanted; END IF;"
                + " RETURN NULL; END $$");
        for (String table : TABLES) {
            execute("CREATE TRIGGER fault AFTER INSERT OR UPDATE OR DELETE ON " + table
                    + " FOR EACH STATEMENT EXECUTE FUNCTION fault()");
        }
        // deliveries and releases both change the counters: this one fails their COMMIT
        execute("CREATE CONSTRAINT TRIGGER fault_at_commit AFTER UPDATE ON mailbox DEFERRABLE INITIALLY DEFERRED"
                + " FOR EACH ROW EXECUTE FUNCTION fault()");
    }

    /** @param calls how many changing statements (or commits) succeed before */
    void after(int calls, String state) {
        execute("DELETE FROM fault; INSERT INTO fault SELECT last_value + 1 + " + calls + ", '" + state
                + "' FROM fault_calls");
    }

    /** Whether the fault has happened; it does not happen any more. */
    boolean clear() {
        boolean happened = number("SELECT count(*) FROM fault, fault_calls WHERE call <= last_value") > 0;
        execute("DELETE FROM fault");
        return happened;
    }

    void execute(String sql) {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new AssertionError(sql, e);
        }
    }

    long number(String sql) {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getLong(1);
        } catch (SQLException e) {
            throw new AssertionError(sql, e);
        }
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }
}
