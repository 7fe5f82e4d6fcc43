package org.pop2.storage.sql;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A PostgreSQL of one test class, that can be stopped and started again where it was. */
final class RestartablePostgres implements Restarts {
    private final Path directory;
    private final int port;
    private EmbeddedPostgres running;

    /** @param directory for its data; need not exist */
    RestartablePostgres(Path directory) throws IOException {
        this.directory = directory;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        running = begin();
    }

    @Override
    public PostgresServer server() {
        return new PostgresServer("localhost:" + port, "postgres", "postgres");
    }

    /** As {@code pg_ctl stop -m fast}: transactions are rolled back, connections told and closed. */
    @Override
    public void stop() throws IOException {
        running.close();
    }

    /** As {@code pg_ctl stop -m immediate}: like a crash; the next start recovers. */
    @Override
    public void crash() throws IOException, InterruptedException {
        String pid = Files.readAllLines(directory.resolve("postmaster.pid")).get(0);
        Process kill = new ProcessBuilder("kill", "-QUIT", pid).inheritIO().start();
        if (kill.waitFor() != 0 || !running.getProcess().waitFor(30, TimeUnit.SECONDS)) {
            throw new IllegalStateException("PostgreSQL does not stop");
        }
        running.close();
    }

    @Override
    public void start() throws IOException {
        running = begin();
    }

    @Override
    public void close() throws IOException {
        running.close();
    }

    private EmbeddedPostgres begin() throws IOException {
        return EmbeddedPostgres.builder()
                .setDataDirectory(directory)
                .setCleanDataDirectory(false)
                .setPort(port)
                .setServerConfig("fsync", "off")
                // the library turns it off, and what was committed would be lost in a crash
                .setServerConfig("synchronous_commit", "on")
                .setServerConfig("max_connections", "100")
                .start();
    }
}
