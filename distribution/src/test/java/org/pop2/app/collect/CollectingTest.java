package org.pop2.app.collect;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pop2.app.config.CollectorSettings;
import org.pop2.fetch.FetchPlan;
import org.pop2.fetch.source.AtProvider;
import org.pop2.fetch.source.SourceAddress;
import org.pop2.management.PageTable;
import org.pop2.storage.FolderName;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStore;
import org.pop2.storage.StoreSettings;
import org.pop2.storage.UserName;
import org.pop2.storage.fs.MboxStoreProvider;
import reactor.core.publisher.Mono;

/** How long a server waits after a failure, how it gets at a password, and what operators see. */
class CollectingTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @CsvSource({
        "1, false, PT5M",
        "2, false, PT10M",
        "4, false, PT40M",
        "5, false, PT1H",
        "1000, false, PT1H",
        "1, true, PT1H",
        "3, true, PT4H",
        "9, true, PT24H"
    })
    void patienceGrows(int failures, boolean loginRefused, Duration expected) {
        assertThat(Collecting.patience(Duration.ofMinutes(5), failures, loginRefused))
                .isEqualTo(expected);
        assertThat(Collecting.patience(Duration.ofHours(6), failures, false)).isEqualTo(Duration.ofHours(6));
    }

    @Test
    void aPasswordIsTheFirstLineOfAFile() throws IOException {
        Path file = Files.writeString(directory.resolve("password"), "p\u00e4ss word\r\nrest\n", ISO_8859_1);

        assertThat(secret(Optional.of(file), "")).isEqualTo("p\u00e4ss word");
        Files.writeString(file, "\n");
        assertThatThrownBy(() -> secret(Optional.of(file), "")).hasMessageContaining("is empty");
        Files.delete(file);
        assertThatThrownBy(() -> secret(Optional.of(file), "")).hasMessageContaining("password");
    }

    @Test
    void aTokenIsWhatACommandPrints() throws IOException {
        assertThat(secret(Optional.empty(), "echo token; echo rest; sleep 100 &"))
                .isEqualTo("token");
        assertThatThrownBy(() -> secret(Optional.empty(), "echo token; exit 3")).hasMessageContaining("exit code 3");
        assertThatThrownBy(() -> secret(Optional.empty(), "true")).hasMessageContaining("is empty");
    }

    @Test
    void thePageShowsHowEachAccountIs() throws Exception {
        int port;
        try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = closed.getLocalPort();
        }
        Path password = Files.writeString(directory.resolve("password"), "secret\n");
        CollectorSettings settings = new CollectorSettings(
                "jon",
                new UserName("jon"),
                FolderName.INBOX,
                SourceAddress.of("imaps://jon@127.0.0.1:" + port),
                Optional.of(password),
                "",
                Duration.ofHours(1),
                new FetchPlan(FetchPlan.Which.ALL, Optional.empty(), 1000, AtProvider.of("keep")),
                Optional.empty(),
                false);
        Path accounts = Files.createFile(
                directory.resolve("accounts"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        MailStore store = Objects.requireNonNull(Mono.from(new MboxStoreProvider()
                        .open(new StoreSettings(
                                Map.of("accounts", accounts.toString()), HoldPolicy.DEFAULT, directory)))
                .block());
        Collecting collecting = Collecting.of(List.of(settings), store);
        PageTable table = collecting.table();

        assertThat(table.rows().get()).containsExactly(List.of("jon", "jon", "127.0.0.1", "0", "-", "has not run yet"));
        collecting.start();
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(table.rows().get().get(0).get(5))
                        .startsWith("failed 1 time: ")
                        .contains("127.0.0.1"));
        assertThat(table.rows().get().get(0)).hasSameSizeAs(table.columns());
        collecting.stop(Duration.ofSeconds(5));
        Mono.from(store.close()).block();
    }

    private static String secret(Optional<Path> file, String command) throws IOException {
        return new String(new AccountLogin(file, command).secret().octets(), ISO_8859_1);
    }
}
