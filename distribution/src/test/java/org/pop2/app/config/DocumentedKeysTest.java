package org.pop2.app.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.profile.ClientProfile;

/**
 * What is written about the keys is what the keys say of themselves. With {@code -Dpop2.docs=write} the files are made
 * so.
 */
class DocumentedKeysTest {
    private static final Path DIST = Path.of("src/dist");

    private interface Writer {
        String of(String text, List<KeyText> keys);
    }

    private static void isAsMade(String file, Writer writer, List<KeyText> keys) throws IOException {
        Path path = DIST.resolve(file);
        String made = writer.of(Files.readString(path), keys);
        if ("write".equals(System.getProperty("pop2.docs"))) {
            Files.writeString(path, made);
        }
        assertThat(path).as("as -Dpop2.docs=write would make it").hasContent(made);
    }

    @Test
    void theConfigurationFileTellsEveryKey() throws IOException {
        isAsMade("conf/pop2d.conf", KeysInFiles::configuration, KeyText.all());
    }

    @Test
    void theManualTellsEveryKey() throws IOException {
        isAsMade("doc/configuration.md", KeysInFiles::manual, KeyText.all());
    }

    @Test
    void thePageOfOldClientsTellsEveryKeyOfAProfile() throws IOException {
        isAsMade("doc/old-clients.md", KeysInFiles::profiles, KeyText.ofProfile());
    }

    @Test
    void thePageOfAccountsTellsEveryKeyOfAnAccount() throws IOException {
        isAsMade("doc/collect.md", KeysInFiles::collectors, KeyText.ofCollector());
    }

    @Test
    void thePageOfOldClientsTellsEveryProfile() throws IOException {
        assertThat(Pattern.compile("(?m)^\\| `([a-z0-9]+)` \\| [^|]* \\|$")
                        .matcher(Files.readString(DIST.resolve("doc/old-clients.md")))
                        .results()
                        .map(row -> row.group(1)))
                .containsExactlyElementsOf(
                        ClientProfile.ALL.stream().map(ClientProfile::name).toList());
    }

    @Test
    void descriptionsAreSentences() {
        assertThat(KeyText.all())
                .allMatch(key -> key.description().matches("[A-Z0-9`].*\\."))
                .allMatch(key -> key.description().chars().filter(c -> c == '`').count() % 2 == 0);
    }

    @Test
    void theConfigurationFileAsShippedChangesNothing() throws Exception {
        Configuration shipped = ConfigurationReader.read(DIST.resolve("conf/pop2d.conf"), Map.of());

        assertThat(shipped.entries()).allMatch(entry -> entry.origin().isEmpty());
    }

    @Test
    void everyKeyOfTheConfigurationFileCanBeUncommented(@TempDir Path directory) throws Exception {
        String text = Files.readString(DIST.resolve("conf/pop2d.conf")).replaceAll("(?m)^#([a-z][\\w.-]+ = )", "$1");
        Path file = Files.writeString(directory.resolve("pop2d.conf"), text);

        Configuration uncommented = ConfigurationReader.read(file, Map.of());

        Configuration defaults = ConfigurationReader.of(directory, Map.of());
        assertThat(uncommented.session()).isEqualTo(defaults.session());
        assertThat(uncommented.listeners()).isEqualTo(defaults.listeners());
    }
}
