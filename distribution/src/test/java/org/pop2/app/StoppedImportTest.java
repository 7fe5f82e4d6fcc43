package org.pop2.app;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pop2.app.cli.Terminal;

/** {@code pop2d mailbox import} in a process of its own that is stopped in the middle. */
class StoppedImportTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int MESSAGES = 1200;

    @TempDir
    private Path directory;

    private String out = "";

    @ParameterizedTest
    @CsvSource({"INT,130", "TERM,143"})
    void saysWhatIsDoneLeavesNoLockAndGoesOnFromThere(String signal, int exitCode) throws Exception {
        assumeTrue(!signal.equals("INT") || !ignoresInterrupts(), "SIGINT is not ignored");
        prepare();
        String mbox = mbox();
        // the last message of these is torn
        String beginning = mbox.substring(0, mbox.length() * 2 / 3);
        Process process = start();
        try {
            try (OutputStream in = process.getOutputStream()) {
                in.write(beginning.getBytes(ISO_8859_1));
                in.flush();
                await().atMost(LIMIT)
                        .pollInterval(Duration.ofMillis(20))
                        .until(() -> messages() >= 500 || !process.isAlive());
                assertThat(process.isAlive()).as(said()).isTrue();
                kill(signal, process);
                // as the other programs of a pipeline end at Ctrl-C
            }
            assertThat(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }

        assertThat(process.exitValue()).as(said()).isEqualTo(exitCode);
        assertThat(said()).isEqualTo("pop2d: stopped after 500 messages; the same command goes on from there\n");
        assertThat(messages()).isEqualTo(500);
        try (Stream<Path> files = Files.walk(directory)) {
            assertThat(files.map(it -> it.getFileName().toString()))
                    .noneMatch(it -> it.endsWith("postel.lock") || it.endsWith(".spool") || it.endsWith(".delivery"));
        }
        try (Stream<Path> processes = Files.list(directory.resolve("var/state/processes"))) {
            assertThat(processes).as("the storage was closed").isEmpty();
        }

        assertThat(run(mbox, "mailbox", "import", "--user", "postel", "-")).isZero();
        assertThat(out).isEqualTo("imported 700 messages to postel/INBOX; 500 messages had been imported before\n");
        String stored = Files.readString(mailbox(), ISO_8859_1);
        for (int i = 0; i < MESSAGES; i++) {
            assertThat(stored.split("Subject: " + i + "\n", -1))
                    .as("message %d", i)
                    .hasSize(2);
        }
    }

    @Test
    void anImportThatIsDoneIsNotStopped() throws Exception {
        prepare();
        Process process = start();
        try (OutputStream in = process.getOutputStream()) {
            in.write(mbox().getBytes(ISO_8859_1));
        }
        assertThat(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(said()).isZero();
        assertThat(said()).isEqualTo("imported 1200 messages to postel/INBOX\n");
    }

    private void prepare() throws IOException {
        Files.createDirectories(directory.resolve("conf"));
        Files.writeString(directory.resolve("conf/pop2d.conf"), "storage.type = mbox\n");
        assertThat(run("secret\n", "user", "add", "postel", "--password-stdin"))
                .as(out)
                .isZero();
    }

    private static String mbox() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < MESSAGES; i++) {
            text.append("From jkr@example.org Mon Feb  4 10:00:00 1985\nSubject: ")
                    .append(i)
                    .append("\n\nwords\n\n");
        }
        return text.toString();
    }

    private Path mailbox() {
        return directory.resolve("var/mail/postel");
    }

    private int messages() throws IOException {
        return Files.exists(mailbox()) ? Files.readString(mailbox(), ISO_8859_1).split("(?m)^From ", -1).length - 1 : 0;
    }

    private Process start() throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "org.pop2.app.Main"));
        command.addAll(List.of("mailbox", "import", "--user", "postel", "-"));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("POP2D_HOME", directory.toString());
        return builder.redirectOutput(directory.resolve("said").toFile()).start();
    }

    /** Without what logback says of the two configurations that the tests' class path has. */
    private String said() throws IOException {
        StringBuilder said = new StringBuilder();
        for (String line : Files.readAllLines(directory.resolve("said"), ISO_8859_1)) {
            if (!line.contains("|-") && !line.isBlank()) {
                said.append(line).append('\n');
            }
        }
        return said.toString();
    }

    private static void kill(String signal, Process process) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                        .start()
                        .waitFor())
                .isZero();
    }

    /** A shell's background job passes that on to its children. */
    private static boolean ignoresInterrupts() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("SigIgn:")) {
                return (Long.parseUnsignedLong(line.substring(7).strip(), 16) & 2) != 0;
            }
        }
        return false;
    }

    private int run(String input, String... arguments) {
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        PrintStream stream = new PrintStream(written, true, ISO_8859_1);
        int exitCode = Main.run(
                new Terminal(
                        new ByteArrayInputStream(input.getBytes(ISO_8859_1)),
                        stream,
                        stream,
                        Map.of("POP2D_HOME", directory.toString()),
                        Optional.empty()),
                arguments);
        out = written.toString(ISO_8859_1);
        return exitCode;
    }
}
