package org.pop2.storage.sql;

import java.io.IOException;
import java.net.URI;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A database that whoever runs the tests has made, on an engine that no build can bring, perhaps, and distributed, if
 * that is its way: {@code -Dpop2.database=postgresql://user:password@host:port/name}. The tests empty its tables.
 *
 * <p>{@code -Dpop2.database.stop}, {@code .crash} and {@code .start} are commands that stop it in good order, kill it,
 * and start it again; each comes back when that is done.
 */
record NamedDatabase(PostgresServer server, String name) implements Restarts {

    static Optional<NamedDatabase> find() {
        return Optional.ofNullable(System.getProperty("pop2.database"))
                .filter(url -> !url.isEmpty())
                .map(NamedDatabase::of);
    }

    private static NamedDatabase of(String text) {
        URI url = URI.create(text);
        String[] user = url.getUserInfo() == null
                ? new String[] {"postgres"}
                : url.getUserInfo().split(":", 2);
        return new NamedDatabase(
                new PostgresServer(
                        url.getHost() + ":" + (url.getPort() < 0 ? 5432 : url.getPort()),
                        user[0],
                        user.length > 1 ? user[1] : ""),
                url.getPath().substring(1));
    }

    Optional<String> engine() {
        return Optional.ofNullable(System.getProperty("pop2.database.engine"));
    }

    @Override
    public void stop() throws IOException, InterruptedException {
        run("stop");
    }

    @Override
    public void crash() throws IOException, InterruptedException {
        run("crash");
    }

    @Override
    public void start() throws IOException, InterruptedException {
        run("start");
    }

    @Override
    public void close() {
        // goes on without us
    }

    private static void run(String what) throws IOException, InterruptedException {
        String command = System.getProperty("pop2.database." + what);
        if (command == null) {
            throw new IllegalStateException("-Dpop2.database." + what + " is not set");
        }
        Process process = new ProcessBuilder("sh", "-c", command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new IllegalStateException(command + " failed");
        }
    }
}
