package org.pop2.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The manual's page of threats names, for each answer, a test that there is. */
class SecurityPageTest {
    private static final Path PAGE = Path.of("src/dist/doc/security.md");
    private static final Pattern NAME = Pattern.compile("`(\\w+)`");

    @Test
    void everyAnswerHasATestThatExists() throws IOException {
        List<String> rows = Files.readAllLines(PAGE).stream()
                .dropWhile(line -> !line.startsWith("| asset |"))
                .skip(2)
                .takeWhile(line -> line.startsWith("|"))
                .toList();
        Set<String> tests = tests();

        assertThat(rows).hasSizeGreaterThan(10);
        for (String row : rows) {
            String last = Arrays.asList(row.split("\\|", -1)).get(4);
            Set<String> named = NAME.matcher(last)
                    .results()
                    .map(name -> name.group(1))
                    .collect(Collectors.toCollection(HashSet::new));
            assertThat(named.isEmpty()).as(row).isEqualTo(last.strip().equals("the build"));
            assertThat(tests).as(row).containsAll(named);
        }
    }

    /** The names of all test classes of all modules. */
    private static Set<String> tests() throws IOException {
        Set<String> names = new HashSet<>();
        for (String module :
                List.of("pop2-protocol", "pop2-server", "pop2-storage-fs", "pop2-storage-sql", "distribution")) {
            try (Stream<Path> files = Files.walk(Path.of("..", module, "src/test/java"))) {
                files.map(file -> String.valueOf(file.getFileName()))
                        .filter(file -> file.endsWith(".java"))
                        .forEach(file -> names.add(file.substring(0, file.length() - ".java".length())));
            }
        }
        return names;
    }
}
