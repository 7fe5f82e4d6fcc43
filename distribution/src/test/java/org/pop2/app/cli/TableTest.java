package org.pop2.app.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TableTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private String written(boolean person, boolean json, boolean rows) {
        PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
        Optional<Terminal.PasswordPrompt> prompt = person ? Optional.of(question -> new char[0]) : Optional.empty();
        try (Table table = new Table(
                new Terminal(InputStream.nullInputStream(), stream, stream, Map.of(), prompt),
                json,
                "user",
                "age_seconds")) {
            if (rows) {
                table.row("postel", 12L);
                table.row("j\"k\u00e4r\n", null);
            }
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void programsGetTabs() {
        assertThat(written(false, false, true)).isEqualTo("postel\t12\nj\"k\u00e4r\n\t-\n");
    }

    @Test
    void aPersonGetsColumnsWithAHeader() {
        assertThat(written(true, false, true)).startsWith("USER    AGE SECONDS\npostel  12\n");
    }

    @Test
    void nothingIsNoHeader() {
        assertThat(written(true, false, false)).isEmpty();
    }

    @Test
    void jsonIsAnArrayOfObjects() {
        String json = written(true, true, true);
        var rows = ConfigFactory.parseString("rows = " + json).getConfigList("rows");
        assertThat(rows).hasSize(2);
        assertThat(rows.get(0).getLong("age_seconds")).isEqualTo(12);
        assertThat(rows.get(1).getString("user")).isEqualTo("j\"k\u00e4r\n");
        assertThat(rows.get(1).getIsNull("age_seconds")).isTrue();
    }

    @Test
    void nothingIsAnEmptyArray() {
        assertThat(written(false, true, false)).isEqualTo("[]\n");
    }
}
