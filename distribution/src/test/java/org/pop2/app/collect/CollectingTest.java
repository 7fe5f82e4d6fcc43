package org.pop2.app.collect;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How long a server waits after a failure, and how it gets at a password. */
class CollectingTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @CsvSource({
        "1, false, PT5M",
        "2, false, PT10M",
        "4, false, PT40M",
        "5, false, PT1H",
        "1000, false, PT1H",
        "1, true, PT1H",
        "3, true, PT4H",
        "9, true, PT24H"
    })
    void patienceGrows(int failures, boolean loginRefused, Duration expected) {
        assertThat(Collecting.patience(Duration.ofMinutes(5), failures, loginRefused))
                .isEqualTo(expected);
        assertThat(Collecting.patience(Duration.ofHours(6), failures, false)).isEqualTo(Duration.ofHours(6));
    }

    @Test
    void aPasswordIsTheFirstLineOfAFile() throws IOException {
        Path file = Files.writeString(directory.resolve("password"), "p\u00e4ss word\r\nrest\n", ISO_8859_1);

        assertThat(secret(Optional.of(file), "")).isEqualTo("p\u00e4ss word");
        Files.writeString(file, "\n");
        assertThatThrownBy(() -> secret(Optional.of(file), "")).hasMessageContaining("is empty");
        Files.delete(file);
        assertThatThrownBy(() -> secret(Optional.of(file), "")).hasMessageContaining("password");
    }

    @Test
    void aTokenIsWhatACommandPrints() throws IOException {
        assertThat(secret(Optional.empty(), "echo token; echo rest; sleep 100 &"))
                .isEqualTo("token");
        assertThatThrownBy(() -> secret(Optional.empty(), "echo token; exit 3")).hasMessageContaining("exit code 3");
        assertThatThrownBy(() -> secret(Optional.empty(), "true")).hasMessageContaining("is empty");
    }

    private static String secret(Optional<Path> file, String command) throws IOException {
        return new String(new AccountLogin(file, command).secret().octets(), ISO_8859_1);
    }
}
