package org.pop2.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The extension as the README offers it to others: its example, under JUnit 5, with the jars named there alone. */
class OtherProgramsTest {
    private static final Path README = Path.of("../README.md");
    private static final Path EXAMPLE = Path.of("src/test/java/org/pop2/example/FetcherTest.java");
    private static final Path JUNIT5 = Path.of("target/junit5/junit-platform-console-standalone.jar");

    /** What only our own tests have, and what is optional in pop2-server. */
    private static final Pattern OURS = Pattern.compile(
            "/(bcprov|commons-|apache-mime4j|jsoup|icu4j|jackson|micrometer|prometheus|reactor-netty-http|netty-codec-h|"
                    + "junit-|archunit|jazzer|reactor-test|awaitility|logback|netty-pkitesting|assertj|byte-buddy|opentest4j)");

    @Test
    void theExampleOfTheReadmeIsTheTest() throws IOException {
        String readme = Files.readString(README);
        int start = readme.indexOf("class FetcherTest {");
        String block = readme.substring(start, readme.indexOf("```", start));

        assertThat(plain(Files.readString(EXAMPLE))).contains(plain(block));
    }

    private static String plain(String text) {
        return text.replaceAll("\\s+", "");
    }

    @Test
    void itRunsUnderJUnit5(@TempDir Path dir) throws IOException, InterruptedException {
        String classPath = Arrays.stream(
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))
                                .split(File.pathSeparator))
                .filter(entry -> !OURS.matcher(entry).find())
                .collect(Collectors.joining(File.pathSeparator));
        Path output = dir.resolve("output");
        Process junit = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-cp",
                        JUNIT5 + File.pathSeparator + classPath,
                        "org.junit.platform.console.ConsoleLauncher",
                        "execute",
                        "--disable-banner",
                        "--disable-ansi-colors",
                        "--select-class=org.pop2.example.FetcherTest")
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        boolean ended = junit.waitFor(60, TimeUnit.SECONDS);
        junit.destroyForcibly();

        String said = Files.readString(output, StandardCharsets.UTF_8);
        assertThat(ended).as(said).isTrue();
        assertThat(said).contains("[         2 tests successful      ]");
        assertThat(junit.exitValue()).as(said).isZero();
    }
}
