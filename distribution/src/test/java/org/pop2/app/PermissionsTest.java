package org.pop2.app;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
                        e -> org.assertj.core.api.Assertions.assertThat(e.exitCode())
                                .isEqualTo(ExitCode.CONFIG))
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
}
