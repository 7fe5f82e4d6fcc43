package org.pop2.app.help;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.pop2.app.AllCommands;
import picocli.CommandLine;

/** What shells offer. bash is asked; zsh and fish are where they can be installed, in ShellsIT. */
class CompletionTest {
    private static final CommandLine COMMANDS = AllCommands.commandLine();

    @TempDir
    Path directory;

    private static Set<String> names(CommandLine command) {
        Set<String> names = new TreeSet<>();
        command.getSubcommands().forEach((name, below) -> {
            names.add(name);
            names.addAll(names(below));
        });
        command.getCommandSpec().options().forEach(option -> names.add(option.longestName()));
        return names;
    }

    @ParameterizedTest
    @EnumSource(Shell.class)
    void everyCommandAndOptionIsThere(Shell shell) {
        String script = shell.completion(COMMANDS);

        // fish names a long option without its hyphens
        assertThat(names(COMMANDS))
                .hasSizeGreaterThan(60)
                .allSatisfy(name -> assertThat(script)
                        .containsPattern("(?<![\\w-])" + (shell == Shell.FISH ? name.replaceFirst("^--", "") : name)
                                + "(?![\\w-])"));
    }

    @ParameterizedTest
    @EnumSource(Shell.class)
    void theSameIsMadeAgain(Shell shell) {
        assertThat(shell.completion(COMMANDS)).isEqualTo(shell.completion(AllCommands.commandLine()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "pop2d use| user",
                "pop2d u| user",
                "pop2d user otp in| init",
                "pop2d user add --pass| --password-stdin",
                "pop2d config show --| --changed --config --help",
                "pop2d mailbox import --format m| maildir mbox message",
                "pop2d mailbox import --separator | lenient strict",
                "pop2d completion | bash fish zsh",
                "pop2d bench --scenario ch| churn",
                "pop2d serve --config ./so| ./some.conf"
            })
    void bashCompletes(String typed, String offered) throws Exception {
        Path script = Files.writeString(directory.resolve("pop2d"), Shell.BASH.completion(COMMANDS));
        Files.createFile(directory.resolve("some.conf"));
        // what bash does when TAB is pressed
        String ask = """
                set -eu
                source "$1"
                read -ra COMP_WORDS <<<"$2"
                [[ $2 == *' ' ]] && COMP_WORDS+=('')
                COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_LINE=$2 COMP_POINT=${#2} COMPREPLY=()
                set +eu
                # outside of a completion it has nothing to do
                compopt() { :; }
                _complete_pop2d
                printf '%s\\n' "${COMPREPLY[@]}"
                """;
        Process bash = new ProcessBuilder(
                        "bash",
                        "--norc",
                        "-c",
                        ask,
                        "bash",
                        script.toString(),
                        // CsvSource takes blanks at the end away
                        typed.matches(".*(--separator|completion)") ? typed + " " : typed)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
        String out = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(bash.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(out.lines()
                        .map(String::strip)
                        .filter(line -> !line.isEmpty())
                        .distinct()
                        .sorted())
                .as(out)
                .containsExactlyElementsOf(List.of(offered.strip().split(" ", -1)));
    }

    @Test
    void textsCannotLeaveTheirQuotes() {
        assertThat(Shell.ZSH.completion(COMMANDS).lines().filter(line -> line.contains("user'\\''s")))
                .isNotEmpty();
        assertThat(Shell.FISH.completion(COMMANDS).lines().filter(line -> line.contains("user\\'s")))
                .isNotEmpty();
    }
}
