package org.pop2.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.app.cli.Trust;
import org.pop2.app.config.Configuration;
import org.pop2.app.config.ConfigurationReader;

class InitCommandTest {
    @TempDir
    private Path directory;

    private Path instance = Path.of("");
    private String out = "";
    private String err = "";

    @BeforeEach
    void name() {
        instance = directory.resolve("new/instance");
    }

    private int run(String input, boolean person, String... arguments) {
        CommandRun run = CommandRun.of(
                new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                StandardCharsets.UTF_8,
                Map.of("POP2D_HOME", directory.toString()),
                person ? Optional.of(prompt -> "correct horse".toCharArray()) : Optional.empty(),
                arguments);
        out = run.out();
        err = run.err();
        return run.exitCode();
    }

    private Configuration made() throws Exception {
        return ConfigurationReader.read(instance.resolve("conf/pop2d.conf"), Map.of());
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    @Test
    void withoutATerminalItTakesOptionsAndDefaults() throws Exception {
        int exitCode = run(
                "correct horse\n",
                false,
                "init",
                instance.toString(),
                "--listen",
                "0.0.0.0:1109",
                "--clear-from",
                "192.168.0.0/16,10.1.0.0/16",
                "--user",
                "jon",
                "--password-stdin");

        assertThat(exitCode).as(err).isZero();
        assertThat(out)
                .contains("made " + instance + "/conf/pop2d.conf", "added jon", "pop2d doctor", "pop2d serve")
                .contains("host this machine, port 1109, user jon");
        Configuration made = made();
        assertThat(made.listeners().get(0).address().getPort()).isEqualTo(1109);
        assertThat(made.listeners().get(0).cleartextFrom().toString()).contains("192.168.0.0/16", "10.1.0.0/16");
        assertThat(made.management()).isPresent();
        assertThat(made.directory()).isEqualTo(instance);
        assertThat(permissions(instance)).isEqualTo("rwxr-x---");
        assertThat(permissions(instance.resolve("var"))).isEqualTo("rwx------");
        assertThat(permissions(instance.resolve("conf/pop2d.conf"))).isEqualTo("rw-r-----");
        assertThat(permissions(instance.resolve("conf/management.token"))).isEqualTo("rw-r-----");
        assertThat(Files.readString(instance.resolve("conf/management.token"))).matches("[0-9a-f]{32}\n");
        assertThat(Files.readString(instance.resolve("conf/pop2d.conf")))
                .contains("#session.idle-timeout = 10m", "\nlisten.port = 1109\n");
        assertThat(Files.readString(instance.resolve("var/accounts"))).startsWith("jon:{ARGON2ID}");
        try (var files = Files.list(instance.resolve("conf"))) {
            assertThat(files).hasSize(2);
        }

        assertThat(run(
                        "",
                        false,
                        "user",
                        "list",
                        "--config",
                        instance.resolve("conf/pop2d.conf").toString()))
                .isZero();
        assertThat(out).isEqualTo("jon\tenabled\n");
    }

    @Test
    void aPersonIsAskedForWhatNoOptionSays() throws Exception {
        assertThat(run("0.0.0.0:1109\n192.168.0.0/16\n\nno\njon\n", true, "init", instance.toString()))
                .as(err)
                .isZero();

        assertThat(out)
                .containsSubsequence(
                        "Where to listen",
                        "[127.0.0.1:109]:",
                        "Networks that may send passwords in clear",
                        "Where the mail is",
                        "[mbox]:",
                        "Port on this machine",
                        "[8109]:",
                        "The first user",
                        "made ",
                        "added jon");
        assertThat(made().management()).isEmpty();
        assertThat(instance.resolve("conf/management.token")).doesNotExist();
    }

    @Test
    void defaultsServeThisMachineOnly() throws Exception {
        assertThat(run("\n\n\n\n", true, "init", instance.toString())).as(err).isZero();

        assertThat(made().listeners().get(0).address().getAddress().isLoopbackAddress())
                .isTrue();
        assertThat(out).contains("port 109 needs a privilege", "pop2d user add NAME");
        assertThat(instance.resolve("var/accounts")).doesNotExist();
    }

    @Test
    void aDatabaseIsAskedFor() throws Exception {
        String answers = "\npostgresql\npostgresql://db.example.org/pop2\n\nconf/db.password\nno\n\n";
        assertThat(run(answers, true, "init", instance.toString())).as(err).isZero();

        assertThat(Files.readString(instance.resolve("conf/pop2d.conf")))
                .contains(
                        "\nstorage.type = postgresql\n",
                        "\nstorage.postgresql.url = \"postgresql://db.example.org/pop2\"\n",
                        "\nstorage.postgresql.user = pop2\n",
                        "\nstorage.postgresql.password-file = conf/db.password\n");
    }

    @Test
    void aConfigurationThatSetsAnythingStays() throws Exception {
        Path file = Files.createDirectories(instance.resolve("conf")).resolve("pop2d.conf");
        Files.writeString(file, "# mine\nlisten.port = 1110\n");

        assertThat(run("", false, "init", instance.toString())).isEqualTo(73);
        assertThat(err).isEqualTo("pop2d: " + file + " is there already: change it, or name another directory\n");
        assertThat(Files.readString(file)).isEqualTo("# mine\nlisten.port = 1110\n");
        assertThat(instance.resolve("var")).doesNotExist();
    }

    @Test
    void theShippedConfigurationSetsNothing() throws Exception {
        Path file = Files.createDirectories(instance.resolve("conf")).resolve("pop2d.conf");
        Files.copy(Path.of("src/dist/conf/pop2d.conf"), file);

        assertThat(run("", false, "init", instance.toString())).as(err).isZero();
        assertThat(Files.readString(file)).contains("\nmanagement.port = 8109\n");
    }

    @Test
    void whatIsWrongLeavesNoConfiguration() {
        assertThat(run("", false, "init", instance.toString(), "--listen", "127.0.0.1:x"))
                .isEqualTo(65);
        assertThat(err).contains("listen.port").contains("conf/pop2d.conf").doesNotContain(".init");
        assertThat(instance.resolve("conf/pop2d.conf")).doesNotExist();

        assertThat(run("", false, "init", instance.toString(), "--user", "no blanks"))
                .isEqualTo(65);
        assertThat(err).contains("not a user name");
    }

    @Test
    void aDirectoryThatCannotBeMadeIsNamed() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "");

        assertThat(run("", false, "init", file.resolve("x").toString())).isEqualTo(73);
        assertThat(err).startsWith("pop2d: " + file + "/x cannot be made an instance: " + file);
    }

    /** Root alone can try it; a build as another user shows the rest. */
    @Test
    void rootLeavesTheServiceItsOwn() throws Exception {
        if (Trust.isRoot()) {
            Path service = Files.createDirectories(instance);
            var nobody = service.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("nobody");
            Files.setOwner(service, nobody);

            assertThat(run("", false, "init", service.toString())).as(err).isZero();

            assertThat(Files.getOwner(service.resolve("var"))).isEqualTo(nobody);
            assertThat(Files.getOwner(service.resolve("conf")).getName()).isEqualTo("root");
            assertThat(run("", false, "init", service.toString(), "--user", "jon"))
                    .isEqualTo(73);
        } else {
            assertThat(run("", false, "init", instance.toString())).as(err).isZero();
            assertThat(Files.getOwner(instance.resolve("var"))).isEqualTo(Files.getOwner(directory));
        }
    }
}
