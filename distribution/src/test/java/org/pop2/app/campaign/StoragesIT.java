package org.pop2.app.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.app.bench.Load;
import org.pop2.app.bench.Plan;
import org.pop2.app.bench.Result;
import org.pop2.app.bench.Scenario;
import org.pop2.protocol.Secret;

/**
 * How fast the packaged server is on each storage, in one run, with the load generator of {@code pop2d bench}; and the
 * same reads by plain SQL, which no server on PostgreSQL can be faster than without reading ahead. Nothing is asserted
 * but that the answers are right: figures are for people.
 */
@Tag("storages")
@Timeout(1800)
class StoragesIT {
    private static final int USERS = 64;
    private static final int MESSAGES = 1000;
    private static final int MESSAGE_OCTETS = 4096;
    private static final int BIG_OCTETS = 50 * 1024 * 1024;
    private static final int WINDOW = 8;
    /** What is compiled while sessions come and go is much, and takes the processors from them. */
    private static final Duration LONG_WARM_UP = Duration.ofSeconds(30);

    private static final Duration WARM_UP = Duration.ofSeconds(8);

    private static final Duration DURATION = Duration.ofSeconds(8);
    private static final Path REPORT = Path.of("target/storages.md");

    private final Secret password = Secret.of("secret".getBytes(StandardCharsets.US_ASCII));
    private final List<String> report = new ArrayList<>();

    @Test
    void bothStoragesSideBySide(@TempDir Path directory) throws Exception {
        Path many = Files.writeString(directory.resolve("many.mbox"), MboxText.of(MESSAGES, MESSAGE_OCTETS));
        Path big = Files.writeString(directory.resolve("big.mbox"), MboxText.of(1, BIG_OCTETS));
        String[] lines = {"auth.rehash = false", "limits.sessions-per-user = 1000"};
        try (SharedDatabase database = new SharedDatabase(true)) {
            Instance mbox = new Instance(directory.resolve("mbox"), lines);
            Instance postgresql = SharedDatabase.node(directory, "postgresql", database.port(), lines);
            Files.writeString(directory.resolve("users"), accounts());
            report.add("| work | mbox | PostgreSQL | plain SQL | target on PostgreSQL |");
            report.add("|---|--:|--:|--:|---|");
            for (Instance instance : List.of(mbox, postgresql)) {
                prepare(instance, directory.resolve("users"), many, big);
            }
            for (int i = 0; i < USERS; i++) {
                database.deliver("churn" + i, "Subject: x\r\n\r\nx\r\n");
                Files.writeString(mbox.spool().resolve("churn" + i), MboxText.of(1, 10));
            }
            double messageFloor = messagesBySql(database);
            double bigFloor = bigBySql(database);
            List<List<Result>> results = new ArrayList<>();
            for (Instance instance : List.of(mbox, postgresql)) {
                results.add(measure(instance));
            }
            List<Result> files = results.get(0);
            List<Result> tables = results.get(1);
            row(
                    "sessions/s, " + USERS + " at a time",
                    files.get(0).perSecond(),
                    tables.get(0).perSecond(),
                    "",
                    target(tables.get(0).perSecond() >= 1500, "≥ 1,500"));
            row(
                    "messages/s of 4 KiB, one by one",
                    files.get(1).perSecond(),
                    tables.get(1).perSecond(),
                    number(messageFloor),
                    target(tables.get(1).perSecond() >= messageFloor / 2, "≥ half of plain SQL"));
            row(
                    "messages/s of 4 KiB, 20 asked for ahead",
                    files.get(2).perSecond(),
                    tables.get(2).perSecond(),
                    number(messageFloor),
                    target(tables.get(2).perSecond() >= messageFloor / 2, "≥ half of plain SQL"));
            row(
                    "MB/s, one message of 50 MiB",
                    files.get(3).megabytesPerSecond(),
                    tables.get(3).megabytesPerSecond(),
                    number(bigFloor),
                    target(tables.get(3).megabytesPerSecond() >= 150, "≥ 150"));
        }
        report.forEach(System.out::println);
        Files.write(REPORT, report);
    }

    private static String accounts() {
        StringBuilder accounts = new StringBuilder("many:{PLAIN}secret\nbig:{PLAIN}secret\n");
        for (int i = 0; i < USERS; i++) {
            accounts.append("churn").append(i).append(":{PLAIN}secret\n");
        }
        return accounts.toString();
    }

    private static void prepare(Instance instance, Path users, Path many, Path big) throws Exception {
        Files.setPosixFilePermissions(users, PosixFilePermissions.fromString("rw-------"));
        assertThat(instance.run("", "user", "import", users.toString())).isZero();
        assertThat(instance.run("", "mailbox", "import", "--user", "many", many.toString()))
                .isZero();
        assertThat(instance.run("", "mailbox", "import", "--user", "big", big.toString()))
                .isZero();
    }

    private List<Result> measure(Instance instance) throws Exception {
        instance.start();
        try {
            return List.of(
                    run(instance, "churn%d", Scenario.CHURN, USERS, 1),
                    run(instance, "many", Scenario.FETCH, 1, 1),
                    run(instance, "many", Scenario.FETCH, 1, 20),
                    run(instance, "big", Scenario.BIG, 1, 1));
        } finally {
            instance.close();
        }
    }

    private Result run(Instance instance, String user, Scenario scenario, int concurrency, int pipeline)
            throws IOException {
        InetSocketAddress server = new InetSocketAddress(InetAddress.getLoopbackAddress(), instance.port());
        Result result = new Load(
                        new Plan(
                                server,
                                user,
                                password,
                                scenario,
                                concurrency,
                                pipeline,
                                1,
                                scenario == Scenario.CHURN ? LONG_WARM_UP : WARM_UP,
                                DURATION),
                        done -> {})
                .run();
        assertThat(result.firstError()).isEmpty();
        assertThat(result.errors()).isZero();
        return result;
    }

    // ---- the same reads by plain SQL

    private static double messagesBySql(SharedDatabase database) throws SQLException {
        try (Connection connection = database.connect()) {
            List<UUID> bodies = new ArrayList<>();
            UUID mailbox = mailbox(connection, "many");
            try (PreparedStatement list =
                    connection.prepareStatement("SELECT body_id FROM message WHERE mailbox_id = ? ORDER BY uid")) {
                list.setObject(1, mailbox);
                ResultSet rows = list.executeQuery();
                while (rows.next()) {
                    bodies.add(rows.getObject(1, UUID.class));
                }
            }
            assertThat(bodies).hasSize(MESSAGES);
            try (PreparedStatement read = connection.prepareStatement(
                    "SELECT data FROM message_chunk WHERE mailbox_id = ? AND body_id = ? AND seq = 0")) {
                for (int warmUp = 0; warmUp < 3; warmUp++) {
                    readAll(read, mailbox, bodies);
                }
                long begin = System.nanoTime();
                int rounds = 10;
                for (int i = 0; i < rounds; i++) {
                    readAll(read, mailbox, bodies);
                }
                return rounds * (double) MESSAGES * 1e9 / (System.nanoTime() - begin);
            }
        }
    }

    private static void readAll(PreparedStatement read, UUID mailbox, List<UUID> bodies) throws SQLException {
        read.setObject(1, mailbox);
        for (UUID body : bodies) {
            read.setObject(2, body);
            try (ResultSet row = read.executeQuery()) {
                assertThat(row.next()).isTrue();
                assertThat(row.getBytes(1).length).isGreaterThan(MESSAGE_OCTETS);
            }
        }
    }

    /** In windows as the storage reads them, one after the other. */
    private static double bigBySql(SharedDatabase database) throws SQLException {
        try (Connection connection = database.connect();
                PreparedStatement body =
                        connection.prepareStatement("SELECT body_id, chunks FROM message WHERE mailbox_id = ?");
                PreparedStatement read = connection.prepareStatement("SELECT data FROM message_chunk"
                        + " WHERE mailbox_id = ? AND body_id = ? AND seq >= ? AND seq < ? ORDER BY seq")) {
            UUID mailbox = mailbox(connection, "big");
            body.setObject(1, mailbox);
            ResultSet message = body.executeQuery();
            assertThat(message.next()).isTrue();
            read.setObject(1, mailbox);
            read.setObject(2, message.getObject(1, UUID.class));
            int chunks = message.getInt(2);
            double best = 0;
            for (int round = 0; round < 8; round++) {
                long octets = 0;
                long begin = System.nanoTime();
                for (int seq = 0; seq < chunks; seq += WINDOW) {
                    read.setInt(3, seq);
                    read.setInt(4, seq + WINDOW);
                    try (ResultSet rows = read.executeQuery()) {
                        while (rows.next()) {
                            octets += rows.getBytes(1).length;
                        }
                    }
                }
                best = Math.max(best, octets * 1e3 / (System.nanoTime() - begin));
            }
            return best;
        }
    }

    private static UUID mailbox(Connection connection, String user) throws SQLException {
        try (PreparedStatement find =
                connection.prepareStatement("SELECT mailbox_id FROM mailbox WHERE user_name = ?")) {
            find.setString(1, user);
            ResultSet row = find.executeQuery();
            assertThat(row.next()).isTrue();
            return row.getObject(1, UUID.class);
        }
    }

    private void row(String work, double mbox, double postgresql, String sql, String target) {
        report.add(
                "| " + work + " | " + number(mbox) + " | " + number(postgresql) + " | " + sql + " | " + target + " |");
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%,.0f", value);
    }

    private static String target(boolean met, String text) {
        return text + (met ? ": met" : ": **not met**");
    }
}
