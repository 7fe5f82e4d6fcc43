package org.pop2.app.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
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
    /** Of sessions and deliveries that are each another user's. */
    private static final int OTHERS = 12_000;

    private static final List<Integer> SESSIONS_AT_A_TIME = List.of(1, 16, 64);
    private static final List<Integer> DELIVERIES_AT_A_TIME = List.of(1, 8, 32);
    /** Of alternating measurements; the median counts. */
    private static final int ROUNDS = 3;

    private static final Duration SHORT = Duration.ofSeconds(5);
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
        write();
    }

    @Test
    void eachSessionAndEachDeliveryIsAnotherUsers(@TempDir Path directory) throws Exception {
        String[] lines = {"auth.rehash = false", "lmtp { address = \"127.0.0.1:0\", domains = example.org }"};
        try (SharedDatabase database = new SharedDatabase(true)) {
            Instance mbox = new Instance(directory.resolve("mbox"), lines);
            Instance postgresql = SharedDatabase.node(directory, "postgresql", database.port(), lines);
            StringBuilder accounts = new StringBuilder();
            for (int i = 0; i < OTHERS; i++) {
                accounts.append("other").append(i).append(":{PLAIN}secret\n");
            }
            // as the mbox storage writes it, which does so anew for each account
            Files.writeString(directory.resolve("mbox/accounts"), accounts);
            Path users = Files.writeString(directory.resolve("users"), accounts);
            for (Path file : List.of(users, directory.resolve("mbox/accounts"))) {
                Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
            }
            assertThat(postgresql.run("", "user", "import", users.toString())).isZero();
            report.add("| work | mbox | PostgreSQL | plain SQL | target on PostgreSQL |");
            report.add("|---|--:|--:|--:|---|");
            everybodyInTurn(mbox, postgresql, database);
        }
        write();
    }

    private void write() throws IOException {
        report.add("");
        report.forEach(System.out::println);
        Files.write(REPORT, report, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
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

    // ---- both servers run, and are asked by turns

    /** What is asked for once, of the user with that number. */
    private interface Work {
        void of(int user) throws Exception;
    }

    private interface Worker {
        /** @param opened what is to be closed at the end */
        Work open(List<AutoCloseable> opened) throws Exception;
    }

    private void everybodyInTurn(Instance mbox, Instance postgresql, SharedDatabase database) throws Exception {
        Map<String, List<Double>> rates = new LinkedHashMap<>();
        List<Instance> both = List.of(mbox, postgresql);
        List<AtomicInteger> users = List.of(new AtomicInteger(), new AtomicInteger());
        AtomicInteger bySql = new AtomicInteger();
        for (Instance instance : both) {
            instance.start();
        }
        try {
            for (int i = 0; i < 2; i++) {
                Instance instance = both.get(i);
                // fills all mailboxes
                while (users.get(i).get() < OTHERS) {
                    perSecond(32, SHORT, users.get(i), opened -> deliveryTo(instance, opened));
                }
                perSecond(64, WARM_UP.multipliedBy(2), users.get(i), opened -> user -> session(instance, user));
            }
            for (int round = 0; round < ROUNDS; round++) {
                for (int turn = 0; turn < 2; turn++) {
                    int i = (round + turn) % 2;
                    Instance instance = both.get(i);
                    for (int connections : DELIVERIES_AT_A_TIME) {
                        note(
                                rates,
                                "d" + connections + "/" + i,
                                perSecond(connections, SHORT, users.get(i), opened -> deliveryTo(instance, opened)));
                    }
                    for (int sessions : SESSIONS_AT_A_TIME) {
                        note(
                                rates,
                                "s" + sessions + "/" + i,
                                perSecond(sessions, SHORT, users.get(i), opened -> user -> session(instance, user)));
                    }
                }
                for (int connections : DELIVERIES_AT_A_TIME) {
                    note(
                            rates,
                            "d" + connections + "/2",
                            perSecond(connections, SHORT, bySql, opened -> deliveryBySql(database, opened)));
                }
                for (int sessions : SESSIONS_AT_A_TIME) {
                    note(
                            rates,
                            "s" + sessions + "/2",
                            perSecond(sessions, SHORT, bySql, opened -> sessionBySql(database, opened)));
                }
            }
        } finally {
            for (Instance instance : both) {
                instance.close();
            }
        }
        for (int connections : DELIVERIES_AT_A_TIME) {
            inTurnRow(
                    rates,
                    "d" + connections,
                    "messages/s of 1 KiB by LMTP, " + connections + " connections",
                    connections == 32 ? 1000 : 0);
        }
        for (int sessions : SESSIONS_AT_A_TIME) {
            inTurnRow(
                    rates,
                    "s" + sessions,
                    "sessions/s of other users each time, " + sessions + " at a time",
                    sessions == 64 ? 1000 : 0);
        }
    }

    private static void note(Map<String, List<Double>> rates, String what, double rate) {
        rates.computeIfAbsent(what, key -> new ArrayList<>()).add(rate);
    }

    private void inTurnRow(Map<String, List<Double>> rates, String key, String work, double wanted) {
        double tables = median(rates, key + "/1");
        row(
                work,
                median(rates, key + "/0"),
                tables,
                number(median(rates, key + "/2")),
                wanted == 0 ? "" : target(tables >= wanted, "≥ " + number(wanted)));
    }

    private static double median(Map<String, List<Double>> rates, String key) {
        return rates.getOrDefault(key, List.of(0.0)).stream()
                .sorted()
                .skip(ROUNDS / 2)
                .findFirst()
                .orElse(0.0);
    }

    private static double perSecond(int atATime, Duration duration, AtomicInteger users, Worker worker)
            throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(atATime);
        try {
            long begin = System.nanoTime();
            List<Future<Integer>> counts = new ArrayList<>();
            for (int i = 0; i < atATime; i++) {
                counts.add(threads.submit(() -> {
                    List<AutoCloseable> opened = new ArrayList<>();
                    try {
                        Work work = worker.open(opened);
                        int done = 0;
                        while (System.nanoTime() - begin < duration.toNanos()) {
                            work.of(users.getAndIncrement() % OTHERS);
                            done++;
                        }
                        return done;
                    } finally {
                        for (AutoCloseable each : opened) {
                            each.close();
                        }
                    }
                }));
            }
            int all = 0;
            for (Future<Integer> count : counts) {
                all += count.get();
            }
            return all * 1e9 / (System.nanoTime() - begin);
        } finally {
            threads.shutdown();
        }
    }

    private static void session(Instance instance, int user) throws IOException {
        try (PlainClient client = new PlainClient(instance.port())) {
            client.receive();
            PlainClient.number(client.ask("HELO other" + user + " secret"), '#');
            assertThat(client.ask("QUIT")).startsWith("+");
        }
    }

    private static final String BODY = "Subject: x\r\n\r\n" + ("x".repeat(62) + "\r\n").repeat(16);

    private static Work deliveryTo(Instance instance, List<AutoCloseable> opened) throws IOException {
        PlainClient client = new PlainClient(instance.lmtpPort());
        opened.add(client);
        client.receive();
        for (String line = client.ask("LHLO mta"); line.startsWith("250-"); ) {
            line = client.receive();
        }
        return user -> {
            client.send("MAIL FROM:<a@example.org>\r\nRCPT TO:<other" + user + "@example.org>\r\nDATA");
            for (String code : List.of("250", "250", "354")) {
                assertThat(client.receive()).startsWith(code);
            }
            assertThat(client.ask(BODY + ".")).startsWith("250");
        };
    }

    /** What a delivery and a session are at least, on the same tables. */
    private static Work deliveryBySql(SharedDatabase database, List<AutoCloseable> opened) throws SQLException {
        Connection connection = database.connect();
        opened.add(connection);
        connection.setAutoCommit(false);
        PreparedStatement count = connection.prepareStatement("UPDATE mailbox SET next_uid = next_uid + 1, messages ="
                + " messages + 1, octets = octets + ? WHERE user_name = ? AND folder = 'INBOX'"
                + " RETURNING mailbox_id, next_uid - 1");
        PreparedStatement chunk = connection.prepareStatement(
                "INSERT INTO message_chunk (mailbox_id, body_id, seq, data) VALUES (?, ?, 0, ?)");
        PreparedStatement message = connection.prepareStatement("INSERT INTO message (mailbox_id, uid, octets, chunks,"
                + " body_id, sha256, sender) VALUES (?, ?, ?, 1, ?, sha256(?), 'a@example.org')");
        byte[] octets = BODY.getBytes(StandardCharsets.US_ASCII);
        return user -> {
            count.setInt(1, octets.length);
            count.setString(2, "other" + user);
            UUID body = UUID.randomUUID();
            try (ResultSet row = count.executeQuery()) {
                assertThat(row.next()).isTrue();
                UUID mailbox = row.getObject(1, UUID.class);
                chunk.setObject(1, mailbox);
                chunk.setObject(2, body);
                chunk.setBytes(3, octets);
                message.setObject(1, mailbox);
                message.setLong(2, row.getLong(2));
                message.setInt(3, octets.length);
                message.setObject(4, body);
                message.setBytes(5, octets);
            }
            chunk.executeUpdate();
            message.executeUpdate();
            connection.commit();
        };
    }

    private static Work sessionBySql(SharedDatabase database, List<AutoCloseable> opened) throws SQLException {
        Connection connection = database.connect();
        opened.add(connection);
        PreparedStatement account = connection.prepareStatement("SELECT * FROM account WHERE user_name = ?");
        PreparedStatement take =
                connection.prepareStatement("UPDATE maildrop_lease l SET epoch = epoch + 1, active_at ="
                        + " now(), reported_at = now() FROM mailbox b WHERE b.user_name = ? AND b.folder = 'INBOX'"
                        + " AND l.mailbox_id = b.mailbox_id RETURNING l.mailbox_id");
        PreparedStatement list = connection.prepareStatement(
                "SELECT uid, octets, body_id FROM message WHERE mailbox_id = ? ORDER BY uid LIMIT 100");
        PreparedStatement free = connection.prepareStatement(
                "UPDATE maildrop_lease SET active_at = now(), reported_at = now()" + " WHERE mailbox_id = ?");
        return user -> {
            account.setString(1, "other" + user);
            account.executeQuery().close();
            take.setString(1, "other" + user);
            try (ResultSet row = take.executeQuery()) {
                assertThat(row.next()).isTrue();
                list.setObject(1, row.getObject(1));
                free.setObject(1, row.getObject(1));
            }
            list.executeQuery().close();
            free.executeUpdate();
        };
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
