package org.pop2.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Every command is given wrong input of each kind, and what it says is read: one line, which names the thing and says
 * what is wrong, without a word of Java's.
 */
class WrongInputTest {
    /** What no person should have to read. */
    private static final Pattern RAW = Pattern.compile(
            "Exception|error\\(-|java\\.|org\\.|PT\\d|\\[text=|is not an? (int|long)|Invalid value|Unmatched|\\b[0-9a-f]{64}"
                    + "|^pop2d: (/\\S+): \\1$|: null|@[0-9a-f]{6}");

    /** These look at what there is, or make it. */
    private static final Set<String> NEEDS_NO_CONFIGURATION =
            Set.of("demo", "fetch", "bench", "cache", "completion", "version");

    @TempDir
    Path directory;

    private String err = "";

    static Stream<List<String>> commands() {
        return paths(AllCommands.commandLine(), List.of()).stream();
    }

    private static List<List<String>> paths(CommandLine command, List<String> path) {
        List<List<String>> paths = new ArrayList<>();
        if (command.getSubcommands().isEmpty()) {
            paths.add(path);
        }
        command.getSubcommands().forEach((name, below) -> {
            List<String> longer = new ArrayList<>(path);
            longer.add(name);
            paths.addAll(paths(below, longer));
        });
        return paths;
    }

    private static CommandLine command(List<String> path) {
        CommandLine command = AllCommands.commandLine();
        for (String word : path) {
            command = Objects.requireNonNull(command.getSubcommands().get(word), word);
        }
        return command;
    }

    private int run(List<String> path, String... arguments) {
        List<String> all = new ArrayList<>(path);
        all.addAll(List.of(arguments));
        CommandRun run = CommandRun.of(
                new ByteArrayInputStream("correct horse\n".getBytes(StandardCharsets.US_ASCII)),
                StandardCharsets.UTF_8,
                Map.of("POP2D_HOME", directory.toString(), "HOME", directory.toString()),
                all.toArray(String[]::new));
        err = run.err();
        return run.exitCode();
    }

    private void assertOneLine(String about) {
        assertThat(err.lines()).as(err).hasSize(1);
        assertReadable(about);
    }

    private void assertReadable(String about) {
        assertThat(err).as(about).startsWith("pop2d: ").contains(about);
        assertThat(err.lines()).noneMatch(line -> RAW.matcher(line).find());
        assertThat(err.lines()).allMatch(line -> line.length() < 400);
    }

    /** Something for all that has to be given. */
    private static Map<ArgSpec, String> needed(CommandLine command) {
        Map<ArgSpec, String> needed = new LinkedHashMap<>();
        for (ArgSpec argument : command.getCommandSpec().args()) {
            if (argument.required() && argument.group() == null) {
                needed.put(argument, right(argument));
            }
        }
        return needed;
    }

    /** A value that is none of the things looked for here. */
    private static String right(ArgSpec argument) {
        Class<?> type = argument.auxiliaryTypes()[0];
        if (type == int.class || type == long.class || type == Long.class) {
            return "1";
        }
        Object[] constants = type.getEnumConstants();
        return constants == null ? "x" : constants[0].toString();
    }

    private static String[] arguments(Map<ArgSpec, String> given, String... more) {
        List<String> arguments = new ArrayList<>();
        given.forEach((argument, value) -> {
            if (argument instanceof OptionSpec option) {
                arguments.add(option.longestName());
            }
            arguments.add(value);
        });
        arguments.addAll(List.of(more));
        return arguments.toArray(String[]::new);
    }

    @ParameterizedTest
    @MethodSource("commands")
    void anOptionThatThereIsNot(List<String> path) {
        assertThat(run(path, arguments(needed(command(path)), "--nosuch"))).isEqualTo(64);
        assertOneLine("has no option --nosuch; see pop2d " + String.join(" ", path) + " --help");
    }

    @ParameterizedTest
    @MethodSource("commands")
    void whatIsMissing(List<String> path) {
        for (ArgSpec argument : needed(command(path)).keySet()) {
            Map<ArgSpec, String> without = needed(command(path));
            without.keySet().removeIf(each -> each.paramLabel().equals(argument.paramLabel()));
            assertThat(run(path, arguments(without))).isEqualTo(64);
            // of several parameters the last one is missing then, whichever was left out
            ArgSpec missing = argument.isPositional()
                    ? needed(command(path)).keySet().stream()
                            .filter(ArgSpec::isPositional)
                            .reduce(argument, (before, after) -> after)
                    : argument;
            assertOneLine(missing.paramLabel());
            assertThat(err).contains("missing");
        }
    }

    @ParameterizedTest
    @MethodSource("commands")
    void aNumberThatIsNone(List<String> path) {
        for (OptionSpec option : command(path).getCommandSpec().options()) {
            if (option.type() == int.class || option.type() == long.class) {
                assertThat(run(path, arguments(needed(command(path)), option.longestName(), "many")))
                        .isEqualTo(64);
                assertOneLine(option.longestName() + " " + option.paramLabel() + ": 'many' is not a number");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("commands")
    void aConfigurationThatIsNotThere(List<String> path) {
        if (command(path).getCommandSpec().findOption("--config") == null
                || NEEDS_NO_CONFIGURATION.contains(path.get(0))) {
            return;
        }
        Path nowhere = directory.resolve("nowhere.conf");
        Map<ArgSpec, String> needed = needed(command(path));
        needed.keySet()
                .removeIf(argument -> argument instanceof OptionSpec option
                        && option.longestName().equals("--config"));
        assertThat(run(path, arguments(needed, "--config", nowhere.toString()))).isBetween(64, 78);
        assertReadable("");
        assertThat(err).containsAnyOf(nowhere + ": there is no such file", "not a", "there is no", "x");
    }

    @ParameterizedTest
    @CsvSource({
        "srve, serve",
        "mailbx, mailbox",
        "user lst, list",
        "mailbox exprot, export",
        "config chek, check",
        "user otp remve, remove"
    })
    void aSlipOfTheFinger(String given, String meant) {
        assertThat(run(List.of(given.split(" ", -1)))).isEqualTo(64);
        assertOneLine("did you mean " + meant + "?");
    }

    @Test
    void whatIsNearNothing() {
        assertThat(run(List.of("frobnicate"))).isEqualTo(64);
        assertOneLine("pop2d has no command 'frobnicate'; see pop2d --help");
    }

    @Test
    void helpIsTold() {
        assertThat(run(List.of("help"))).isZero();
        assertThat(run(List.of("help", "user", "add"))).isZero();
        assertThat(err).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"fetch", "bench"})
    void aServerThatIsNotThere(String command) throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        Path password = Files.writeString(directory.resolve("password"), "secret\n");
        List<String> more = command.equals("fetch")
                ? List.of("--to", "mbox:" + directory.resolve("target"), "--password-file", password.toString())
                : List.of("--password-stdin");
        List<String> all =
                new ArrayList<>(List.of(command, "--host", "127.0.0.1", "--port", "" + port, "--user", "postel"));
        all.addAll(more);
        assertThat(run(all)).isEqualTo(69);
        assertOneLine("127.0.0.1");
        assertThat(err).contains("" + port).contains("refused");
    }

    @Test
    void aTargetBelowNothing() throws IOException {
        Path password = Files.writeString(directory.resolve("password"), "secret\n");
        for (String kind : List.of("mbox", "maildir")) {
            Path missing = directory.resolve("typo");
            Path typo = missing.resolve("x");
            assertThat(run(List.of(
                            "fetch",
                            "--host",
                            "127.0.0.1",
                            "--port",
                            "9",
                            "--user",
                            "postel",
                            "--password-file",
                            password.toString(),
                            "--to",
                            kind + ":" + typo)))
                    .isEqualTo(73);
            assertOneLine(missing.toString());
            assertThat(missing).doesNotExist();
        }
    }

    /** What a command stored there would be gone when it ends; a mail system is to try again. */
    @Test
    void onlyAServerHasMailInMemory() throws IOException {
        Files.writeString(
                Files.createDirectories(directory.resolve("conf")).resolve("pop2d.conf"),
                "storage { type = memory, memory.passwords = \"bob:{PLAIN}x\" }\n");
        assertThat(run(List.of("deliver"), "--user", "bob")).isEqualTo(75);
        assertOneLine("accounts and mail are in the server's memory");
        for (List<String> command : List.of(
                List.of("user", "add", "x", "--password-stdin"),
                List.of("user", "list"),
                List.of("user", "remove", "bob", "--purge"),
                List.of("mailbox", "list"))) {
            assertThat(run(command)).as(err).isEqualTo(69);
            assertOneLine("accounts and mail are in the server's memory");
        }
    }
}
