package org.pop2.app.config;

import static org.assertj.core.api.Assertions.fail;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A configuration file of any octets at all: a configuration, or a list of what is wrong. Runs with {@code -Pfuzz}
 * only.
 */
@Tag("fuzz")
class ConfigurationFuzzTest {
    private static final Path FILE = file();

    private static Path file() {
        try {
            Path memory = Path.of("/dev/shm");
            Path directory = Files.isWritable(memory)
                    ? Files.createTempDirectory(memory, "pop2-fuzz")
                    : Files.createTempDirectory("pop2-fuzz");
            return directory.resolve("pop2d.conf");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Stream<byte[]> seeds() {
        return Stream.of(
                        "listen.port = 109\nlisten.address = \"::1\"\n",
                        "listen { port = 1109, tls { certificate = a, key = b } }\n",
                        "listeners { a.port = 1, b { port = 2, address = 0.0.0.0 } }\n",
                        "storage.type = mbox\nstorage.mbox.path = ${POP2D_X}\n",
                        "limits.connections = 10k\nlogin-timeout = 5 minutes\n",
                        "a = [1, 2]\nb = ${a}\n\"quo.ted\" = null\n")
                .map(text -> text.getBytes(StandardCharsets.UTF_8));
    }

    @DictionaryEntries({
        "listen.",
        "listeners.",
        "limits.",
        "trace.",
        "auth.",
        "storage.mbox.",
        "storage.postgresql.",
        "tls",
        "networks",
        "${",
        "+=",
        "\\x22\\x22\\x22"
    })
    @MethodSource("seeds")
    @FuzzTest
    void aFileIsAConfigurationOrAListOfProblems(byte[] octets) throws IOException {
        Files.write(FILE, octets);
        try {
            ConfigurationReader.read(FILE, Map.of());
        } catch (InvalidConfigurationException e) {
            if (e.problems().isEmpty()) {
                fail("no problem is named");
            }
        }
    }
}
