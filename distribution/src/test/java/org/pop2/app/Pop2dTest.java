package org.pop2.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pop2.app.cli.Terminal;
import org.pop2.app.deliver.DeliverCommand;
import org.pop2.app.serve.ServeCommand;
import org.pop2.auth.Passwords;
import org.pop2.protocol.Secret;
import org.pop2.storage.Account;
import org.pop2.storage.FolderName;
import org.pop2.storage.MailStore;
import org.pop2.storage.Mailbox;
import org.pop2.storage.UserName;
import picocli.CommandLine;
import reactor.core.publisher.Mono;

/** Commands in this process, on a storage in memory. */
class Pop2dTest {
    private static final UserName POSTEL = new UserName("postel");

    @TempDir
    private Path directory;

    private final Map<String, String> environment = new HashMap<>();
    private final Deque<String> typed = new ArrayDeque<>();
    private boolean somebodyThere;
    private String out = "";
    private String err = "";

    @BeforeEach
    void configure() throws IOException {
        Files.createDirectories(directory.resolve("conf"));
        Files.writeString(directory.resolve("conf/pop2d.conf"), "storage.type = shelf\n");
        environment.put("POP2D_HOME", directory.toString());
    }

    static Stream<List<String>> everyCommand() {
        return commands(List.of(), Pop2d.commandLine(terminal(InputStream.nullInputStream(), new HashMap<>())));
    }

    private static Stream<List<String>> commands(List<String> path, CommandLine commandLine) {
        return Stream.concat(
                Stream.of(path),
                commandLine.getSubcommands().entrySet().stream().flatMap(entry -> {
                    List<String> below = Stream.concat(path.stream(), Stream.of(entry.getKey()))
                            .toList();
                    return commands(below, entry.getValue());
                }));
    }

    @ParameterizedTest
    @MethodSource("everyCommand")
    void everyCommandHasHelpWithAnExample(List<String> command) {
        String[] words = Stream.concat(command.stream(), Stream.of("--help")).toArray(String[]::new);

        assertThat(run("", words)).isEqualTo(0);

        assertThat(out)
                .startsWith("Usage: pop2d"
                        + String.join("", command.stream().map(it -> " " + it).toList()));
        assertThat(out).containsPattern(command.isEmpty() ? "pop2d demo" : "Example:\n  .*pop2d " + command.get(0));
        assertThat(err).isEmpty();
    }

    @Test
    void aCommandThatIsMadeAloneIsKnownByItsName() {
        Terminal terminal = terminal(InputStream.nullInputStream(), new HashMap<>());

        assertThat(Pop2d.commands(terminal).keySet())
                .containsExactlyElementsOf(
                        Pop2d.commandLine(terminal).getSubcommands().keySet())
                .allSatisfy(name -> assertThat(Pop2d.commandLine(terminal, name, "--config", "file")
                                .getSubcommands()
                                .keySet())
                        .containsExactly(name));
    }

    @Test
    void serveWithoutOptionsOfItsOwnNeedsNoCommandLine() {
        Terminal terminal = terminal(InputStream.nullInputStream(), new HashMap<>());

        assertThat(ServeCommand.plain(terminal, "serve")).isPresent();
        assertThat(ServeCommand.plain(terminal, "serve", "--config", "file")).isPresent();
        assertThat(words(
                        "",
                        "demo",
                        "serve --config",
                        "serve --help",
                        "serve --config --help",
                        "serve file",
                        "serve -- x"))
                .allSatisfy(it -> assertThat(ServeCommand.plain(terminal, it)).isEmpty());
    }

    private static Stream<String[]> words(String... lines) {
        return Stream.of(lines).map(line -> line.split(" "));
    }

    @Test
    void deliverAsMailSystemsCallItNeedsNoCommandLine() {
        Terminal terminal = terminal(InputStream.nullInputStream(), new HashMap<>());

        assertThat(words(
                        "deliver --user u",
                        "deliver --user u --config file",
                        "deliver --folder f --config file --sender a@b --user u",
                        "deliver --sender  --user u"))
                .allSatisfy(it -> assertThat(DeliverCommand.plain(terminal, it)).isPresent());
        assertThat(words(
                        "",
                        "serve",
                        "deliver",
                        "deliver --user",
                        "deliver --user=u",
                        "deliver --user u --help",
                        "deliver --user --help",
                        "deliver --user u --user v",
                        "deliver --folder f",
                        "deliver --user u --other o",
                        "deliver --user @file",
                        "deliver x --user u"))
                .allSatisfy(it -> assertThat(DeliverCommand.plain(terminal, it)).isEmpty());
    }

    @Test
    void everyTextAroundTheOptionsIsAFormatThatPicocliCanUse() {
        // it warns on the process's standard error and shows such a text as it stands
        formats(Pop2d.commandLine(terminal(InputStream.nullInputStream(), new HashMap<>())));
    }

    private static void formats(CommandLine commandLine) {
        CommandLine.Model.CommandSpec spec = commandLine.getCommandSpec();
        Stream.of(spec.usageMessage().description(), spec.usageMessage().footer())
                .flatMap(Stream::of)
                .forEach(text -> assertThatCode(() -> String.format(text))
                        .as("%s: %s", spec.qualifiedName(), text)
                        .doesNotThrowAnyException());
        commandLine.getSubcommands().values().forEach(Pop2dTest::formats);
    }

    @Test
    void aWrongCommandLineIsUsage() {
        assertThat(run("")).isEqualTo(64);
        assertThat(err).contains("which command?").contains("Usage: pop2d");
        assertThat(run("", "user")).isEqualTo(64);
        assertThat(run("", "srve")).isEqualTo(64);
        assertThat(err).contains("serve");
        assertThat(run("", "user", "add")).isEqualTo(64);
        assertThat(err).contains("NAME");
        assertThat(run("", "deliver")).isEqualTo(64);
        assertThat(run("", "serve", "--prot", "1")).isEqualTo(64);
        assertThat(run("", "deliver", "--user", "postel", "--folder", "../x")).isEqualTo(64);
        assertThat(run("", "deliver", "--user", "postel", "--sender", "a\nb")).isEqualTo(64);
        assertThat(run("", "demo", "--port", "many")).isEqualTo(64);
        environment.remove("POP2D_HOME");
        assertThat(run("", "config", "check")).isEqualTo(64);
        assertThat(out).isEmpty();
    }

    @Test
    void versionIsThatOfTheBuild() {
        assertThat(run("", "--version")).isEqualTo(0);
        String asked = out;
        assertThat(run("", "version")).isEqualTo(0);
        assertThat(out).isEqualTo(asked);
        assertThat(out).matches("pop2d \\d+\\.\\d+\\.\\d+\\S* \\(Java .*\\)\n");
    }

    @Test
    void aUserIsAddedListedChangedAndRemoved() {
        assertThat(run("correct horse\r\nsecond line\n", "user", "add", "Postel", "--password-stdin"))
                .isEqualTo(0);
        assertThat(out).isEqualTo("added postel\n");
        assertThat(loginWorks("correct horse")).isTrue();
        assertThat(account().orElseThrow().passwordHash()).startsWith("{ARGON2ID}");

        assertThat(run("", "user", "list")).isEqualTo(0);
        assertThat(out).isEqualTo("postel\tenabled\n");

        assertThat(run("", "user", "disable", "postel")).isEqualTo(0);
        assertThat(run("", "user", "list")).isEqualTo(0);
        assertThat(out).isEqualTo("postel\tdisabled\n");

        assertThat(run("new", "user", "passwd", "postel", "--password-stdin")).isEqualTo(0);
        assertThat(loginWorks("new")).isTrue();
        assertThat(account().orElseThrow().enabled())
                .as("a new password does not enable")
                .isFalse();

        assertThat(run("", "user", "enable", "postel")).isEqualTo(0);
        assertThat(account().orElseThrow().enabled()).isTrue();
        assertThat(loginWorks("new")).isTrue();

        assertThat(run("", "user", "remove", "postel")).isEqualTo(0);
        assertThat(account()).isEmpty();
    }

    @Test
    void anUnknownUserIs67() {
        for (String command : List.of("passwd", "enable", "disable", "remove")) {
            assertThat(run("x\n", "user", command, "nobody")).isEqualTo(67);
            assertThat(err).isEqualTo("pop2d: there is no user nobody\n");
            assertThat(run("x\n", "user", command, "../etc")).isEqualTo(67);
        }
    }

    @Test
    void aUserThatExistsIsNotAddedAgain() {
        assertThat(run("one\n", "user", "add", "postel", "--password-stdin")).isEqualTo(0);
        assertThat(run("two\n", "user", "add", "POSTEL", "--password-stdin")).isEqualTo(65);
        assertThat(err).isEqualTo("pop2d: there is a user postel already\n");
        assertThat(loginWorks("one")).isTrue();
    }

    @Test
    void aNameThatIsNoneIsRefused() {
        for (String name : List.of("../postel", "a b", "", "x.lock", "a".repeat(101))) {
            assertThat(run("x\n", "user", "add", name, "--password-stdin")).isEqualTo(65);
            assertThat(err).contains("not a user name");
        }
    }

    @Test
    void aPasswordThatNoCommandLineCanCarryIsRefused() {
        // 512 octets, less "HELO postel " and CRLF
        int room = 512 - 14;
        assertThat(run("", "user", "add", "postel", "--password-stdin")).isEqualTo(65);
        assertThat(err).contains("the password is empty");
        assertThat(run("\r\n", "user", "add", "postel", "--password-stdin")).isEqualTo(65);
        assertThat(run("a\0b\n", "user", "add", "postel", "--password-stdin")).isEqualTo(65);
        assertThat(run("a\rb\n", "user", "add", "postel", "--password-stdin")).isEqualTo(65);
        assertThat(run("x".repeat(room + 1) + "\n", "user", "add", "postel", "--password-stdin"))
                .isEqualTo(65);
        assertThat(err).contains("room for " + room + " octets");
        assertThat(run("\\".repeat(room / 2 + 1) + "\n", "user", "add", "postel", "--password-stdin"))
                .isEqualTo(65);
        assertThat(run("x".repeat(100_000) + "\n", "user", "add", "postel", "--password-stdin"))
                .isEqualTo(65);
        assertThat(account()).isEmpty();
        assertThat(run("x".repeat(room) + "\n", "user", "add", "postel", "--password-stdin"))
                .isEqualTo(0);
        assertThat(loginWorks("x".repeat(room))).isTrue();
    }

    @Test
    void aPersonIsAskedTwice() {
        somebodyThere = true;
        typed.addAll(List.of("sésame", "sésame"));
        assertThat(run("", "user", "add", "postel")).isEqualTo(0);
        assertThat(loginWorks("sésame")).isTrue();

        typed.addAll(List.of("one", "two"));
        assertThat(run("", "user", "passwd", "postel")).isEqualTo(65);
        assertThat(err).contains("differ");
        assertThat(loginWorks("sésame")).isTrue();
    }

    @Test
    void withoutATerminalAPasswordComesFromInputOnly() {
        assertThat(run("secret\n", "user", "add", "postel")).isEqualTo(64);
        assertThat(err).contains("--password-stdin");
        assertThat(account()).isEmpty();
    }

    @Test
    void aMessageIsDelivered() {
        run("secret\n", "user", "add", "postel", "--password-stdin");

        assertThat(run("Subject: x\n\nhello\n", "deliver", "--user", "postel")).isEqualTo(0);
        assertThat(run("Subject: y\n\nwork\n", "deliver", "--user", "POSTEL", "--folder", "lists/rfc", "--sender", ""))
                .isEqualTo(0);

        assertThat(octets(FolderName.INBOX)).isEqualTo("Subject: x\r\n\r\nhello\r\n".length());
        assertThat(octets(new FolderName("lists/rfc"))).isEqualTo("Subject: y\r\n\r\nwork\r\n".length());
        assertThat(out).isEmpty();
    }

    @Test
    void mailForNobodyIs67() {
        assertThat(run("x\n", "deliver", "--user", "nobody")).isEqualTo(67);
        assertThat(run("x\n", "deliver", "--user", "../nobody")).isEqualTo(67);
    }

    @Test
    void mailThatCannotBeStoredNowIs75() {
        environment.put("POP2D_STORAGE_SHELF_BROKEN", "true");
        assertThat(run("x\n", "deliver", "--user", "postel")).isEqualTo(75);
        assertThat(err).contains("not delivered: the storage is not there");
    }

    @Test
    void mailWhoseInputFailsIs75AndNotDelivered() {
        run("secret\n", "user", "add", "postel", "--password-stdin");
        assertThat(run(new FailingInput(200_000), "deliver", "--user", "postel"))
                .isEqualTo(75);
        assertThat(octets(FolderName.INBOX)).isZero();
    }

    @Test
    void anUnreachableStorageIs69() {
        environment.put("POP2D_STORAGE_SHELF_BROKEN", "true");
        assertThat(run("", "user", "list")).isEqualTo(69);
        assertThat(run("", "serve")).isEqualTo(69);
        assertThat(err).contains("pop2d: the storage is not there\n");
    }

    @Test
    void aWrongConfigurationIs78AndForADelivery75AndAllOfItIsSaid() throws IOException {
        Path file = directory.resolve("wrong.conf");
        Files.writeString(file, "storage.type = shelf\nlisten.prot = 1\nlisten.port = x\n");
        for (List<String> command : List.of(
                List.of("serve"),
                List.of("config", "check"),
                List.of("config", "show"),
                List.of("user", "list"),
                List.of("deliver", "--user", "postel"))) {
            String[] words = Stream.concat(command.stream(), Stream.of("--config", file.toString()))
                    .toArray(String[]::new);
            assertThat(run("", words)).isEqualTo(command.get(0).equals("deliver") ? 75 : 78);
            assertThat(err.lines().toList())
                    .hasSize(2)
                    .allMatch(line -> line.startsWith("pop2d: " + file + ":"))
                    .anyMatch(line -> line.contains("did you mean listen.port?"));
        }
    }

    @Test
    void aRightConfigurationIsSaidToBe() {
        assertThat(run("", "config", "check")).isEqualTo(0);
        assertThat(out).isEqualTo(directory.resolve("conf/pop2d.conf") + ": no problems\n");
    }

    @Test
    void theConfigurationIsShownWithoutSecrets() {
        environment.put("POP2D_STORAGE_SHELF_PASSWORD", "hunter2");
        environment.put("POP2D_LISTEN_PORT", "1109");

        assertThat(run("", "config", "show")).isEqualTo(0);

        assertThat(out)
                .contains("listen.port = 1109 # POP2D_LISTEN_PORT\n")
                .contains("session.idle-timeout = 10m # default\n")
                .contains("storage.type = shelf # " + directory.resolve("conf/pop2d.conf") + ":1\n")
                .contains("storage.shelf.password = \"***\" # POP2D_STORAGE_SHELF_PASSWORD\n")
                .doesNotContain("hunter2");
    }

    private int run(String input, String... arguments) {
        return run(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)), arguments);
    }

    private int run(InputStream input, String... arguments) {
        CommandRun run = CommandRun.of(
                input,
                StandardCharsets.UTF_8,
                environment,
                somebodyThere ? Optional.of(prompt -> typed.remove().toCharArray()) : Optional.empty(),
                arguments);
        out = run.out();
        err = run.err();
        return run.exitCode();
    }

    private static Terminal terminal(InputStream input, Map<String, String> environment) {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
        return new Terminal(input, nowhere, nowhere, environment, Optional.empty());
    }

    private Optional<Account> account() {
        return Mono.from(store().accounts().find(POSTEL)).blockOptional();
    }

    private boolean loginWorks(String password) {
        try {
            return Passwords.verify(
                    account().orElseThrow().passwordHash(), Secret.of(password.getBytes(StandardCharsets.UTF_8)));
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private long octets(FolderName folder) {
        Mailbox mailbox =
                Mono.from(store().open(POSTEL, folder)).blockOptional().orElseThrow();
        try {
            return mailbox.count() == 0 ? 0 : mailbox.octets(1);
        } finally {
            Mono.from(mailbox.release(new BitSet())).block();
        }
    }

    private MailStore store() {
        return ShelfProvider.in(directory);
    }
}
