package org.pop2.storage.sql;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.model.Image;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.dockerclient.DockerClientProviderStrategy;
import org.testcontainers.dockerclient.TransportConfig;
import org.testcontainers.postgresql.PostgreSQLContainer;

/**
 * The real PostgreSQL of this JVM: a container where there is Docker and has the images, embedded binaries otherwise.
 * Nothing is pulled: a registry that cannot be reached would be waited for. Where neither works the tests fail.
 *
 * @param address {@code host:port}
 */
record PostgresServer(String address, String user, String password) {
    private static final String IMAGE = "postgres:18-alpine";
    /** Removes the container when this JVM has died. */
    private static final String REAPER = "testcontainers/ryuk:";

    private static final long LONGEST_START_SECONDS = 120;

    /** On both ways the same. Nothing that tests write has to survive the machine. */
    static final Map<String, String> SETTINGS = Map.of(
            "fsync", "off",
            "full_page_writes", "off",
            "synchronous_commit", "off",
            "max_connections", "200");

    static PostgresServer get() {
        return Started.SERVER;
    }

    /** Started by the first test that needs it. */
    private static final class Started {
        static final PostgresServer SERVER = start();
    }

    private static PostgresServer start() {
        return inContainer().orElseGet(PostgresServer::embedded);
    }

    private static Optional<PostgresServer> inContainer() {
        try {
            TransportConfig docker = DockerClientFactory.instance().getTransportConfig();
            List<String> missing = missing(DockerClientProviderStrategy.getClientForConfig(docker));
            if (!missing.isEmpty()) {
                say("Docker has no image " + String.join(", ", missing));
                return Optional.empty();
            }
            return Optional.of(CompletableFuture.supplyAsync(PostgresServer::container)
                    .orTimeout(LONGEST_START_SECONDS, TimeUnit.SECONDS)
                    .join());
        } catch (CompletionException e) {
            say("no container starts: " + first(e));
        } catch (DockerException e) {
            say("Docker does not say which images it has: " + e.getMessage());
        } catch (IllegalStateException e) {
            say("no Docker");
        }
        return Optional.empty();
    }

    private static Throwable first(Throwable error) {
        Throwable cause = error.getCause();
        return cause == null ? error : first(cause);
    }

    private static void say(String why) {
        System.out.println("PostgreSQL for tests is embedded: " + why);
    }

    private static List<String> missing(DockerClient docker) {
        List<String> there = docker.listImagesCmd().exec().stream()
                .map(Image::getRepoTags)
                .flatMap(tags -> tags == null ? Stream.empty() : Arrays.stream(tags))
                // podman's have the registry before the name
                .map(tag -> tag.replaceFirst("^docker\\.io/(library/)?", ""))
                .toList();
        List<String> missing = new ArrayList<>();
        if (!there.contains(IMAGE)) {
            missing.add(IMAGE);
        }
        boolean reaped = !Boolean.parseBoolean(System.getenv("TESTCONTAINERS_RYUK_DISABLED"));
        if (reaped && there.stream().noneMatch(tag -> tag.startsWith(REAPER))) {
            missing.add(REAPER + "…");
        }
        return missing;
    }

    @SuppressWarnings("resource") // ends with the JVM
    private static PostgresServer container() {
        List<String> command = new ArrayList<>(List.of("postgres"));
        SETTINGS.forEach((name, value) -> command.addAll(List.of("-c", name + "=" + value)));
        PostgreSQLContainer container = new PostgreSQLContainer(IMAGE);
        container.setCommand(command.toArray(String[]::new));
        container.start();
        return new PostgresServer(
                container.getHost() + ":" + container.getMappedPort(5432),
                container.getUsername(),
                container.getPassword());
    }

    @SuppressWarnings("resource") // ends with the JVM
    private static PostgresServer embedded() {
        try {
            EmbeddedPostgres.Builder server = EmbeddedPostgres.builder();
            SETTINGS.forEach(server::setServerConfig);
            return new PostgresServer("localhost:" + server.start().getPort(), "postgres", "postgres");
        } catch (IOException e) {
            throw new UncheckedIOException("no container, and no embedded PostgreSQL either", e);
        }
    }
}
