package org.pop2.storage.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.storage.StoreException;

class StateFileTest {
    private static final String MAGIC = "test 1\t";
    private static final String FIRST = MAGIC + "J\u00fcrgen's";

    @TempDir
    private Path directory;

    private Path path = Path.of("");

    @BeforeEach
    void choose() {
        path = directory.resolve("state");
    }

    private StateFile open() throws IOException {
        return StateFile.open(path, path.resolveSibling("state.lock"), "test");
    }

    private List<String> lines() throws IOException {
        try (StateFile file = open()) {
            return file.lines(MAGIC);
        }
    }

    /** Wherever the machine died: whole lines are there, and what comes next stands behind them. */
    @Test
    void whatWasNotWrittenToItsEndWasNotWritten() throws IOException {
        try (StateFile file = open()) {
            assertThat(file.lines(MAGIC)).isEmpty();
            file.begin(FIRST);
            file.append("> \u00e4 1");
            file.append("");
            file.append("= \r 2");
        }
        byte[] all = Files.readAllBytes(path);
        List<String> whole = List.of(FIRST, "> \u00e4 1", "", "= \r 2");
        for (int length = 0; length <= all.length; length++) {
            byte[] torn = Arrays.copyOf(all, length);
            Files.write(path, torn);
            int ends = (int) new String(torn, StandardCharsets.UTF_8)
                    .chars()
                    .filter(c -> c == '\n')
                    .count();
            try (StateFile file = open()) {
                assertThat(file.lines(MAGIC)).as("%d octets", length).isEqualTo(whole.subList(0, ends));
                file.append(ends == 0 ? FIRST : "next");
            }
            assertThat(lines()).as("%d octets", length).hasSize(ends + 1).startsWith(FIRST);
        }
    }

    @Test
    void aFileOfAnotherSortStaysAsItIs() throws IOException {
        for (String other : List.of("x", "test 2\tJ\n", "tes\n", "\n", "From a@b\n\n")) {
            Files.writeString(path, other);
            assertThatThrownBy(this::lines)
                    .isInstanceOf(BadSourceException.class)
                    .hasMessage(path + " is there, and no test wrote it");
            assertThat(path).hasContent(other);
        }
    }

    @Test
    void oneAtATimeHasIt() throws IOException {
        try (StateFile file = open()) {
            assertThatThrownBy(this::open)
                    .isInstanceOfSatisfying(
                            StoreException.class,
                            busy -> assertThat(busy.reason()).isEqualTo(StoreException.Reason.BUSY));
            assertThat(file.lines(MAGIC)).isEmpty();
        }
        try (StateFile itself = StateFile.open(path, path, "test")) {
            assertThatThrownBy(() -> StateFile.open(path, path, "test")).isInstanceOf(StoreException.class);
            assertThat(itself.lines(MAGIC)).isEmpty();
        }
    }
}
