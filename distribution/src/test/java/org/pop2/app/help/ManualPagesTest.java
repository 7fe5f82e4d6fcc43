package org.pop2.app.help;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pop2.app.AllCommands;
import org.pop2.app.config.KeyText;
import picocli.CommandLine;

/** The manual pages are made of what commands and keys say of themselves. */
class ManualPagesTest {
    private static final Path TEMPLATES = Path.of("src/main/man");
    private static final OffsetDateTime DATE = OffsetDateTime.parse("2026-11-23T00:00:00Z");
    private static final CommandLine COMMANDS = AllCommands.commandLine();

    /** Without those of the storage that only tests have. */
    private static final List<KeyText> KEYS = KeyText.all().stream()
            .filter(key -> !key.name().startsWith("storage.shelf."))
            .toList();

    private static String page(String name) throws IOException {
        return Pages.manual(COMMANDS, KEYS, Files.readString(TEMPLATES.resolve(name)), DATE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"pop2d.8", "pop2d.conf.5", "pop2.7"})
    void aPageIsWellFormed(String name) throws IOException {
        String page = page(name);

        assertThat(page)
                .startsWith(".Dd November 23, 2026\n.Dt "
                        + name.replaceAll("\\.\\d$", "").toUpperCase(Locale.ROOT) + " " + name.charAt(name.length() - 1)
                        + "\n.Os\n.Sh NAME\n");
        assertThat(page.lines().filter(line -> line.startsWith(".Bl")).count())
                .isEqualTo(page.lines().filter(line -> line.equals(".El")).count());
        assertThat(page.lines().filter(line -> line.startsWith(".Bd")).count())
                .isEqualTo(page.lines().filter(line -> line.equals(".Ed")).count());
        assertThat(page.lines())
                .noneMatch(line -> line.startsWith("@") || line.isEmpty() || line.startsWith("'"))
                .allMatch(line -> line.chars().allMatch(c -> c >= ' ' && c < 0x7f))
                // of macros, only those that are used here: a sentence must not become one
                .allMatch(line -> !line.startsWith(".")
                        || line.matches("\\.(Dd|Dt|Os|Sh|Ss|Nm|Nd|Cm|Op|Fl|Ar|Pp|Bl|It|El"
                                + "|Bd|Ed|Ql|Xr|Ev|Pa|Dq|Li|Rs|Re|%[ATRD]|\\\\\")( .*)?"));
    }

    @Test
    void theCommandsAreAllTold() throws IOException {
        String page = page("pop2d.8");
        told(page, COMMANDS);
    }

    private static void told(String page, CommandLine command) {
        command.getSubcommands().values().forEach(below -> {
            String path = String.join(" ", Words.path(below.getCommandSpec()));
            assertThat(page).contains("\n.Ss " + path + "\n");
            below.getCommandSpec().options().stream()
                    .filter(option -> !option.longestName().equals("--help"))
                    .forEach(option -> assertThat(page).contains("Fl " + Roff.flag(option.longestName())));
            told(page, below);
        });
    }

    @Test
    void whatOneTypesCanBeCopied() throws IOException {
        assertThat(page("pop2d.8"))
                .contains("\npop2d user otp init postel \\-\\-count 100 > list.txt\n")
                .contains("\nprintf \\(aq%s\\en\\(aq \\(aqcorrect horse\\(aq | pop2d user add postel");
    }

    @Test
    void aPageOfKeysThatForgetsSomeIsNotMade() {
        assertThatThrownBy(() -> Pages.manual(COMMANDS, KEYS, "@keys listen.@\n", DATE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("server.name");
        assertThatThrownBy(() -> Pages.manual(COMMANDS, KEYS, "@keys lisen.@\n", DATE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("lisen.");
        assertThatThrownBy(() -> Pages.manual(COMMANDS, KEYS, "@kees@\n", DATE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("kees");
    }

    @Test
    void textIsNeverAMacro() {
        assertThat(new Roff()
                        .text(".Sh is no section. And that is.")
                        .text("'Ss is none\\.")
                        .toString())
                .isEqualTo("\\&.Sh is no section.\nAnd that is.\n\\&'Ss is none\\e.\n");
        assertThat(new Roff().text("caf\u00e9 ".repeat(30) + "end").toString().lines())
                .hasSizeGreaterThan(2)
                .allMatch(line -> line.length() < 80);
    }

    @Test
    void theSessionOfTheProtocolCountsItsOctets() throws IOException {
        Matcher messages =
                Pattern.compile("(?m)^S: =(\\d+)\nC: RETR\n((?:S:.*\n)+)").matcher(page("pop2.7"));
        int found = 0;
        while (messages.find()) {
            long octets = messages.group(2)
                    .lines()
                    .mapToInt(line -> line.replaceFirst("^S: ?", "").length() + 2)
                    .sum();
            assertThat(octets).isEqualTo(Long.parseLong(messages.group(1)));
            found++;
        }
        assertThat(found).isEqualTo(2);
    }

    @Test
    void theSameFilesAreMadeAgain(@TempDir Path directory) throws IOException {
        Pages.write(COMMANDS, KEYS, TEMPLATES, directory.resolve("one"), DATE);
        Pages.write(AllCommands.commandLine(), KEYS, TEMPLATES, directory.resolve("two"), DATE);

        List<Path> files = files(directory.resolve("one"));
        assertThat(files).hasSize(6).isEqualTo(files(directory.resolve("two")));
        for (Path file : files) {
            assertThat(directory.resolve("two").resolve(file))
                    .hasSameBinaryContentAs(directory.resolve("one").resolve(file));
        }
    }

    private static List<Path> files(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile)
                    .map(directory::relativize)
                    .sorted()
                    .toList();
        }
    }
}
