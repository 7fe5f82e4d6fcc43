package org.pop2.app;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.app.cli.Terminal;
import org.pop2.server.TestServer;
import org.pop2.storage.memory.MemoryMailStore;

/**
 * Which header fields {@code pop2d fetch} drops: the ones that {@code doc/fetch.md} names, and only for an mbox file.
 */
class FetchedFieldsTest {
    private static final List<String> DROPPED =
            List.of("Status", "X-Status", "X-UID", "X-IMAP", "X-IMAPbase", "X-Keywords", "Content-Length");
    private static final String KEPT = "X-Mozilla-Status: 0001\nLines: 3\nReturn-Path: <a@example.org>\n";

    @TempDir
    private Path directory;

    @Test
    void anMboxFileIsWithoutTheNotesOfMailPrograms() throws IOException {
        Path target = directory.resolve("mbox");
        fetch("mbox:" + target);
        assertThat(Files.readString(target, ISO_8859_1))
                .startsWith("From ")
                .endsWith("\n" + KEPT + "Subject: a\n\nStatus: RO\n\n");
    }

    @Test
    void aMaildirAndStandardOutputHaveAllOfThem() throws IOException {
        Path target = directory.resolve("maildir");
        fetch("maildir:" + target);
        try (Stream<Path> files = Files.list(target.resolve("new"))) {
            assertThat(files)
                    .singleElement()
                    .satisfies(file ->
                            assertThat(file).usingCharset(ISO_8859_1).hasContent(header("\n") + "\nStatus: RO\n"));
        }
        assertThat(fetch("-")).startsWith("From ").endsWith("\n" + header("\n") + "\nStatus: RO\n\n");
    }

    @Test
    void theManualNamesThem() throws IOException {
        String page = Files.readString(Path.of("src/dist/doc/fetch.md"));
        assertThat(page)
                .contains("The header fields `" + String.join("`, `", DROPPED.subList(0, 6)) + "` and `"
                        + DROPPED.get(6) + "`, and `Lines` behind the latter, are dropped");
    }

    private static String header(String lineEnd) {
        StringBuilder header = new StringBuilder();
        DROPPED.forEach(name -> header.append(name).append(": 1\n"));
        return (header + KEPT + "Subject: a\n").replace("\n", lineEnd);
    }

    private String fetch(String target) throws IOException {
        MemoryMailStore store = MemoryMailStore.create()
                .account("postel", "{PLAIN}secret")
                .message("postel", "INBOX", header("\r\n") + "\r\nStatus: RO\r\n");
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        ByteArrayOutputStream complained = new ByteArrayOutputStream();
        try (TestServer server = TestServer.over(store)) {
            Terminal terminal = new Terminal(
                    new ByteArrayInputStream("secret\n".getBytes(ISO_8859_1)),
                    new PrintStream(written, true, ISO_8859_1),
                    new PrintStream(complained, true, ISO_8859_1),
                    Map.of("HOME", directory.toString()),
                    Optional.empty());
            String port = Integer.toString(server.address().getPort());
            assertThat(Main.run(
                            terminal,
                            "fetch",
                            "--host",
                            "127.0.0.1",
                            "--port",
                            port,
                            "--user",
                            "postel",
                            "--password-stdin",
                            "--to",
                            target))
                    .as(complained.toString(ISO_8859_1))
                    .isZero();
        }
        return written.toString(ISO_8859_1);
    }
}
