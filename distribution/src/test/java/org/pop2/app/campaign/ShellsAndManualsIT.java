package org.pop2.app.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the tarball has for other programs: zsh, fish, readers of manual pages, jq. */
@Tag("interop")
class ShellsAndManualsIT {
    private static final Path COMPLETIONS = Instance.UNPACKED.resolve("share/completions");

    @TempDir
    Path directory;

    @BeforeAll
    static void install() throws Exception {
        DebianPackages.install(Map.of(
                "/usr/bin/zsh", "zsh",
                "/usr/bin/fish", "fish",
                "/usr/bin/mandoc", "mandoc",
                "/usr/bin/groff", "groff",
                "/usr/bin/jq", "jq"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "pop2d use\\t o\\t in\\t| user otp init",
                "pop2d user add --pass\\t| user add --password-stdin",
                "pop2d mailbox import --form\\tmail\\t| mailbox import --format=maildir",
                "pop2d bench --scenario=ch\\t| bench --scenario=churn",
                "pop2d completion f\\t| completion fish",
                "pop2d doctor --mail\\t| doctor --mailboxes"
            })
    void zshCompletes(String typed, String becomes) throws Exception {
        Path script = Path.of("src/test/resources/org/pop2/app/campaign/complete.zsh");

        assertThat(Tool.succeed(
                        "timeout",
                        "60",
                        "zsh",
                        "-f",
                        script.toString(),
                        COMPLETIONS.resolve("zsh").toString(),
                        typed))
                .isEqualToIgnoringNewLines(becomes);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "pop2d us| user",
                "pop2d user otp | init list remove status totp",
                "pop2d user add --pass| --password-stdin",
                "pop2d mailbox import --format m| maildir mbox message",
                "pop2d bench --scenario ch| churn",
                "pop2d kick | ",
                "pop2d serve --config some| some.conf"
            })
    void fishCompletes(String typed, @Nullable String offered) throws Exception {
        Files.createFile(directory.resolve("some.conf"));
        String line = typed.endsWith("otp") || typed.endsWith("kick") ? typed + " " : typed;
        String said = Tool.succeed(
                "fish",
                "--no-config",
                "-c",
                "cd " + directory + "; source " + COMPLETIONS.resolve("fish/pop2d.fish") + "; complete -C '" + line
                        + "'");

        assertThat(said.lines().map(it -> it.replaceFirst("\t.*", "")))
                .containsExactlyElementsOf(offered == null ? List.of() : List.of(offered.split(" ", -1)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"man8/pop2d.8", "man5/pop2d.conf.5", "man7/pop2.7"})
    void manualPagesAreFormatted(String page) throws Exception {
        String file = Instance.UNPACKED.resolve("man").resolve(page).toString();

        // of style it says what this machine has not installed, and that lists are long
        assertThat(Tool.run(List.of("mandoc", "-Tlint", "-Wwarning", file)).output())
                .isEmpty();
        assertThat(Tool.run(List.of("groff", "-mandoc", "-ww", "-z", file)).output())
                .isEmpty();
    }

    @Test
    void theExampleOfTheManualCountsRefusedLogins() throws Exception {
        Matcher block = Pattern.compile("(?s)```sh jq\n(.*?)```")
                .matcher(Files.readString(Instance.UNPACKED.resolve("doc/logs.md")));
        assertThat(block.find()).isTrue();
        Path log = Files.writeString(directory.resolve("log"), """
                {"timestamp":1,"level":"INFO","message":"login-refused","session":1,"address":"192.0.2.9:1","reason":"refused"}
                {"timestamp":2,"level":"INFO","message":"login-refused","session":2,"address":"192.0.2.8:1","reason":"refused"}
                a line of something else
                {"timestamp":3,"level":"INFO","message":"login-accepted","session":3,"user":"postel","address":"192.0.2.7:1"}
                {"timestamp":4,"level":"INFO","message":"login-refused","session":4,"address":"192.0.2.9:2","reason":"refused"}
                """);
        String command = block.group(1).replaceFirst("journalctl [^|]*", "cat " + log + " ");

        assertThat(Tool.succeed("bash", "-euo", "pipefail", "-c", command)
                        .lines()
                        .map(String::strip))
                .containsExactly("2 192.0.2.9", "1 192.0.2.8");
    }
}
