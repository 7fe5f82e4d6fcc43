package org.pop2.storage.sql;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** The PgBouncer of this system, in transaction mode; installed from Debian's packages where it is missing. */
final class PgBouncer implements AutoCloseable {
    private static final String PROGRAM = "pgbouncer";
    private static final Path SBIN = Path.of("/usr/sbin", PROGRAM);

    private final Process process;
    private final int port;
    private final Path log;

    /**
     * @param directory for its files
     * @param servers connections to the database at most, for any number of clients
     */
    PgBouncer(Path directory, PostgresServer database, int servers) throws IOException, InterruptedException {
        install();
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        int colon = database.address().lastIndexOf(':');
        Path users = directory.resolve("users");
        Files.writeString(users, "\"" + database.user() + "\" \"" + database.password() + "\"\n");
        Path configuration = directory.resolve("pgbouncer.ini");
        log = directory.resolve("pgbouncer.log");
        Files.write(
                configuration,
                List.of(
                        "[databases]",
                        "* = host=" + database.address().substring(0, colon) + " port="
                                + database.address().substring(colon + 1),
                        "[pgbouncer]",
                        "listen_addr = 127.0.0.1",
                        "listen_port = " + port,
                        "unix_socket_dir =",
                        "auth_type = trust",
                        "auth_file = " + users,
                        "pool_mode = transaction",
                        "default_pool_size = " + servers,
                        "max_client_conn = 500",
                        // what JDBC and R2DBC drivers send, and PgBouncer does not know
                        "ignore_startup_parameters = extra_float_digits"));
        List<String> command = new ArrayList<>(List.of(PROGRAM));
        if (System.getProperty("user.name").equals("root")) {
            // it refuses to serve as root
            command.addAll(List.of("-u", "nobody"));
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        command.add(configuration.toString());
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        if (Files.isExecutable(SBIN)) {
            command.set(0, SBIN.toString());
        }
        process = builder.start();
        Awaitility.await().atMost(Duration.ofSeconds(30)).until(this::isThere);
    }

    String url(String database) {
        return "postgresql://127.0.0.1:" + port + "/" + database;
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().orTimeout(30, TimeUnit.SECONDS).join();
    }

    private boolean isThere() throws IOException {
        if (!process.isAlive()) {
            throw new IllegalStateException("PgBouncer ended: " + Files.readString(log));
        }
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (java.net.ConnectException e) {
            return false;
        }
    }

    private static void install() throws IOException, InterruptedException {
        if (Files.isExecutable(SBIN)) {
            return;
        }
        Process apt = new ProcessBuilder(
                        "sh",
                        "-c",
                        "command -v pgbouncer || { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y"
                                + " --no-install-recommends pgbouncer; }")
                .inheritIO()
                .start();
        if (apt.waitFor() != 0) {
            throw new IllegalStateException("needs PgBouncer: install the package pgbouncer, or run this as root on a"
                    + " Debian that can reach its packages");
        }
    }
}
