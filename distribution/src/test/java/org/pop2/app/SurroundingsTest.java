package org.pop2.app;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.Surroundings;

class SurroundingsTest {
    @ParameterizedTest
    @ValueSource(strings = {"ANSI_X3.4-1968", "ISO-8859-1", "no such charset"})
    void namesInAnotherCharsetAreRefused(String charset) {
        assertThatThrownBy(() -> Surroundings.requireUtf8(charset, "Linux"))
                .isInstanceOfSatisfying(
                        CommandFailedException.class,
                        e -> org.assertj.core.api.Assertions.assertThat(e.exitCode())
                                .isEqualTo(ExitCode.CONFIG))
                .hasMessageContaining(charset)
                .hasMessageContaining("LC_ALL=C.UTF-8");
    }

    @Test
    void utf8IsFineAndSoIsASystemWhoseFileNamesAreNoOctets() {
        assertThatCode(() -> Surroundings.requireUtf8("utf8", "Linux")).doesNotThrowAnyException();
        assertThatCode(() -> Surroundings.requireUtf8("Cp1252", "Windows 11")).doesNotThrowAnyException();
    }
}
