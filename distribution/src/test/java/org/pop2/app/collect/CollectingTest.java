package org.pop2.app.collect;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
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
        MailStore store = store();
        Collecting collecting = Collecting.of(List.of(account("imaps://jon@127.0.0.1:" + port)), store);
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

    private CollectorSettings account(String from) throws IOException {
        return new CollectorSettings(
                "jon",
                new UserName("jon"),
                FolderName.INBOX,
                SourceAddress.of(from),
                Optional.of(Files.writeString(directory.resolve("password"), "secret\n")),
                "",
                Duration.ofHours(1),
                new FetchPlan(FetchPlan.Which.ALL, Optional.empty(), 1000, AtProvider.of("keep")),
                Optional.empty(),
                false);
    }

    private MailStore store() throws IOException {
        Path accounts = Files.createFile(
                directory.resolve("accounts"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        return Mono.from(new MboxStoreProvider()
                        .open(new StoreSettings(
                                Map.of("accounts", accounts.toString()), HoldPolicy.DEFAULT, directory)))
                .blockOptional()
                .orElseThrow();
    }

    @ParameterizedTest
    @ValueSource(strings = {"pop2", "imap"})
    void aStopEndsAnAttemptToConnect(String scheme) throws Exception {
        MailStore store = store();
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Collecting collecting =
                    Collecting.of(List.of(account(scheme + "://jon@127.0.0.1:" + silent.getLocalPort())), store);
            collecting.start();
            try (Socket connection = silent.accept()) {
                Thread.sleep(300);
                long start = System.nanoTime();
                collecting.stop(Duration.ofSeconds(20));
                assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
                assertThat(connection.isConnected()).isTrue();
            }
        }
        Mono.from(store.close()).block();
    }

    /** Some say that they can tell of new mail, and end each wait at once. */
    @Test
    void whoDoesNotLetUsWaitIsNotHammered() throws Exception {
        MailStore store = store();
        AtomicInteger idles = new AtomicInteger();
        try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            Thread thread = new Thread(() -> serve(server, idles));
            thread.setDaemon(true);
            thread.start();
            Collecting collecting =
                    Collecting.of(List.of(account("imap://jon@127.0.0.1:" + server.getLocalPort())), store);
            collecting.start();
            await().atMost(Duration.ofSeconds(20)).until(() -> idles.get() > 0);
            Thread.sleep(1000);
            assertThat(idles).hasValue(1);
            assertThat(collecting.table().rows().get().get(0).get(5)).isEqualTo("works");
            collecting.stop(Duration.ofSeconds(5));
        }
        Mono.from(store.close()).block();
    }

    private static void serve(ServerSocket server, AtomicInteger idles) {
        while (!server.isClosed()) {
            try (Socket socket = server.accept()) {
                OutputStream out = socket.getOutputStream();
                BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), ISO_8859_1));
                out.write("* OK hello\r\n".getBytes(ISO_8859_1));
                for (String line = in.readLine(); line != null; line = in.readLine()) {
                    String tag = line.split(" ", -1)[0];
                    String answer = "";
                    if (line.contains("CAPABILITY")) {
                        answer = "* CAPABILITY IMAP4rev1 IDLE\r\n";
                    } else if (line.contains("SELECT")) {
                        answer = "* 0 EXISTS\r\n* OK [UIDVALIDITY 1] x\r\n* OK [UIDNEXT 1] x\r\n";
                    } else if (line.contains("IDLE")) {
                        idles.incrementAndGet();
                        answer = "+ idling\r\n";
                    }
                    out.write((answer + tag + " OK done\r\n").getBytes(ISO_8859_1));
                }
            } catch (IOException e) {
                // the client has gone
            }
        }
    }

    private static String secret(Optional<Path> file, String command) throws IOException {
        return new String(new AccountLogin(file, command).secret().octets(), ISO_8859_1);
    }
}
