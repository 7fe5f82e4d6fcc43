package org.pop2.storage.sql;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * A primary and its standbys, of Debian's PostgreSQL: each change is on the primary and one standby at least. The steps
 * of a failover are those of {@code doc/postgresql.md}, "A failover by hand". As root it runs them as the user
 * {@code postgres}.
 */
final class Replicas implements AutoCloseable {
    private static final Path VERSIONS = Path.of("/usr/lib/postgresql");

    private final Path directory;
    private final Path programs;
    private final List<Integer> ports;
    private int primary;

    /** @param directory for all files */
    Replicas(Path directory, int count) throws IOException, InterruptedException {
        this.directory = directory;
        this.programs = programs();
        ports = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                ports.add(free.getLocalPort());
            }
        }
        run("chown", null, "postgres", directory.toString());
        command("initdb", "-D", data(0), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync");
        Files.writeString(Path.of(data(0), "postgresql.conf"), """
                fsync = off
                max_connections = 200
                wal_keep_size = 256MB
                hot_standby = on
                listen_addresses = '127.0.0.1'
                unix_socket_directories = ''
                synchronous_standby_names = '%s'
                """.formatted(anyOne()), StandardOpenOption.APPEND);
        configure(0);
        start(0);
        for (int i = 1; i < count; i++) {
            build(i);
        }
        awaitStandbys(count - 1);
    }

    private static Path programs() throws IOException {
        if (Files.isDirectory(VERSIONS)) {
            try (Stream<Path> versions = Files.list(VERSIONS)) {
                return versions.map(version -> version.resolve("bin"))
                        .filter(bin -> Files.isExecutable(bin.resolve("initdb")))
                        .max(Comparator.naturalOrder())
                        .orElseThrow(() -> new IllegalStateException("install the package postgresql"));
            }
        }
        throw new IllegalStateException("needs Debian's PostgreSQL: install the package postgresql");
    }

    String hosts() {
        return ports.stream().map(port -> "127.0.0.1:" + port).collect(Collectors.joining(","));
    }

    PostgresServer primary() {
        return new PostgresServer("127.0.0.1:" + ports.get(primary), "postgres", "");
    }

    /** All processes of the primary, at once: as if its machine had failed. It is away then. */
    void killPrimary() throws IOException {
        long pid = Long.parseLong(
                Files.readAllLines(Path.of(data(primary), "postmaster.pid")).get(0));
        ProcessHandle postmaster = ProcessHandle.of(pid).orElseThrow();
        List<ProcessHandle> all = new ArrayList<>(postmaster.descendants().toList());
        all.add(0, postmaster);
        all.forEach(ProcessHandle::destroyForcibly);
        Awaitility.await().until(() -> all.stream().noneMatch(Replicas::runs));
        Files.delete(Path.of(data(primary), "postmaster.pid"));
    }

    /** One that has ended may wait for somebody to ask how. */
    private static boolean runs(ProcessHandle process) {
        try {
            return process.isAlive()
                    && !Files.readString(Path.of("/proc/" + process.pid() + "/stat"))
                            .contains(") Z ");
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * The standby that has most becomes the primary, and the others follow it.
     *
     * @return when it had been promoted, by {@link System#nanoTime}
     */
    long failOver() throws IOException, InterruptedException {
        int old = primary;
        List<Integer> standbys =
                IntStream.range(0, ports.size()).filter(i -> i != old).boxed().toList();
        int next = standbys.stream()
                .max(Comparator.comparingLong(i ->
                        Long.parseLong(query(i, "SELECT pg_wal_lsn_diff(pg_last_wal_receive_lsn(), '0/0')::bigint"))))
                .orElseThrow();
        command("pg_ctl", "-D", data(next), "-w", "promote");
        long promoted = System.nanoTime();
        primary = next;
        for (int other : standbys) {
            if (other != next) {
                execute(other, "ALTER SYSTEM SET primary_conninfo = '" + connection(other) + "'");
                execute(other, "SELECT pg_reload_conf()");
            }
        }
        awaitStandbys(1);
        return promoted;
    }

    /** The one that was killed comes back as a standby, from a copy of the primary. */
    void rebuildOthers() throws IOException, InterruptedException {
        for (int i = 0; i < ports.size(); i++) {
            if (!Files.exists(Path.of(data(i), "postmaster.pid"))) {
                build(i);
            }
        }
        awaitStandbys(ports.size() - 1);
    }

    private void awaitStandbys(int wanted) {
        Awaitility.await()
                .atMost(60, TimeUnit.SECONDS)
                .until(() -> Integer.parseInt(query(
                                primary,
                                "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"
                                        + " AND sync_state = 'quorum'"))
                        >= wanted);
    }

    private void build(int i) throws IOException, InterruptedException {
        run("rm", null, "-rf", data(i));
        command("pg_basebackup", "-D", data(i), "-d", connection(i), "-R", "-X", "stream", "-c", "fast", "--no-sync");
        configure(i);
        start(i);
    }

    /** What of its configuration is its own. */
    private void configure(int i) throws IOException {
        Files.writeString(
                Path.of(data(i), "postgresql.conf"), "port = " + ports.get(i) + "\n", StandardOpenOption.APPEND);
    }

    private void start(int i) throws IOException, InterruptedException {
        command("pg_ctl", "-D", data(i), "-l", directory.resolve("log" + i).toString(), "-w", "start");
    }

    private String connection(int i) {
        return "host=127.0.0.1 user=postgres application_name=s" + i + " port=" + ports.get(primary);
    }

    private String anyOne() {
        return "ANY 1 ("
                + IntStream.range(0, ports.size()).mapToObj(i -> "s" + i).collect(Collectors.joining(", ")) + ")";
    }

    private String data(int i) {
        return directory.resolve("data" + i).toString();
    }

    private Connection connect(int i) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + ports.get(i) + "/postgres?connectTimeout=5&sslmode=disable",
                "postgres",
                "");
    }

    private void execute(int i, String sql) {
        try (Connection connection = connect(i);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new AssertionError(sql, e);
        }
    }

    private String query(int i, String sql) {
        try (Connection connection = connect(i);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return String.valueOf(rows.getString(1));
        } catch (SQLException e) {
            throw new AssertionError(sql, e);
        }
    }

    @Override
    public void close() throws IOException {
        for (int i = 0; i < ports.size(); i++) {
            if (Files.exists(Path.of(data(i), "postmaster.pid"))) {
                try {
                    command("pg_ctl", "-D", data(i), "-m", "immediate", "-w", "stop");
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }

    private void command(String program, String... arguments) throws IOException, InterruptedException {
        run(programs.resolve(program).toString(), "postgres", arguments);
    }

    /** @param user whom a command is run as, by root */
    private void run(String program, @org.jspecify.annotations.Nullable String user, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        boolean root = "root".equals(System.getProperty("user.name"));
        if (user != null && root) {
            command.addAll(List.of("setpriv", "--reuid=" + user, "--regid=" + user, "--clear-groups"));
        }
        if (program.equals("chown") && !root) {
            return;
        }
        command.add(program);
        command.addAll(List.of(arguments));
        Path output = Files.createTempFile("replicas", ".out");
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        if (!process.waitFor(120, TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new UncheckedIOException(new IOException(command + ": " + Files.readString(output)));
        }
        Files.delete(output);
    }
}
