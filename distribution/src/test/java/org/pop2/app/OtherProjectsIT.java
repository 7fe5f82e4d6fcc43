package org.pop2.app;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * What others get who depend on what is published: Maven resolves projects of theirs. Offline if the build is; else it
 * also reads what the build never looked at, the files of versions that lose.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OtherProjectsIT {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Path OUTSIDE = Path.of("target/outside").toAbsolutePath();
    private static final Path REPOSITORY = OUTSIDE.resolve("repository");
    private static final Path LIB = Path.of("target/pop2-server/lib");
    private static final boolean WINDOWS = File.separatorChar == '\\';

    /** What is published, and where it is built. */
    private static final Map<String, String> PUBLISHED = Map.of(
            "pop2-bom", "distribution/bom",
            "pop2-protocol", "pop2-protocol",
            "pop2-server", "pop2-server",
            "pop2-storage-fs", "pop2-storage-fs",
            "pop2-storage-sql", "pop2-storage-sql",
            "pop2-distribution", "distribution");

    /** What each of their projects depends on. */
    private static final Map<String, List<String>> PROJECTS = Map.of(
            "client", List.of("pop2-server"),
            "storage", List.of("pop2-protocol"),
            "all", List.of("pop2-server", "pop2-storage-fs", "pop2-storage-sql"),
            "other-order", List.of("pop2-storage-sql", "pop2-storage-fs", "pop2-server"),
            "program", List.of("pop2-distribution"));

    private final Map<String, List<Path>> resolved = new LinkedHashMap<>();

    @BeforeAll
    void resolve() throws IOException, InterruptedException {
        publish();
        write(OUTSIDE, "outside", "pom", modules());
        for (Map.Entry<String, List<String>> project : PROJECTS.entrySet()) {
            write(OUTSIDE.resolve(project.getKey()), project.getKey(), "jar", dependencies(project.getValue(), ""));
        }
        write(OUTSIDE.resolve("bom"), "bom", "jar", bom());
        maven();
        for (String name : names()) {
            String classPath = Files.readString(OUTSIDE.resolve(name).resolve("class-path"));
            resolved.put(
                    name,
                    Arrays.stream(classPath.strip().split(File.pathSeparator))
                            .map(Path::of)
                            .toList());
        }
    }

    /** Into the local repository of their projects, as an installation would: POM and jar. */
    private static void publish() throws IOException {
        for (Map.Entry<String, String> published : PUBLISHED.entrySet()) {
            Path target = ROOT.resolve(published.getValue()).resolve("target");
            String name = published.getKey() + "-" + version();
            Path directory = Files.createDirectories(
                    REPOSITORY.resolve("org/pop2").resolve(published.getKey()).resolve(version()));
            Files.copy(target.resolve("flattened-pom.xml"), directory.resolve(name + ".pom"), REPLACE_EXISTING);
            for (String jar : List.of(name + ".jar", name + "-tck.jar", name + "-testing.jar")) {
                if (Files.exists(target.resolve(jar))) {
                    Files.copy(target.resolve(jar), directory.resolve(jar), REPLACE_EXISTING);
                }
            }
        }
    }

    private static List<String> names() {
        return Stream.concat(PROJECTS.keySet().stream(), Stream.of("bom")).toList();
    }

    private static String modules() {
        StringBuilder modules = new StringBuilder("<modules>");
        names().forEach(it -> modules.append("<module>").append(it).append("</module>"));
        return modules.append("</modules>").toString();
    }

    private static String dependencies(List<String> artifacts, String others) {
        StringBuilder all = new StringBuilder("<dependencies>");
        for (String artifact : artifacts) {
            all.append("<dependency><groupId>org.pop2</groupId><artifactId>")
                    .append(artifact)
                    .append("</artifactId><version>")
                    .append(version())
                    .append("</version></dependency>");
        }
        return all.append(others).append("</dependencies>").toString();
    }

    /** Names no version but the BOM's: a library that is optional, and one that the project uses by itself. */
    private static String bom() {
        return "<dependencyManagement><dependencies><dependency><groupId>org.pop2</groupId>"
                + "<artifactId>pop2-bom</artifactId><version>" + version() + "</version><type>pom</type>"
                + "<scope>import</scope></dependency></dependencies></dependencyManagement><dependencies>"
                + "<dependency><groupId>org.pop2</groupId><artifactId>pop2-server</artifactId></dependency>"
                + "<dependency><groupId>org.bouncycastle</groupId><artifactId>bcprov-jdk18on</artifactId></dependency>"
                + "<dependency><groupId>io.netty</groupId><artifactId>netty-codec-haproxy</artifactId></dependency>"
                + classified("pop2-server", "testing")
                + classified("pop2-protocol", "tck")
                + "</dependencies>";
    }

    private static String version() {
        return org.pop2.app.cli.Version.current();
    }

    private static void write(Path directory, String artifact, String packaging, String content) throws IOException {
        Files.createDirectories(directory);
        try (InputStream in =
                Objects.requireNonNull(OtherProjectsIT.class.getResourceAsStream("/outside/pom.xml"), "pom.xml")) {
            String pom = new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .replace("@artifact@", artifact)
                    .replace("@packaging@", packaging)
                    .replace("@content@", content);
            Files.writeString(directory.resolve("pom.xml"), pom);
        }
    }

    private static String classified(String artifact, String classifier) {
        return "<dependency><groupId>org.pop2</groupId><artifactId>" + artifact + "</artifactId><classifier>"
                + classifier + "</classifier></dependency>";
    }

    /** With a local repository of its own before the usual one: what was built before this build must not be found. */
    private static void maven() throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                ROOT.resolve(WINDOWS ? "mvnw.cmd" : "mvnw").toString(),
                "--batch-mode",
                "--no-transfer-progress",
                "-f",
                OUTSIDE.resolve("pom.xml").toString(),
                "-Dmaven.repo.local=" + REPOSITORY,
                "-Dmaven.repo.local.tail=" + System.getProperty("pop2.local.repository"),
                "-Dmdep.outputFile=class-path",
                "org.apache.maven.plugins:maven-dependency-plugin:" + System.getProperty("pop2.dependency.plugin")
                        + ":build-classpath"));
        if (System.getProperty("pop2.offline", "").endsWith("true")) {
            command.add(1, "--offline");
        }
        ProcessBuilder maven = new ProcessBuilder(command).directory(ROOT.toFile());
        maven.environment().remove("MAVEN_OPTS");
        assertThat(run(maven, 120)).contains("BUILD SUCCESS");
    }

    private static String run(ProcessBuilder program, int seconds) throws IOException, InterruptedException {
        Path output = OUTSIDE.resolve("output");
        Process process = program.redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        boolean ended = process.waitFor(seconds, TimeUnit.SECONDS);
        process.destroyForcibly();
        String said = Files.readString(output);
        assertThat(ended).as(said).isTrue();
        return said;
    }

    private List<Path> of(String project) {
        return Objects.requireNonNull(resolved.get(project), project);
    }

    private static Set<String> names(List<Path> jars) {
        Set<String> names = new TreeSet<>();
        jars.forEach(it -> names.add(it.getFileName().toString()));
        return names;
    }

    @Test
    void everyJarIsTheOneThatIsTestedHere() throws IOException {
        Set<String> here = new TreeSet<>();
        try (Stream<Path> lib = Files.list(LIB)) {
            lib.forEach(it -> here.add(it.getFileName().toString()));
        }
        // of the program these two are named otherwise in its own lib
        here.add("pop2-distribution-" + version() + ".jar");
        here.removeIf(it -> it.startsWith("pop2d-") || it.startsWith("bcprov-"));
        for (String project : names()) {
            Set<String> theirs = names(of(project));
            theirs.removeIf(it -> it.startsWith("bcprov-") || it.endsWith("-testing.jar") || it.endsWith("-tck.jar"));
            assertThat(here).as(project).containsAll(theirs);
        }
        Set<String> program = names(of("program"));
        program.removeIf(it -> it.startsWith("bcprov-"));
        assertThat(program).isEqualTo(here);
    }

    @Test
    void aFamilyHasOneVersion() {
        Pattern jar = Pattern.compile("(netty|reactor-netty|micrometer|pop2|commons-io|reactor-core)(?:-[a-z_0-9-]+)?"
                + "-(\\d[^-]*?)(?:-(?:linux|testing|tck).*)?\\.jar");
        for (String project : names()) {
            Map<String, TreeSet<String>> versions = new LinkedHashMap<>();
            for (String name : names(of(project))) {
                Matcher matcher = jar.matcher(name);
                if (matcher.matches()) {
                    versions.computeIfAbsent(matcher.group(1), any -> new TreeSet<>())
                            .add(matcher.group(2));
                }
            }
            assertThat(versions.values()).as(project + " " + versions).allMatch(it -> it.size() == 1);
        }
    }

    @Test
    void whatIsExcludedStaysAway() {
        for (String project : names()) {
            assertThat(names(of(project)))
                    .as(project)
                    .noneMatch(it -> it.contains("macos")
                            || it.contains("quic")
                            || it.contains("http3")
                            || it.startsWith("re2j")
                            || it.startsWith("checker-qual")
                            || it.contains("handler-proxy"));
        }
    }

    /** One coordinate each, and nothing of our own tests in them. */
    @Test
    void testSupportIsAJarOfItsOwn() throws IOException {
        for (Path jar : of("bom")) {
            String name = jar.getFileName().toString();
            if (name.endsWith("-testing.jar") || name.endsWith("-tck.jar")) {
                try (JarFile file = new JarFile(jar.toFile())) {
                    assertThat(file.stream()
                                    .map(JarEntry::getName)
                                    .filter(it -> it.endsWith(".class"))
                                    .toList())
                            .contains(
                                    name.endsWith("-tck.jar")
                                            ? "org/pop2/storage/tck/MailStoreContract.class"
                                            : "org/pop2/testing/Pop2TestServer.class")
                            .allMatch(it -> it.matches("org/pop2/(testing|storage/tck)/[^/]*"))
                            .noneMatch(it -> it.endsWith("Test.class"));
                }
            }
        }
        assertThat(names(of("bom"))).contains("pop2-server-" + version() + "-testing.jar");
    }

    /** What Maven Central asks of a POM and of jars; what only a release knows is in capitals. */
    @Test
    void whatIsPublishedSaysWhatItIs() throws IOException {
        for (Map.Entry<String, String> published : PUBLISHED.entrySet()) {
            Path target = ROOT.resolve(published.getValue()).resolve("target");
            String pom = Files.readString(target.resolve("flattened-pom.xml"));
            assertThat(pom)
                    .as(published.getKey())
                    .contains("<name>POP2", "<description>", "<licenses>", "<developer>", "<scm")
                    .contains("<url>https://SITE-OF-THE-RELEASE.invalid</url>")
                    .contains("<url>https://REPOSITORY-OF-THE-RELEASE.invalid/pop2.git</url>");
        }
        for (Path jar : of("bom")) {
            if (jar.startsWith(REPOSITORY)) {
                try (JarFile file = new JarFile(jar.toFile())) {
                    assertThat(file.getEntry("META-INF/LICENSE"))
                            .as(jar.toString())
                            .isNotNull();
                }
            }
        }
    }

    @Test
    void theOrderOfDependenciesChangesNothing() {
        assertThat(names(of("other-order"))).isEqualTo(names(of("all")));
    }

    /**
     * 16 jars and 6.4 MB when this was written, 42 and 19 before. Twelve would take a client that does without Reactor
     * Netty: of the 16 nine are Netty's, which it needs to connect at all.
     */
    @Test
    void aClientCostsAClientsDependencies() throws IOException {
        long octets = 0;
        for (Path jar : of("client")) {
            octets += Files.size(jar);
        }

        assertThat(of("client")).hasSizeLessThanOrEqualTo(16);
        assertThat(octets).isLessThanOrEqualTo(6_500_000);
    }

    @Test
    void aStorageCostsTwoSmallJars() {
        assertThat(names(of("storage"))).hasSize(3).anyMatch(it -> it.startsWith("reactive-streams"));
    }

    @Test
    void aClientRunsWithThese() throws IOException, InterruptedException {
        Process demo = demo();
        try {
            String port = listening(demo);

            assertThat(java("client", "ClientAlone", "127.0.0.1", port)).isEqualTo("fetched 3\n");
            assertThat(java("client", "ClientAlone", "localhost", port)).isEqualTo("fetched 3\n");
        } finally {
            end(demo);
        }
    }

    private static Process demo() throws IOException {
        return new ProcessBuilder("target/pop2-server/bin/pop2d", "demo", "--port", "0")
                .redirectError(OUTSIDE.resolve("demo-errors").toFile())
                .start();
    }

    private static void end(Process demo) throws InterruptedException {
        demo.destroy();
        demo.waitFor(20, TimeUnit.SECONDS);
    }

    /**
     * Without {@code --add-modules}. Reactor Netty is no module, so it cannot require Netty's, which are modules: who
     * uses pop2-server on the module path requires those that nobody else does. On this Java and those that
     * {@code JAVA_HOME_...} name.
     */
    @Test
    void aClientRunsOnTheModulePath() throws IOException, InterruptedException {
        Path sources = Files.createDirectories(OUTSIDE.resolve("module/org/pop2/app/outside"));
        Files.copy(
                Path.of("src/test/java/org/pop2/app/outside/ClientAlone.java"),
                sources.resolve("ClientAlone.java"),
                REPLACE_EXISTING);
        Path module = Files.writeString(OUTSIDE.resolve("module/module-info.java"), """
                module outside {
                    requires org.pop2.protocol;
                    requires org.pop2.server;
                    requires io.netty.codec.dns;
                    requires io.netty.handler;
                    requires io.netty.resolver.dns;
                    requires io.netty.transport.unix.common;
                }
                """);
        Path classes = OUTSIDE.resolve("module-classes");
        String path = of("client").stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
        int compiled = Objects.requireNonNull(ToolProvider.getSystemJavaCompiler(), "no JDK")
                .run(
                        null,
                        null,
                        null,
                        "-p",
                        path,
                        "-d",
                        classes.toString(),
                        module.toString(),
                        sources.resolve("ClientAlone.java").toString());
        assertThat(compiled).isZero();
        Process demo = demo();
        try {
            String port = listening(demo);
            for (String home : javas()) {
                ProcessBuilder client = new ProcessBuilder(
                        Path.of(home, "bin", "java").toString(),
                        "-p",
                        path + File.pathSeparator + classes,
                        "-m",
                        "outside/org.pop2.app.outside.ClientAlone",
                        "127.0.0.1",
                        port);
                assertThat(run(client, 60)).as(home).endsWith("fetched 3\n");
            }
        } finally {
            end(demo);
        }
    }

    private static List<String> javas() {
        return Stream.concat(
                        Stream.of(System.getProperty("java.home")),
                        System.getenv().entrySet().stream()
                                .filter(it -> it.getKey().startsWith("JAVA_HOME_"))
                                .map(Map.Entry::getValue))
                .distinct()
                .toList();
    }

    @Test
    void whatIsMissingIsSaidInOneLine() throws IOException, InterruptedException {
        String bouncyCastle = "need the library org.bouncycastle:bcprov-jdk18on, which is not on the class path";

        assertThat(java("client", "LibrariesMissing").lines())
                .containsExactly(
                        "Argon2 hashes " + bouncyCastle,
                        "hashes of its scheme " + bouncyCastle,
                        "secrets for six digits need the library commons-codec:commons-codec, which is not on the"
                                + " class path",
                        "metrics need the library io.micrometer:micrometer-core, which is not on the class path",
                        "stored hashes of passwords " + bouncyCastle,
                        "listeners behind a proxy need the library io.netty:netty-codec-haproxy, which is not on the"
                                + " class path",
                        "profiles that make 7-bit text need the library org.apache.james:apache-mime4j-core, which is"
                                + " not on the class path");
    }

    private static String listening(Process demo) throws IOException {
        var out = demo.inputReader();
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            if (line.startsWith("listening on 127.0.0.1:")) {
                return line.substring(line.indexOf(':') + 1);
            }
        }
        throw new AssertionError("no demo: " + Files.readString(OUTSIDE.resolve("demo-errors")));
    }

    /** What a program of {@code org.pop2.app.outside} says, on that project's class path. */
    private String java(String project, String program, String... args) throws IOException, InterruptedException {
        String classPath = Stream.concat(Stream.of(Path.of("target/test-classes")), of(project).stream())
                .map(Path::toString)
                .reduce((a, b) -> a + File.pathSeparator + b)
                .orElseThrow();
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                classPath,
                "org.pop2.app.outside." + program));
        command.addAll(List.of(args));
        String said = run(new ProcessBuilder(command), 60);
        return said.lines()
                // there is no logging backend, and slf4j says so
                .filter(it -> !it.startsWith("SLF4J"))
                .map(it -> it + "\n")
                .reduce("", String::concat);
    }
}
