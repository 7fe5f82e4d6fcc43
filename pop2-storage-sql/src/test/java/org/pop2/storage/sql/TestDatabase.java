package org.pop2.storage.sql;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStoreProvider.Setting;
import org.pop2.storage.StoreSettings;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A database of one test class, on the server that all share. With {@code -Dpop2.database} it is the one named there,
 * for all classes, one after the other: each begins with its tables empty.
 */
final class TestDatabase {
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final PostgresServer server;
    final String name;

    /** One that is there. */
    TestDatabase(PostgresServer server, String name) {
        this.server = server;
        this.name = name;
    }

    static TestDatabase empty() {
        return empty(PostgresServer.get(), "");
    }

    /** @param options of CREATE DATABASE */
    static TestDatabase empty(PostgresServer server, String options) {
        TestDatabase database = new TestDatabase(server, "pop2_" + NUMBER.incrementAndGet());
        new TestDatabase(server, "postgres").execute("CREATE DATABASE " + database.name + " " + options);
        return database;
    }

    /**
     * With the newest schema; the one that was named, if one was. Otherwise it refuses transactions of two mailboxes
     * ({@link OneMailbox}).
     */
    static TestDatabase migrated() {
        return NamedDatabase.find().map(TestDatabase::migrated).orElseGet(() -> {
            TestDatabase database = plain();
            OneMailbox.watch(database);
            return database;
        });
    }

    /** With the newest schema, on a server of our own. */
    static TestDatabase plain() {
        return migrated(PostgresServer.get(), "");
    }

    private static TestDatabase migrated(NamedDatabase named) {
        TestDatabase database = new TestDatabase(named.server(), named.name());
        database.migrate();
        named.engine()
                .ifPresent(engine -> Flux.from(new PostgresProvider()
                                .distribute(database.settings(HoldPolicy.DEFAULT, Map.of()), engine))
                        .blockLast(Duration.ofMinutes(2)));
        database.clear();
        return database;
    }

    static TestDatabase migrated(PostgresServer server, String options) {
        TestDatabase database = empty(server, options);
        database.migrate();
        return database;
    }

    private void migrate() {
        Mono.from(SchemaMigration.migrate(settings(HoldPolicy.DEFAULT, Map.of())))
                .block(Duration.ofSeconds(60));
    }

    /** The defaults, and these changes. */
    StoreSettings settings(HoldPolicy policy, Map<String, String> changes) {
        Map<String, String> values = new HashMap<>();
        for (Setting setting : new PostgresProvider().settings()) {
            values.put(setting.name(), setting.defaultValue());
        }
        values.put("url", "postgresql://" + server.address() + "/" + name);
        values.put("user", server.user());
        values.put("password", server.password());
        values.put("tls", "disable");
        values.putAll(changes);
        return new StoreSettings(values, policy, Path.of("."));
    }

    PostgresStore open(HoldPolicy policy, Map<String, String> changes) {
        return PostgresStore.open(PostgresSettings.of(settings(policy, changes)), policy)
                .blockOptional(Duration.ofSeconds(60))
                .orElseThrow();
    }

    String address() {
        return server.address();
    }

    Connection connect() {
        try {
            return DriverManager.getConnection(
                    "jdbc:postgresql://" + server.address() + "/" + name, server.user(), server.password());
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    void execute(String sql) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new AssertionError(sql, e);
        }
    }

    /** The first column of every row, as text. */
    List<String> query(String sql) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            List<String> values = new ArrayList<>();
            while (rows.next()) {
                values.add(rows.getString(1));
            }
            return values;
        } catch (SQLException e) {
            throw new AssertionError(sql, e);
        }
    }

    long number(String sql) {
        return Long.parseLong(query(sql).get(0));
    }

    /** By DELETE: TRUNCATE makes new files for each of some 50 partitions, their indexes and TOAST tables. */
    void clear() {
        execute("DELETE FROM message; DELETE FROM expunged; DELETE FROM message_chunk; DELETE FROM unreferenced;"
                + " DELETE FROM mailbox; DELETE FROM account; DELETE FROM ledger");
    }

    /** What must hold whenever nothing is under way: every body is referred to once, and every counter is right. */
    List<String> contradictions() {
        return query("WITH bodies AS (SELECT mailbox_id, body_id, chunks FROM message"
                + " UNION ALL SELECT mailbox_id, body_id, chunks FROM expunged"
                + " UNION ALL SELECT mailbox_id, body_id, NULL FROM unreferenced),"
                + " stored AS (SELECT mailbox_id, body_id, count(*) AS chunks, sum(length(data)) AS octets"
                + " FROM message_chunk GROUP BY 1, 2)"
                + " SELECT 'body referred to twice: ' || body_id FROM bodies GROUP BY body_id HAVING count(*) > 1"
                + " UNION ALL SELECT 'body nobody refers to: ' || s.body_id FROM stored s WHERE NOT EXISTS"
                + " (SELECT FROM bodies b WHERE b.body_id = s.body_id)"
                + " UNION ALL SELECT 'body not whole: ' || m.body_id FROM"
                + " (SELECT body_id, octets FROM message UNION ALL SELECT body_id, octets FROM expunged) m"
                + " LEFT JOIN stored s USING (body_id) WHERE s.octets IS DISTINCT FROM m.octets"
                + " UNION ALL SELECT 'counters wrong: ' || b.folder FROM mailbox b LEFT JOIN (SELECT mailbox_id,"
                + " count(*) AS n, sum(octets) AS o FROM message GROUP BY 1) m USING (mailbox_id)"
                + " WHERE b.messages <> coalesce(m.n, 0) OR b.octets <> coalesce(m.o, 0)"
                + " UNION ALL SELECT 'no lease row: ' || folder FROM mailbox b WHERE NOT EXISTS"
                + " (SELECT FROM maildrop_lease l WHERE l.mailbox_id = b.mailbox_id)");
    }
}
