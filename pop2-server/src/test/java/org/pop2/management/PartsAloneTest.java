package org.pop2.management;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.pop2.auth.Authenticator;
import org.pop2.server.Pop2Server;
import org.pop2.server.ServerSettings;
import org.pop2.server.TestServer;
import org.pop2.server.Wire;
import org.pop2.storage.memory.MemoryMailStore;

/** What operators see, in a program that shows it by itself: no listener for operators is there. */
class PartsAloneTest {
    private final MemoryMailStore store = MemoryMailStore.create()
            .account("postel", "{PLAIN}secret")
            .message("postel", "INBOX", "Subject: one\r\n\r\nHello\r\n");
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final Metrics metrics = new Metrics(store, registry);

    private Pop2Server start() {
        return Objects.requireNonNull(Pop2Server.start(
                        ServerSettings.defaults()
                                .withHostName("test.example")
                                .withAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)),
                        Authenticator.Settings.defaults(),
                        store,
                        metrics)
                .block(TestServer.LIMIT));
    }

    @Test
    void metricsAreInTheRegistryOfTheProgramAndOnlyTheServers() {
        Pop2Server server = start();
        try (Wire wire = Wire.to(server.address())) {
            wire.expect("+ POP2 ");
            wire.ask("HELO postel secret", "#1");
            wire.ask("QUIT", "+ bye");
        } finally {
            server.stop().block(TestServer.LIMIT);
        }

        assertThat(registry.get("pop2.logins")
                        .tag("result", "accepted")
                        .counter()
                        .count())
                .isEqualTo(1);
        assertThat(registry.getMeters()).allMatch(it -> it.getId().getName().startsWith("pop2."));
        assertThat(metrics.scrape()).as("in the format of Prometheus").isEmpty();
    }

    @Test
    void readinessIsAskedWithoutAListener() {
        Pop2Server server = start();
        Readiness readiness = new Readiness(server, Optional.empty(), store);

        assertThat(readiness.check().block(TestServer.LIMIT)).isEqualTo(Map.of("storage", true, "listeners", true));

        server.stop().block(TestServer.LIMIT);
        assertThat(readiness.check().block(TestServer.LIMIT)).isEqualTo(Map.of("storage", true, "listeners", false));
    }
}
