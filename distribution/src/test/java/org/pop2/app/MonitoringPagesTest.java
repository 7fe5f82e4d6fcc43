package org.pop2.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pop2.app.config.Configuration;
import org.pop2.app.config.ConfigurationReader;
import org.pop2.auth.Authenticator;
import org.pop2.management.ManagementServer;
import org.pop2.management.ManagementSettings;
import org.pop2.management.Metrics;
import org.pop2.management.Reload;
import org.pop2.server.Pop2Server;
import org.pop2.server.ServerSettings;
import org.pop2.server.TestServer;
import org.pop2.storage.MailStore;
import org.pop2.storage.StoreMetrics;
import reactor.core.publisher.Mono;

/** Manual, dashboard and alerting rules speak of metrics that a server really has. */
class MonitoringPagesTest {
    private static final Path DIST = Path.of("src/dist");
    private static final Pattern NAME = Pattern.compile("\\b((?:pop2|jvm|process)_[a-z0-9_]+)\\b");
    private static final Pattern LABEL = Pattern.compile("(\\w+)=\"([^\"]*)\"");

    /** What Prometheus is told of a real server on the mbox storage. */
    private static final Set<String> NAMES = new HashSet<>();

    private static final Set<String> LABELS = new HashSet<>();

    @BeforeAll
    static void scrape(@TempDir Path directory) throws Exception {
        Configuration configuration = ConfigurationReader.of(directory, Map.of("storage.type", "mbox"));
        MailStore store = Objects.requireNonNull(
                Mono.from(configuration.storage().openToServe()).block(TestServer.LIMIT));
        Metrics metrics = new Metrics(store);
        InetSocketAddress anywhere = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        Pop2Server server = Objects.requireNonNull(Pop2Server.start(
                        ServerSettings.defaults().withAddress(anywhere),
                        Authenticator.Settings.defaults(),
                        store,
                        metrics)
                .block(TestServer.LIMIT));
        ManagementServer management = Objects.requireNonNull(ManagementServer.start(
                        new ManagementSettings(anywhere, Optional.empty(), "test"),
                        server,
                        Optional.empty(),
                        store,
                        metrics,
                        () -> Mono.just(new Reload.Result(true, List.of())))
                .block(TestServer.LIMIT));
        URI uri = URI.create("http://127.0.0.1:" + management.address().getPort() + "/metrics");
        String text = HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
                .body();
        text.lines().filter(line -> !line.startsWith("#")).forEach(line -> {
            String name = line.replaceFirst("[{ ].*", "");
            NAMES.add(name);
            Matcher labels = LABEL.matcher(line);
            while (labels.find()) {
                LABELS.add(name + " " + labels.group(1) + "=" + labels.group(2));
            }
        });
        management.stop().block(TestServer.LIMIT);
        server.stop().block(TestServer.LIMIT);
        Mono.from(store.close()).block(TestServer.LIMIT);
        assertThat(NAMES).contains("pop2_sessions", "pop2_storage_holds");
        // the other storage tells its numbers by the same way; its names are checked where it is
        NAMES.addAll(List.of(
                "pop2_storage_leases_lost_total",
                "pop2_storage_pool_connections",
                "pop2_storage_pool_acquired",
                "pop2_storage_pool_pending",
                "pop2_storage_pool_limit"));
        // CollectCommandTest looks at those
        NAMES.addAll(List.of(
                "pop2_collect_accounts",
                "pop2_collect_failing",
                "pop2_collect_messages_total",
                "pop2_collect_octets_total"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"doc/monitoring.md", "share/monitoring/alerts.yml", "share/monitoring/grafana-dashboard.json"})
    void everyNameIsAMetric(String page) throws Exception {
        Set<String> named = names(Files.readString(DIST.resolve(page)));
        // the histogram as a whole, and a group
        named.removeAll(Set.of("pop2_release_seconds", "pop2_storage_"));
        assertThat(named).isNotEmpty();
        assertThat(NAMES).containsAll(named);
    }

    @Test
    void theManualHasEveryMetricOfOurs() throws Exception {
        Set<String> ours = new TreeSet<>(NAMES);
        ours.removeIf(name -> !name.startsWith("pop2_"));
        assertThat(names(Files.readString(DIST.resolve("doc/monitoring.md")))).containsAll(ours);
    }

    @Test
    void theManualHasEveryValueOfALabel() throws Exception {
        String page = Files.readString(DIST.resolve("doc/monitoring.md"));
        Matcher rows = Pattern.compile("(?m)^\\| `(pop2_\\w+)` \\| `(\\w+)`: ([^|]*) \\|")
                .matcher(page);
        Set<String> documented = new TreeSet<>();
        while (rows.find()) {
            for (String value : rows.group(3).split(", ", -1)) {
                documented.add(rows.group(1) + " " + rows.group(2) + "=" + value);
            }
        }
        Set<String> real = new TreeSet<>(LABELS);
        real.removeIf(label -> !label.startsWith("pop2_")
                // the reasons are those of the log
                || label.startsWith("pop2_sessions_ended_total")
                || label.startsWith("pop2_release_seconds"));
        documented.removeIf(label -> label.startsWith("pop2_release_seconds"));
        assertThat(documented).isEqualTo(real);
    }

    @Test
    void theValuesOfLabelsInTheRulesExist() throws Exception {
        Matcher used = Pattern.compile("(pop2_\\w+)\\{(\\w+)=~?\"([^\"]*)\"\\}")
                .matcher(Files.readString(DIST.resolve("share/monitoring/alerts.yml")));
        int found = 0;
        while (used.find()) {
            for (String value : used.group(3).split("\\|", -1)) {
                assertThat(LABELS).contains(used.group(1) + " " + used.group(2) + "=" + value);
                found++;
            }
        }
        assertThat(found).isGreaterThan(4);
    }

    @Test
    void theDashboardIsJson() throws Exception {
        var dashboard = com.typesafe.config.ConfigFactory.parseString(
                Files.readString(DIST.resolve("share/monitoring/grafana-dashboard.json")),
                com.typesafe.config.ConfigParseOptions.defaults().setSyntax(com.typesafe.config.ConfigSyntax.JSON));
        assertThat(dashboard.getConfigList("panels")).hasSizeGreaterThan(8);
    }

    @Test
    void aStoragesMeasuresHaveNamesThatAreNone() {
        assertThat(org.assertj.core.api.Assertions.catchThrowable(
                        () -> new StoreMetrics.Measure("Bad name", "", StoreMetrics.Kind.GAUGE, () -> 1)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static Set<String> names(String text) {
        Set<String> names = new TreeSet<>();
        Matcher matcher = NAME.matcher(text);
        while (matcher.find()) {
            names.add(matcher.group(1));
        }
        return names;
    }
}
