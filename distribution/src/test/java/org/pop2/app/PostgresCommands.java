package org.pop2.app;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Commands in this process, each test's in a directory and on a database of its own. */
abstract class PostgresCommands {
    private static int databases;

    @SuppressWarnings("NullAway.Init")
    private static EmbeddedPostgres postgres;

    @TempDir
    Path directory;

    final Map<String, String> environment = new HashMap<>();
    String database = "";
    String out = "";
    String err = "";

    @BeforeAll
    static void start() throws IOException {
        postgres = EmbeddedPostgres.builder().setServerConfig("fsync", "off").start();
    }

    @AfterAll
    static void stop() throws IOException {
        postgres.close();
    }

    @BeforeEach
    void createDatabase() throws IOException {
        database = "pop2_" + ++databases;
        sql("postgres", "CREATE DATABASE " + database);
        Files.createDirectories(directory.resolve("conf"));
        environment.put("POP2D_HOME", directory.toString());
    }

    void write(String type) throws IOException {
        write(type, "127.0.0.1:" + postgres.getPort());
    }

    void write(String type, String address) throws IOException {
        Files.writeString(
                directory.resolve("conf/pop2d.conf"),
                "storage.type = " + type + "\nstorage.postgresql { url = \"postgresql://" + address + "/" + database
                        + "\", user = postgres, password = postgres }\n");
    }

    static void sql(String database, String statement) {
        try (Connection connection = DriverManager.getConnection(postgres.getJdbcUrl("postgres", database));
                Statement sql = connection.createStatement()) {
            sql.execute(statement);
        } catch (SQLException e) {
            throw new AssertionError(statement, e);
        }
    }

    int run(String... arguments) {
        return runWith("", arguments);
    }

    int runWith(String input, String... arguments) {
        CommandRun run =
                CommandRun.of(new ByteArrayInputStream(input.getBytes(ISO_8859_1)), ISO_8859_1, environment, arguments);
        out = run.out();
        err = run.err();
        return run.exitCode();
    }
}
