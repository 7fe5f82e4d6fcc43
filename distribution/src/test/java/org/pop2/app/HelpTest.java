package org.pop2.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.ParseResult;

/** The help of every command helps: it says what the command does, fits a terminal, and its examples are right. */
class HelpTest {
    private static final int WIDTH = 80;

    /** Not as wide as the terminal of whoever runs the test. */
    private static final CommandLine ALL =
            AllCommands.commandLine().setUsageHelpAutoWidth(false).setUsageHelpWidth(WIDTH);

    static Stream<String> commands() {
        return paths(ALL).stream();
    }

    private static List<String> paths(CommandLine command) {
        List<String> paths = new ArrayList<>(List.of(command.getCommandSpec().qualifiedName()));
        command.getSubcommands().values().forEach(below -> paths.addAll(paths(below)));
        return paths;
    }

    private static CommandLine command(String path) {
        CommandLine command = ALL;
        for (String word : path.split(" ", -1)) {
            if (!word.equals("pop2d")) {
                command = Objects.requireNonNull(command.getSubcommands().get(word), word);
            }
        }
        return command;
    }

    /** What is indented after "Example:", lines that go on with a backslash joined. */
    private static List<String> examples(String path) {
        String footer =
                String.join("\n", command(path).getCommandSpec().usageMessage().footer());
        Matcher examples = Pattern.compile("(?m)^Example:\n((?:  .*(?:\n|$))+)").matcher(footer);
        assertThat(examples.find()).as("an example of %s", path).isTrue();
        return examples.group(1)
                .replace("\\\n", " ")
                .replace("%%", "%")
                .lines()
                .map(String::strip)
                .toList();
    }

    @ParameterizedTest
    @MethodSource("commands")
    void theExamplesAreCommandLinesOfTheCommand(String path) {
        for (String example : examples(path)) {
            boolean found = false;
            for (String part : example.split("\\s*(?:\\|\\||\\||&&)\\s*", -1)) {
                String line = part.replaceFirst("^sudo ", "").replaceFirst("\\s*[<>].*", "");
                if (line.startsWith("pop2d")) {
                    String[] words = line.strip().split("\\s+", -1);
                    // throws if it is none
                    ParseResult parsed = ALL.parseArgs(Arrays.copyOfRange(words, 1, words.length));
                    while (parsed.hasSubcommand()) {
                        parsed = parsed.subcommand();
                    }
                    assertThat(parsed.commandSpec().userObject())
                            .as("%s needs no sub-command", line)
                            .isNotNull();
                    found |= (parsed.commandSpec().qualifiedName() + " ").startsWith(path + " ")
                            && parsed.commandSpec().subcommands().isEmpty();
                }
            }
            assertThat(found).as("an example of %s: %s", path, example).isTrue();
        }
    }

    @ParameterizedTest
    @MethodSource("commands")
    void theHelpFitsATerminal(String path) {
        assertThat(command(path).getUsageMessage().lines()).allMatch(line -> line.length() <= WIDTH);
    }

    @ParameterizedTest
    @MethodSource("commands")
    void noExampleIsBrokenIntoLines(String path) {
        String help = command(path).getUsageMessage();
        for (String line : command(path).getCommandSpec().usageMessage().footer()) {
            if (line.startsWith("  ")) {
                assertThat(help.lines()).contains(line.replace("%%", "%"));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("commands")
    void everythingIsDescribedInSentences(String path) {
        CommandLine command = command(path);
        String[] description = command.getCommandSpec().usageMessage().description();
        assertThat(description[0]).isNotBlank();
        assertThat(List.of(description)).allMatch(paragraph -> paragraph.isEmpty() || paragraph.matches("(?s).*[.:]"));
        command.getCommandSpec()
                .options()
                .forEach(option -> assertThat(String.join(" ", option.description()))
                        .as("%s %s", path, option.longestName())
                        .matches("(?s).+\\."));
        command.getCommandSpec()
                .positionalParameters()
                .forEach(parameter -> assertThat(String.join(" ", parameter.description()))
                        .as("%s %s", path, parameter.paramLabel())
                        .matches("(?s).+\\."));
    }

    @ParameterizedTest
    @MethodSource("commands")
    void aListOfCommandsHasALineForEach(String path) {
        command(path)
                .getSubcommands()
                .forEach((name, below) -> assertThat(
                                below.getCommandSpec().usageMessage().header()[0])
                        .as(name)
                        .matches(".{10,110}\\."));
    }

    @Test
    void helpForWhatThereIsNotSaysSo() {
        for (String[] given : new String[][] {{"help", "usr"}, {"help", "mailbox", "nix"}, {"help", "user", "ad"}}) {
            CommandRun run = run(given);
            assertThat(run.exitCode()).isEqualTo(64);
            assertThat(run.err())
                    .startsWith("pop2d: ")
                    .contains("has no command")
                    .hasLineCount(1);
            assertThat(run.out()).isEmpty();
        }
        assertThat(run("help", "usr").err()).contains("did you mean user?");
        assertThat(run("help", "--help").exitCode()).isZero();
        assertThat(run("help", "user", "add").out()).contains("Usage: pop2d user add");
    }

    private static CommandRun run(String... arguments) {
        return CommandRun.of(new ByteArrayInputStream(new byte[0]), StandardCharsets.UTF_8, Map.of(), arguments);
    }
}
