package org.pop2.app.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.profile.ClientProfile;
import org.pop2.storage.MailStoreProvider;

/** What is written about the keys is what the keys are, in both places. */
class DocumentedKeysTest {
    private static final Path DIST = Path.of("src/dist");

    private static final Map<String, String> REFERENCE = reference();

    @Test
    void theConfigurationFileHasEveryKeyWithItsDefault() throws IOException {
        assertThat(found("conf/pop2d.conf", "(?m)^#([a-z][\\w.-]+) = \"?([^\"\\n]*)\"?$"))
                .containsExactlyInAnyOrderEntriesOf(REFERENCE);
    }

    @Test
    void theManualHasEveryKeyWithItsDefault() throws IOException {
        assertThat(found("doc/configuration.md", "(?m)^\\| `([a-z][\\w.-]+)` \\| (?:none|`([^`]*)`) \\|"))
                .containsExactlyInAnyOrderEntriesOf(REFERENCE);
    }

    @Test
    void theManualTellsEveryKeyOfAProfileAndEveryProfile() throws IOException {
        assertThat(found("doc/old-clients.md", "(?m)^\\| `([a-z-]+)`()(?= \\| [A-Z])")
                        .keySet())
                .containsExactlyElementsOf(new ProfileKeys("x")
                        .all().stream()
                                .map(key -> key.name().substring("profiles.x.".length()))
                                .toList());
        assertThat(found("doc/old-clients.md", "(?m)^\\| `([a-z0-9]+)`()(?= \\| [a-z`])")
                        .keySet())
                .containsExactlyElementsOf(
                        ClientProfile.ALL.stream().map(ClientProfile::name).toList());
    }

    @Test
    void theConfigurationFileAsShippedChangesNothing(@TempDir Path directory) throws Exception {
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

    private static Map<String, String> reference() {
        Map<String, String> reference = new LinkedHashMap<>();
        List<MailStoreProvider> storages = MailStoreProvider.all().stream()
                .filter(storage -> !storage.name().equals("memory"))
                .toList();
        Keys.with(storages).forEach(key -> reference.put(key.name(), key.defaultValue()));
        return reference;
    }

    private static Map<String, String> found(String file, String pattern) throws IOException {
        Map<String, String> found = new LinkedHashMap<>();
        Matcher matcher = Pattern.compile(pattern).matcher(Files.readString(DIST.resolve(file)));
        while (matcher.find()) {
            String value = matcher.group(2);
            assertThat(found.put(matcher.group(1), value == null ? "" : value))
                    .as("%s twice", matcher.group(1))
                    .isNull();
        }
        return found;
    }
}
