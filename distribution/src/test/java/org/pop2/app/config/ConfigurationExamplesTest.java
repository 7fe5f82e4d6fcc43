package org.pop2.app.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the pages about old clients and about LMTP show of a configuration can be used as it stands there. */
class ConfigurationExamplesTest {
    private static final Pattern KEY = Pattern.compile("(?:listen|profiles?|lmtp)[. ].*");

    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"old-clients.md", "lmtp.md"})
    void whatThePageShowsIsAConfiguration(String page) throws Exception {
        String[] parts = Files.readString(Path.of("src/dist/doc", page)).split("```\n", -1);
        List<String> examples = new ArrayList<>();
        for (int i = 1; i < parts.length; i += 2) {
            if (KEY.matcher(parts[i].lines().findFirst().orElse("")).matches()) {
                examples.add(parts[i]);
            }
        }
        assertThat(examples).isNotEmpty();
        for (String example : examples) {
            Path file = Files.writeString(directory.resolve("pop2d.conf"), "storage.type = shelf\n" + example);
            assertThat(ConfigurationReader.read(file, Map.of()).entries()).isNotEmpty();
        }
    }
}
