package org.pop2.storage.sql;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import reactor.core.publisher.Mono;

/**
 * Spreads the tables over the workers of a cluster, by {@code distribution/citus.sql}: one transaction. Blocks, on
 * Reactor's bounded pool.
 */
final class SchemaDistribution {
    static final String CITUS = "citus";

    private static final String SCRIPT = "distribution/citus.sql";

    private SchemaDistribution() {}

    /** The schema has to be the newest, as the script is written for that. The tables that were spread. */
    static Mono<List<String>> distribute(PostgresSettings settings) {
        return SchemaMigration.pending(settings)
                .flatMap(pending -> pending.isEmpty()
                        ? SchemaMigration.blocking(settings, SchemaMigration.NEVER, () -> spread(settings))
                        : Mono.error(unusable(settings, "versions " + String.join(", ", pending) + " are missing")));
    }

    private static List<String> spread(PostgresSettings settings) {
        try (Connection connection = Objects.requireNonNull(
                                SchemaMigration.flyway(settings).getDataSource())
                        .getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            if (!is(statement, Sql.HAS_CITUS)) {
                throw unusable(settings, "the database has no Citus: CREATE EXTENSION citus, there and on each worker");
            }
            if (is(statement, Sql.IS_DISTRIBUTED)) {
                return List.of();
            }
            if (!is(statement, Sql.HAS_WORKERS)) {
                throw unusable(settings, "the cluster has no workers: SELECT citus_add_node(name, port)");
            }
            statement.execute(script());
            while (statement.getMoreResults() || statement.getUpdateCount() >= 0) {
                // each statement of the script has a result, which says nothing
            }
            List<String> tables = names(statement, Sql.DISTRIBUTED_TABLES);
            connection.commit();
            return tables;
        } catch (SQLException e) {
            throw new StoreException(Reason.UNAVAILABLE, "distribute " + settings + ": " + e.getMessage(), e);
        }
    }

    private static StoreException unusable(PostgresSettings settings, String why) {
        return new StoreException(Reason.UNAVAILABLE, "distribute " + settings + ": " + why);
    }

    private static boolean is(Statement statement, String question) throws SQLException {
        return "t".equals(names(statement, question).get(0));
    }

    private static List<String> names(Statement statement, String question) throws SQLException {
        try (ResultSet rows = statement.executeQuery(question)) {
            List<String> names = new ArrayList<>();
            while (rows.next()) {
                names.add(rows.getString(1));
            }
            return names;
        }
    }

    private static String script() {
        try (InputStream script = SchemaDistribution.class.getResourceAsStream(SCRIPT)) {
            return new String(Objects.requireNonNull(script).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new StoreException(Reason.UNAVAILABLE, SCRIPT + " cannot be read", e);
        }
    }
}
