package org.pop2.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.GreenMailUtil;
import com.icegreen.greenmail.util.ServerSetup;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.app.cli.Terminal;

/**
 * {@code doc/old-machine.md}, word for word, by somebody at a terminal: what is typed is typed, and what is shown has
 * to be what the page shows. The provider is one of this test's, without TLS: -Pcollect has a real one.
 */
class OldMachinePageIT {
    private static final Path PAGE = Path.of("src/dist/doc/old-machine.md");
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final GreenMail provider = new GreenMail(new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_IMAP));

    @TempDir
    private Path directory;

    @BeforeEach
    void prepare() throws IOException {
        provider.start();
        provider.setUser("jon@example.org", "jon", "the-password-there");
        Path unpacked = Path.of("target/pop2-server").toAbsolutePath();
        Files.createSymbolicLink(directory.resolve("bin"), unpacked.resolve("bin"));
        Files.createDirectory(directory.resolve("conf"));
        Files.copy(unpacked.resolve("conf/pop2d.conf"), directory.resolve("conf/pop2d.conf"));
    }

    @AfterEach
    void stop() {
        provider.stop();
    }

    private void deliver(String subject, String text) {
        provider.getUserManager()
                .getUser("jon")
                .deliver(GreenMailUtil.newMimeMessage("From: jon@example.org\r\nSubject: " + subject
                        + "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
                        + text + "\r\n"));
    }

    /** The page says imaps and a name: this provider is at an address of this machine. */
    private String here(String line) {
        return line.replace(
                "imaps://jon@imap.example.org/",
                "imap://jon@127.0.0.1:" + provider.getImap().getPort() + "/");
    }

    @Test
    void thePageIsFollowed() throws Exception {
        deliver("old", "already read");
        Process server = null;
        int port = 0;
        try {
            for (DocumentationIT.Block block : DocumentationIT.blocks(PAGE)) {
                switch (block.kind()) {
                    case "terminal" ->
                        terminal(block.lines().stream().map(this::here).toList());
                    case "conf" ->
                        Files.write(directory.resolve("conf/pop2d.conf"), block.lines(), StandardOpenOption.APPEND);
                    case "sh serve" -> {
                        // not every address of the machine that tests it, and any port
                        Files.writeString(
                                directory.resolve("conf/pop2d.conf"),
                                "listen { address = 127.0.0.1, port = 0 }\n",
                                StandardOpenOption.APPEND);
                        ProcessBuilder builder = new ProcessBuilder(
                                        "sh", "-c", "exec " + block.lines().get(0))
                                .directory(directory.toFile())
                                .redirectErrorStream(true);
                        builder.environment().put("POP2D_HOME", directory.toString());
                        server = builder.start();
                        port = DocumentationIT.port(server);
                        deliver("=?utf-8?Q?Gr=C3=BC=C3=9Fe?=", "Sch=C3=B6ne Gr=C3=BC=C3=9Fe!");
                        Path mailbox = directory.resolve("var/mail/jon");
                        await().atMost(LIMIT)
                                .untilAsserted(() -> assertThat(mailbox).isNotEmptyFile());
                    }
                    case "dialogue" -> DocumentationIT.talk(port, block.lines());
                    // NOS, and Postfix: old-clients.md and -Pinterop
                    default -> assertThat(block.kind()).isEmpty();
                }
            }
        } finally {
            if (server != null) {
                server.destroy();
                assertThat(server.waitFor(60, TimeUnit.SECONDS)).isTrue();
            }
        }
        assertThat(server).as("the page starts a server").isNotNull();
    }

    private void terminal(List<String> lines) throws Exception {
        int at = 0;
        while (at < lines.size()) {
            assertThat(lines.get(at)).startsWith("$ ");
            String command = lines.get(at).substring(2);
            List<String> typed = new ArrayList<>();
            List<String> shown = new ArrayList<>();
            for (at++; at < lines.size() && !lines.get(at).startsWith("$ "); at++) {
                String line = lines.get(at);
                if (line.startsWith(">")) {
                    typed.add(line.substring(1).strip());
                } else {
                    shown.add(line);
                }
            }
            String out = command.startsWith("bin/pop2d ") ? pop2d(command, typed) : shell(command, typed);
            assertThat(out.stripTrailing()).as(command).matches(pattern(shown));
        }
    }

    private String pop2d(String command, List<String> typed) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream screen = new PrintStream(out, true, StandardCharsets.UTF_8);
        Terminal terminal = new Terminal(
                input(typed), screen, screen, Map.of("POP2D_HOME", directory.toString()), Optional.of(prompt -> {
                    screen.println(prompt.strip());
                    return "secret".toCharArray();
                }));
        int exitCode =
                Main.run(terminal, command.substring("bin/pop2d ".length()).split(" "));
        assertThat(exitCode).as("%s: %s", command, out).isZero();
        return out.toString(StandardCharsets.UTF_8);
    }

    private String shell(String command, List<String> typed) throws Exception {
        Process process = new ProcessBuilder("sh", "-euc", command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
        try (var in = process.getOutputStream()) {
            input(typed).transferTo(in);
        }
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("%s: %s", command, out).isZero();
        return out;
    }

    private static ByteArrayInputStream input(List<String> typed) {
        return new ByteArrayInputStream(typed.stream()
                .map(line -> line + "\n")
                .collect(Collectors.joining())
                .getBytes(StandardCharsets.UTF_8));
    }

    /** {@code …} is any text, a line of it any lines. */
    private static Pattern pattern(List<String> shown) {
        return Pattern.compile(shown.stream()
                .map(line -> line.equals("…")
                        ? "(?s:.*)"
                        : Stream.of(line.split("…", -1)).map(Pattern::quote).collect(Collectors.joining(".*")))
                .collect(Collectors.joining("\n")));
    }
}
