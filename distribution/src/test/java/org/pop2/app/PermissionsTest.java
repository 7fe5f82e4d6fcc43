package org.pop2.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.app.config.ConfigurationReader;

class PermissionsTest {
    @TempDir
    private Path directory;

    private Path file(String permissions) throws IOException {
        Path file = Files.writeString(directory.resolve("pop2d.conf"), "");
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    }

    @Test
    void rootDoesNotBelieveWhatAnybodyMayWrite() throws IOException {
        Path file = file("rw-r--rw-");
        assertThatThrownBy(() -> Permissions.check(file, true))
                .isInstanceOfSatisfying(
                        CommandFailedException.class,
                        e -> assertThat(e.exitCode()).isEqualTo(ExitCode.CONFIG))
                .hasMessageContaining("chmod o-w " + file);
    }

    @Test
    void anybodyElseIsWarnedOnly() throws IOException {
        Path file = file("rw-r--rw-");
        assertThatCode(() -> Permissions.check(file, false)).doesNotThrowAnyException();
    }

    @Test
    void aFileOfItsOwnersIsFine() throws IOException {
        Path file = file("rw-rw-r--");
        assertThatCode(() -> Permissions.check(file, true)).doesNotThrowAnyException();
    }

    @Test
    void rootBelievesNoFileInADirectoryWhereAnybodyMayPutAnother() throws IOException {
        Path file = file("rw-r--r--");
        Path conf = Files.createDirectories(directory.resolve("opt/conf"));
        Path inside = Files.move(file, conf.resolve("pop2d.conf"));
        Path opt = conf.getParent();
        for (Path wide : List.of(conf, opt)) {
            Set<PosixFilePermission> before = Files.getPosixFilePermissions(wide);
            Files.setPosixFilePermissions(wide, PosixFilePermissions.fromString("rwxrwxrwx"));
            assertThatThrownBy(() -> Permissions.check(inside, true)).hasMessageContaining("chmod o-w " + wide);
            Files.setPosixFilePermissions(wide, before);
        }
        assertThatCode(() -> Permissions.check(inside, true)).doesNotThrowAnyException();
    }

    @Test
    void aLinkIsAsTrustworthyAsTheWayThatItGoes() throws IOException {
        Path file = file("rw-r--r--");
        Path wide = Files.createDirectory(directory.resolve("wide"));
        Path link = Files.createSymbolicLink(wide.resolve("conf"), directory);
        Path safe = Files.createSymbolicLink(directory.resolve("safe"), link);
        Path through = safe.resolve(file.getFileName());
        assertThatCode(() -> Permissions.check(through, true)).doesNotThrowAnyException();
        Files.setPosixFilePermissions(wide, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThatThrownBy(() -> Permissions.check(through, true)).hasMessageContaining("chmod o-w " + wide);
    }

    @Test
    void inADirectoryLikeTmpNamesAreTheirOwners() throws Exception {
        Path file = file("rw-r--r--");
        assertThat(new ProcessBuilder("chmod", "1777", directory.toString())
                        .start()
                        .waitFor())
                .isZero();
        assertThatCode(() -> Permissions.check(file, true)).doesNotThrowAnyException();
    }

    @Test
    @EnabledIfSystemProperty(named = "user.name", matches = "root")
    void rootBelievesNoFileOfAnotherUser() throws Exception {
        Path file = file("rw-r--r--");
        Files.setAttribute(file, "unix:uid", 12345);
        assertThatThrownBy(() -> Permissions.check(file, true)).hasMessageContaining("belongs to another user");
        Files.setAttribute(file, "unix:uid", 0);
        Files.setAttribute(directory, "unix:uid", 12345);
        assertThatThrownBy(() -> Permissions.check(file, true)).hasMessageContaining("chown root " + directory);
        assertThatCode(() -> Permissions.check(file, false)).doesNotThrowAnyException();
    }

    @Test
    void everyFileThatIsNamedIsLookedAt() throws Exception {
        Path file = Files.writeString(directory.resolve("pop2d.conf"), """
                management { port = 0, token-file = token }
                listeners.tls { address = 127.0.0.1, port = 0
                  tls { certificate = cert.pem, key = key.pem, client-certificate = required, client-ca = ca.pem } }
                """);
        assertThat(Permissions.obeyed(file, ConfigurationReader.read(file, Map.of())))
                .extracting(path -> String.valueOf(path.getFileName()))
                .containsExactly("pop2d.conf", "token", "cert.pem", "key.pem", "ca.pem");
    }
}
