package org.pop2.storage.fs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Java names files by the locale of its process; pop2d sees to a good one, another program may not (rule S14). */
@Timeout(120)
class AsciiLocaleTest {
    @Test
    void nameThatNoFileCanHaveComesOutOfThePublisherWithTheWayOut(@TempDir Path directory) throws Exception {
        Path folders = Files.createDirectories(directory.resolve("var/folders/alice"));
        // the shell has any name, whatever the locale of this process
        int made = new ProcessBuilder("sh", "-c", "touch \"$1/$(printf 'gr\\303\\274n')\"", "sh", folders.toString())
                .start()
                .waitFor();
        assertThat(made).isZero();
        try (Child there = Child.inAscii(AsciiLocale.class, directory)) {
            assertThat(there.lines())
                    .containsExactly(
                            "open a user's inbox: UNAVAILABLE with the way out",
                            "open a folder: UNAVAILABLE with the way out",
                            "deliver to a user: UNAVAILABLE with the way out",
                            "deliver to nobody: UNAVAILABLE with the way out",
                            "deliver to a folder: UNAVAILABLE with the way out",
                            "folders of a user: UNAVAILABLE with the way out",
                            "folders, one not ASCII: UNAVAILABLE with the way out",
                            "usage of a user: UNAVAILABLE with the way out",
                            "usage, one folder not ASCII: UNAVAILABLE with the way out",
                            "examine a user: UNAVAILABLE with the way out",
                            "open what is ASCII: done");
        }
    }
}
