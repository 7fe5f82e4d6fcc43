package org.pop2.storage.sql;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.postgresql.PostgreSQLContainer;

/**
 * The real PostgreSQL of this JVM: a container where there is Docker, embedded binaries otherwise. Where neither works
 * the tests fail.
 *
 * @param address {@code host:port}
 */
record PostgresServer(String address, String user, String password) {
    static PostgresServer get() {
        return Started.SERVER;
    }

    /** Started by the first test that needs it. */
    private static final class Started {
        static final PostgresServer SERVER = start();
    }

    @SuppressWarnings("resource") // both end with the JVM
    private static PostgresServer start() {
        if (DockerClientFactory.instance().isDockerAvailable()) {
            PostgreSQLContainer container = new PostgreSQLContainer("postgres:18-alpine");
            container.start();
            return new PostgresServer(
                    container.getHost() + ":" + container.getMappedPort(5432),
                    container.getUsername(),
                    container.getPassword());
        }
        try {
            EmbeddedPostgres embedded = EmbeddedPostgres.builder()
                    .setServerConfig("fsync", "off")
                    .setServerConfig("max_connections", "200")
                    .start();
            return new PostgresServer("localhost:" + embedded.getPort(), "postgres", "postgres");
        } catch (IOException e) {
            throw new UncheckedIOException("no Docker, and no embedded PostgreSQL either", e);
        }
    }
}
