package org.pop2.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigSyntax;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pop2.app.cli.Version;

/**
 * The examples of README and manual, done with the packaged server in the order of the page. A block {@code sh run} is
 * run to its end and has to succeed; {@code sh serve} and {@code sh demo} start a server, on a free port;
 * {@code dialogue} is a session with it, {@code …} standing for any text. {@code java} is {@link ClientExampleTest}'s.
 */
class DocumentationIT {
    private static final Path UNPACKED = Path.of("target/pop2-server").toAbsolutePath();
    private static final Pattern PORT = Pattern.compile("listening on 127\\.0\\.0\\.1:(\\d+)");

    @TempDir
    private Path directory;

    record Block(String kind, List<String> lines) {}

    static Stream<Path> pages() throws IOException {
        try (var manual = Files.list(Path.of("src/dist/doc"))) {
            return Stream.concat(
                    Stream.of(Path.of("../README.md")),
                    manual
                            .filter(page -> page.toString().endsWith(".md"))
                            // OldMachinePageIT's
                            .filter(page -> !page.endsWith("old-machine.md"))
                            .sorted()
                            .toList()
                            .stream());
        }
    }

    @ParameterizedTest
    @MethodSource("pages")
    void whatThePageShowsWorks(Path page) throws Exception {
        // an installation of its own, that shares the jars
        Files.createSymbolicLink(directory.resolve("bin"), UNPACKED.resolve("bin"));
        Files.createDirectory(directory.resolve("conf"));
        Files.copy(UNPACKED.resolve("conf/pop2d.conf"), directory.resolve("conf/pop2d.conf"));
        @Nullable Process server = null;
        int port = 0;
        try {
            for (Block block : blocks(page)) {
                switch (block.kind()) {
                    case "sh run" -> {
                        Process process = shell(String.join("\n", block.lines()));
                        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                        assertThat(process.waitFor()).as("%s\n%s", block, out).isZero();
                    }
                    case "sh serve", "sh demo" -> {
                        if (server != null) {
                            server.destroy();
                        }
                        server =
                                shell("exec " + String.join("\n", block.lines()).replaceAll("--port \\d+", "--port 0"));
                        port = port(server);
                    }
                    case "dialogue" -> talk(port, block.lines());
                    case "json" ->
                        block.lines()
                                .forEach(line -> assertThat(ConfigFactory.parseString(
                                                        line,
                                                        ConfigParseOptions.defaults()
                                                                .setSyntax(ConfigSyntax.JSON))
                                                .hasPath("message"))
                                        .as("%s", line)
                                        .isTrue());
                    // OtherProjectsIT depends on these
                    case "xml" ->
                        assertThat(String.join("\n", block.lines()))
                                .contains("<groupId>org.pop2</groupId>", "<version>" + Version.current() + "<");
                    // "sh jq": ShellsAndManualsIT; "sql" is for a database that somebody has
                    default ->
                        assertThat(block.kind()).as("kind of block").isIn("", "sh commands", "java", "sh jq", "sql");
                }
            }
        } finally {
            if (server != null) {
                server.destroy();
                assertThat(server.waitFor(60, TimeUnit.SECONDS)).isTrue();
            }
        }
    }

    private Process shell(String commands) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                        "sh", "-euc", commands.replaceAll("POP2D_LISTEN_PORT=\\d+", "POP2D_LISTEN_PORT=0"))
                .directory(directory.toFile())
                .redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.startsWith("POP2D_"));
        builder.environment().put("POP2D_HOME", directory.toString());
        builder.environment().put("POP2D_LISTEN_PORT", "0");
        return builder.start();
    }

    static int port(Process server) throws IOException {
        InputStream out = server.getInputStream();
        StringBuilder said = new StringBuilder();
        for (String line = line(out); !line.isEmpty(); line = line(out)) {
            said.append(line);
            var matcher = PORT.matcher(line);
            if (matcher.find()) {
                Thread drain = new Thread(
                        () -> {
                            try {
                                out.transferTo(OutputStream.nullOutputStream());
                            } catch (IOException e) {
                                said.append(e);
                            }
                        },
                        "drain");
                drain.setDaemon(true);
                drain.start();
                return Integer.parseInt(matcher.group(1));
            }
        }
        throw new AssertionError("it does not listen: " + said);
    }

    static void talk(int port, List<String> lines) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(30_000);
            InputStream in = new BufferedInputStream(socket.getInputStream());
            for (String line : lines) {
                String text = line.length() > 3 ? line.substring(3) : "";
                if (line.startsWith("C:")) {
                    socket.getOutputStream().write((text + "\r\n").getBytes(StandardCharsets.UTF_8));
                } else {
                    assertThat(line).startsWith("S:");
                    assertThat(line(in)).matches(expected(text));
                }
            }
            assertThat(in.read()).as("the server closes").isEqualTo(-1);
        }
    }

    private static String expected(String text) {
        return Stream.of(text.split("…", -1)).map(Pattern::quote).collect(Collectors.joining(".*")) + "\r\n";
    }

    private static String line(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int octet = in.read(); octet >= 0; octet = in.read()) {
            line.write(octet);
            if (octet == '\n') {
                break;
            }
        }
        return line.toString(StandardCharsets.UTF_8);
    }

    static List<Block> blocks(Path page) throws IOException {
        List<Block> blocks = new ArrayList<>();
        @Nullable Block open = null;
        for (String line : Files.readAllLines(page)) {
            if (line.startsWith("```")) {
                if (open == null) {
                    open = new Block(line.substring(3), new ArrayList<>());
                } else {
                    blocks.add(open);
                    open = null;
                }
            } else if (open != null) {
                open.lines().add(line);
            }
        }
        assertThat(open).as("a block that does not end").isNull();
        return blocks;
    }
}
