package org.pop2.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pop2.net.Networks;
import org.pop2.server.NoLeaks;
import org.pop2.server.TestServer;
import org.pop2.server.Wire;
import org.pop2.storage.UserName;
import org.pop2.storage.memory.MemoryMailStore;

/** What is written down of a session, and what is not. */
@ExtendWith(NoLeaks.class)
class TranscriptTest {
    private static final String MAIL = "Subject: one\r\n\r\nGr\u00fc\u00dfe\t\\\0\r\n";

    @TempDir
    private Path directory;

    private static MemoryMailStore store() {
        return MemoryMailStore.create()
                .account("postel", "{PLAIN}se\\cretword")
                .account("cerf", "{PLAIN}secret")
                .message("postel", "INBOX", MAIL);
    }

    private TraceSettings everything() {
        return TraceSettings.everything(directory.resolve("trace"));
    }

    private List<Path> files() throws IOException {
        if (!Files.exists(directory.resolve("trace"))) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory.resolve("trace"))) {
            return files.sorted().toList();
        }
    }

    /** The only transcript, when it is complete; times left out. */
    private List<String> transcript() throws IOException {
        await().untilAsserted(() -> {
            assertThat(files()).hasSize(1);
            assertThat(Files.readString(files().get(0))).matches("(?s).*(closed|more\\))\n");
        });
        return Files.readAllLines(files().get(0)).stream()
                .map(line -> line.replaceFirst("^\\d\\d:\\d\\d:\\d\\d\\.\\d\\d\\d ", ""))
                .toList();
    }

    @Test
    void bothDirectionsAreThereAndThePasswordIsNot() throws Exception {
        try (TestServer server = TestServer.over(store(), settings -> settings.withTrace(everything()));
                Wire wire = server.connect()) {
            wire.expect("+ POP2");
            wire.ask("HELO postel se\\\\cretword", "#1");
            wire.ask("READ", "=");
            wire.send("RETR\r\n");
            wire.octets(MAIL.length());
            wire.ask("ACKS", "=0");
            wire.ask("QUIT", "+ bye");
            wire.rest();

            List<String> lines = transcript();
            assertThat(lines.get(0)).contains("127.0.0.1:" + wire.socket().getLocalPort());
            assertThat(lines.subList(1, lines.size()))
                    .containsExactly(
                            "S: + POP2 test.example server ready\\r\\n",
                            "C: HELO postel ***\\r\\n",
                            "S: #1 messages for you\\r\\n",
                            "C: READ\\r\\n",
                            "S: =" + MAIL.length() + "\\r\\n",
                            "C: RETR\\r\\n",
                            "S: Subject: one\\r\\n",
                            "S: \\r\\n",
                            "S: Gr\\xfc\\xdfe\\t\\\\\\x00\\r\\n",
                            "C: ACKS\\r\\n",
                            "S: =0\\r\\n",
                            "C: QUIT\\r\\n",
                            "S: + bye\\r\\n",
                            "closed");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(files().get(0))))
                    .isEqualTo("rw-------");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HELO postel hunter2\r\n",
                "helo postel hunter2",
                "HELO  pos\\ tel hunter2\r\n",
                "HELO postel part\nhunter2\r\n",
                "HELO postel part\nQUIT hunter2 hunter2\r\n",
                "PASS hunter2\r\n",
                "AUTH PLAIN hunter2\r\n",
                "USER postel\r\nPASS hunter2\r\n",
                "HELO hunter2\r\n",
                "HELO hunter2 postel\r\n",
                "HELO hunter2",
                "helo\thunter2\tx\r\n",
                "hunter2\r\n",
                "hunter2 postel\r\n",
                "HELO hunter2 x\r\nREAD 1\r\n",
                "HELO postel wrong\r\nHELO hunter2 x\r\n",
                " HELO postel hunter2\r\n"
            })
    void noWayOfSendingAPasswordShowsIt(String sent) throws Exception {
        try (TestServer server = TestServer.over(store(), settings -> settings.withTrace(everything()))) {
            try (Wire wire = server.connect()) {
                wire.expect("+ POP2");
                wire.send(sent);
                wire.endOutput();
                wire.rest();
            }
            assertThat(String.join("\n", transcript())).contains("C: ").doesNotContain("hunter2");
        }
    }

    @Test
    void theNameIsThatOfTheUserAlsoWhereCommandsWereSentAhead() throws Exception {
        try (TestServer server = TestServer.over(store(), settings -> settings.withTrace(everything()));
                Wire wire = server.connect()) {
            wire.send("HELO Postel se\\\\cretword\r\nREAD\r\nQUIT\r\n");
            assertThat(wire.rest()).contains("#1", "+ bye");
            assertThat(transcript())
                    .containsSubsequence(
                            "C: HELO postel ***\\r\\n",
                            "C: READ\\r\\n",
                            "S: #1 messages for you\\r\\n",
                            "S: + bye\\r\\n");
        }
    }

    @Test
    void onlyTheUsersThatAreNamed() throws Exception {
        TraceSettings cerf =
                new TraceSettings(directory.resolve("trace"), Set.of(new UserName("cerf")), Networks.NONE, 1 << 20, 10);
        try (TestServer server = TestServer.over(store(), settings -> settings.withTrace(cerf))) {
            for (String login : List.of("HELO postel se\\\\cretword", "HELO nobody x", "HELO cerf secret")) {
                try (Wire wire = server.connect()) {
                    wire.expect("+ POP2");
                    wire.send(login + "\r\nQUIT\r\n");
                    wire.rest();
                }
            }
            assertThat(transcript()).contains("C: HELO cerf ***\\r\\n");
        }
    }

    @Test
    void onlyTheAddressesThatAreNamed() throws Exception {
        TraceSettings elsewhere = new TraceSettings(
                directory.resolve("trace"), Set.of(), Networks.of(List.of("192.0.2.0/24")), 1 << 20, 10);
        try (TestServer server = TestServer.over(store(), settings -> settings.withTrace(elsewhere));
                Wire wire = server.connect()) {
            wire.expect("+ POP2");
            wire.ask("QUIT", "+ bye");
            wire.rest();
        }
        assertThat(files()).isEmpty();
    }

    @Test
    void aFileHasItsLimitAndTheSessionNoneOfIt() throws Exception {
        TraceSettings small = new TraceSettings(directory.resolve("trace"), Set.of(), Networks.NONE, 500, 10);
        try (TestServer server = TestServer.over(store(), settings -> settings.withTrace(small));
                Wire wire = server.connect()) {
            wire.expect("+ POP2");
            wire.ask("HELO postel se\\\\cretword", "#1");
            for (int i = 0; i < 100; i++) {
                wire.ask("READ 1", "=");
            }
            List<String> lines = transcript();
            assertThat(lines).hasSizeLessThan(30).last().isEqualTo("(and more)");
            assertThat(Files.size(files().get(0))).isLessThan(520);
        }
    }

    @Test
    void theOldestFilesGo() throws Exception {
        TraceSettings few = new TraceSettings(directory.resolve("trace"), Set.of(), Networks.NONE, 1 << 20, 3);
        try (TestServer server = TestServer.over(store(), settings -> settings.withTrace(few))) {
            for (int i = 0; i < 6; i++) {
                try (Wire wire = server.connect()) {
                    wire.expect("+ POP2");
                    wire.ask("FOLD mark" + i, "-");
                    wire.rest();
                }
                String mark = "mark" + i;
                await().untilAsserted(() -> assertThat(files())
                        .anySatisfy(file ->
                                assertThat(file).content().contains(mark).contains("closed")));
            }
            assertThat(files())
                    .hasSize(3)
                    .noneSatisfy(file -> assertThat(file).content().contains("mark2"));
        }
    }
}
