package org.pop2.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The manual lists the events that the programs log, all of them and no others, with their levels and keys. */
class LogsPageTest {
    private static final Path PAGE = Path.of("src/dist/doc/logs.md");

    /** From the choice of a level to the name of the event, without another choice in between. */
    private static final Pattern EVENT = Pattern.compile(
            "\\.at(Error|Warn|Info|Debug|Trace)\\(\\)((?:(?!\\.at(?:Error|Warn|Info|Debug|Trace)\\(\\)).)*?)"
                    + "\\.log\\(\\s*\"([^\"]*)\"\\)",
            Pattern.DOTALL);

    private static final Pattern KEY = Pattern.compile("addKeyValue\\(\\s*\"([^\"]*)\"");
    private static final Pattern ROW =
            Pattern.compile("(?m)^\\| `([^`]*)` \\| ([a-z, ]+) \\| ([^|]*) \\| ([^|]+) \\|$");

    private record Event(Set<String> levels, Set<String> keys) {
        Event() {
            this(new TreeSet<>(), new LinkedHashSet<>());
        }
    }

    private static List<Path> sources() throws IOException {
        try (Stream<Path> modules = Files.list(Path.of(".."))) {
            return modules.map(module -> module.resolve("src/main/java"))
                    .filter(Files::isDirectory)
                    .flatMap(LogsPageTest::files)
                    .sorted()
                    .toList();
        }
    }

    private static Stream<Path> files(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(file -> file.toString().endsWith(".java")).toList().stream();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static Map<String, Event> logged() throws IOException {
        Map<String, Event> events = new TreeMap<>();
        for (Path source : sources()) {
            Matcher matcher = EVENT.matcher(Files.readString(source));
            while (matcher.find()) {
                Event event = events.computeIfAbsent(matcher.group(3), name -> new Event());
                event.levels().add(matcher.group(1).toLowerCase(Locale.ROOT));
                Matcher keys = KEY.matcher(matcher.group(2));
                while (keys.find()) {
                    event.keys().add(keys.group(1));
                }
                if (matcher.group(2).contains(".setCause(")) {
                    event.keys().add("exception");
                    event.keys().add("stack");
                }
            }
        }
        return events;
    }

    private static Map<String, Event> documented() throws IOException {
        Map<String, Event> events = new TreeMap<>();
        Matcher rows = ROW.matcher(Files.readString(PAGE));
        while (rows.find()) {
            Event event = new Event();
            event.levels().addAll(List.of(rows.group(2).split(", ", -1)));
            Matcher keys = Pattern.compile("`([^`]*)`").matcher(rows.group(3));
            while (keys.find()) {
                event.keys().add(keys.group(1));
            }
            assertThat(events.put(rows.group(1), event))
                    .as("%s twice", rows.group(1))
                    .isNull();
        }
        return events;
    }

    @Test
    void everyEventIsListedAndEveryListedEventIsLogged() throws IOException {
        assertThat(documented().keySet()).isEqualTo(logged().keySet());
    }

    @Test
    void levelsAndKeysAreThoseOfTheEvent() throws IOException {
        // sets: where an event is logged in two places, their order is nobody's
        assertThat(documented()).isEqualTo(logged());
    }

    @Test
    void namesAndKeysAreWords() throws IOException {
        logged().forEach((name, event) -> {
            assertThat(name).matches("[a-z]+(-[a-z]+)*");
            assertThat(event.keys())
                    .allMatch(key -> key.matches("[a-z]+"))
                    // those of the object itself
                    .doesNotContain("timestamp", "level", "message");
        });
    }

    @Test
    void nothingIsLoggedThatIsNoEvent() throws IOException {
        Pattern text = Pattern.compile("LOG\\s*\\.(trace|debug|info|warn|error|atLevel|makeLoggingEventBuilder)\\(");
        Pattern begun = Pattern.compile("\\.at(?:Error|Warn|Info|Debug|Trace)\\(\\)");
        for (Path source : sources()) {
            String java = Files.readString(source);
            assertThat(text.matcher(java).find()).as("%s logs text", source).isFalse();
            assertThat(EVENT.matcher(java).results().count())
                    .as("events of %s, each with a name that is written there", source)
                    .isEqualTo(begun.matcher(java).results().count());
        }
    }
}
