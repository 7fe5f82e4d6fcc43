package org.pop2.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.app.cli.Version;

/** The unpacked distribution, run as people run it. */
class PackagedServerIT {
    private static final Path UNPACKED = Path.of("target/pop2-server").toAbsolutePath();
    private static final Path LAUNCHER = UNPACKED.resolve("bin/pop2d");
    private static final String LISTENING = "listening on 127.0.0.1:";

    @TempDir
    private Path directory;

    private final List<Process> started = new ArrayList<>();
    private final Map<Process, Path> errors = new HashMap<>();

    private record Result(int exitCode, String out, String err) {}

    @BeforeEach
    void configure() throws IOException {
        Files.writeString(config(), """
                listen { address = 127.0.0.1, port = 0 }
                storage.type = mbox
                storage.mbox {
                  inbox = "spool/{user}", folders = "folders/{user}/{folder}", accounts = accounts, state = state
                }
                """);
        Files.createDirectories(directory.resolve("spool"));
    }

    @AfterEach
    void stopAll() {
        started.forEach(Process::destroyForcibly);
    }

    @Test
    void mailIsDeliveredFetchedAndDeleted() throws Exception {
        assertThat(pop2d("secret\n", "user", "add", "postel", "--password-stdin")
                        .exitCode())
                .isZero();
        assertThat(pop2d("Subject: one\n\nFrom me\n", "deliver", "--user", "postel")
                        .exitCode())
                .isZero();
        assertThat(pop2d("Subject: two\n\nwork\n", "deliver", "--user", "postel", "--folder", "work", "--sender", "a@b")
                        .exitCode())
                .isZero();
        Process server = serve(LAUNCHER, Map.of());
        int port = port(server);

        assertThat(session(
                        port,
                        "HELO postel secret",
                        "READ",
                        "RETR",
                        "ACKD",
                        "FOLD work",
                        "READ",
                        "RETR",
                        "ACKS",
                        "QUIT"))
                .matches(String.join(
                        "\r\n",
                        "\\+ POP2 \\S+ .*",
                        "#1 .*",
                        "=25.*",
                        "Subject: one",
                        "",
                        "From me",
                        "=0.*",
                        "#1 .*",
                        "=22.*",
                        "Subject: two",
                        "",
                        "work",
                        "=0.*",
                        "\\+ .*",
                        ""));

        assertThat(Files.size(directory.resolve("spool/postel"))).isZero();
        assertThat(Files.readString(directory.resolve("folders/postel/work"))).contains("Subject: two");

        // while the server runs
        assertThat(pop2d("more\n", "user", "add", "jkr", "--password-stdin").exitCode())
                .isZero();
        assertThat(pop2d("Subject: three\n\n", "deliver", "--user", "jkr").exitCode())
                .isZero();
        assertThat(session(port, "HELO jkr more", "QUIT")).contains("\r\n#1 ");
        assertThat(pop2d("", "user", "disable", "jkr").exitCode()).isZero();
        assertThat(session(port, "HELO jkr more", "QUIT")).contains("\r\n- ").doesNotContain("#1");

        server.destroy();
        assertThat(server.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(server.exitValue()).as("SIGTERM ends it as asked").isZero();
        assertThat(Files.readString(log())).contains("user=postel").doesNotContain("secret");
    }

    /** Of users, of folders, in arguments and in files: an MTA's and a service manager's environment has no locale. */
    @Test
    void namesAreUtf8WhateverTheLocale() throws Exception {
        String user = "zo\u00eb";
        String folder = "Entw\u00fcrfe";
        assertThat(run("secret\n", Map.of("LC_ALL", "C"), "user", "add", user, "--password-stdin")
                        .exitCode())
                .isZero();
        int delivered = 0;
        for (Map<String, String> locale : List.of(
                Map.of("LC_ALL", "C"), Map.of("LC_ALL", "", "LANG", "de_DE.ISO-8859-1"), Map.<String, String>of())) {
            for (String where : List.of("INBOX", folder)) {
                assertThat(run("Subject: one\n\n", locale, "deliver", "--user", user, "--folder", where))
                        .as(where + " " + locale)
                        .extracting(Result::exitCode, Result::err)
                        .containsExactly(0, "");
            }
            delivered++;
        }
        assertThat(directory.resolve("spool/" + user)).isRegularFile();
        assertThat(directory.resolve("folders/" + user + "/" + folder)).isRegularFile();
        int port = port(serve(LAUNCHER, Map.of("LC_ALL", "POSIX")));
        assertThat(session(port, octets("HELO " + user + " secret"), octets("FOLD " + folder), "QUIT"))
                .containsPattern("\r\n#" + delivered + " .*\r\n#" + delivered + " ");
    }

    /** As UTF-8 has them, one in each character. */
    private static String octets(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    @Test
    void whatConvertsMailIsLoadedForTheFirstConversionOnly() throws Exception {
        Files.writeString(
                config(),
                Files.readString(config()) + "profiles.plain.ascii = true\nprofile.users = [\"postel plain\"]\n");
        for (String user : List.of("postel", "jkr")) {
            assertThat(pop2d("secret\n", "user", "add", user, "--password-stdin")
                            .exitCode())
                    .isZero();
            assertThat(pop2d("Subject: =?utf-8?Q?=C3=BC?=\n\nx\n", "deliver", "--user", user)
                            .exitCode())
                    .isZero();
        }
        Path classes = directory.resolve("classes.log");
        Process server = serve(LAUNCHER, Map.of("POP2D_JAVA_OPTS", "-Xlog:class+load:file=" + classes));
        int port = port(server);

        assertThat(session(port, "HELO jkr secret", "READ", "RETR", "ACKS", "QUIT"))
                .contains("=?utf-8?Q?=C3=BC?=");
        assertThat(Files.readString(classes))
                .contains("org.pop2.profile.ProfiledMailbox")
                .doesNotContain("org.apache.james")
                .doesNotContain("org.jsoup")
                .doesNotContain("org.pop2.profile.ascii.Converter ");

        assertThat(session(port, "HELO postel secret", "READ", "RETR", "ACKS", "QUIT"))
                .contains("Subject: ue\r\n");
        assertThat(Files.readString(classes)).contains("org.apache.james.mime4j.");
    }

    @Test
    void aMessageThatIsLargerThanTheHeapIsDelivered() throws Exception {
        assertThat(pop2d("secret\n", "user", "add", "postel", "--password-stdin")
                        .exitCode())
                .isZero();
        Process deliver = start(
                List.of(LAUNCHER.toString(), "deliver", "--user", "postel", "--config", config().toString()),
                Map.of("POP2D_JAVA_OPTS", "-Xmx32m"));
        byte[] line = ("x".repeat(1023) + "\n").getBytes(StandardCharsets.US_ASCII);
        try (var in = deliver.getOutputStream()) {
            for (int i = 0; i < 64 * 1024; i++) {
                in.write(line);
            }
        }
        assertThat(deliver.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(deliver.exitValue()).isZero();
        assertThat(Files.size(directory.resolve("spool/postel"))).isGreaterThan(64 * 1024 * 1024L);
    }

    @Test
    void exitCodesAreThoseThatMailSystemsActOn() throws Exception {
        assertThat(pop2d("x\n", "deliver", "--user", "nobody").exitCode()).isEqualTo(67);
        assertThat(pop2d("x\n", "deliver").exitCode()).isEqualTo(64);
        assertThat(pop2d("secret\n", "user", "add", "postel", "--password-stdin")
                        .exitCode())
                .isZero();
        // a mailbox that is none: kept in the queue
        Files.createDirectory(directory.resolve("spool/postel"));
        assertThat(pop2d("x\n", "deliver", "--user", "postel").exitCode()).isEqualTo(75);
        Files.writeString(config(), "listen.prot = 1\n");
        Result wrong = pop2d("x\n", "deliver", "--user", "postel");
        assertThat(wrong.exitCode()).isEqualTo(75);
        assertThat(wrong.err()).contains("pop2d.conf:1: listen.prot: unknown key; did you mean listen.port?");
        assertThat(pop2d("", "serve").exitCode()).isEqualTo(78);
    }

    @Test
    void anAddressInUseIsSaidInOneLine() throws Exception {
        Process server = serve(LAUNCHER, Map.of());
        Result second = run(
                "",
                Map.of("POP2D_LISTEN_PORT", String.valueOf(port(server)), "POP2D_STORAGE_MBOX_STATE", "state2"),
                "serve");
        assertThat(second.exitCode()).isEqualTo(69);
        assertThat(second.err())
                .contains("pop2d: cannot listen on 127.0.0.1:")
                .contains("in use")
                .doesNotContain("error(-");
    }

    @Test
    void theLauncherWorksThroughLinksAndFromAnywhere() throws Exception {
        Path one = Files.createSymbolicLink(directory.resolve("one"), LAUNCHER);
        Path bin = Files.createDirectories(directory.resolve("a b/bin"));
        Path two = Files.createSymbolicLink(bin.resolve("pop2d"), Path.of("../../one"));
        for (Path launcher : List.of(one, two)) {
            Result version = finish(start(List.of(launcher.toString(), "version"), Map.of()), "");
            assertThat(version.out()).startsWith("pop2d ");
            assertThat(version.exitCode()).isZero();
        }
        Process server = serve(two, Map.of());
        assertThat(session(port(server), "QUIT")).startsWith("+ POP2 ");
        server.destroy();
        assertThat(server.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(server.exitValue()).isZero();
    }

    @Test
    void theJavaOfJavaHomeIsUsedThoughItsPathHasBlanks() throws Exception {
        Path home = Files.createSymbolicLink(directory.resolve("java home"), Path.of(System.getProperty("java.home")));
        Result version = finish(
                start(
                        List.of(LAUNCHER.toString(), "version"),
                        Map.of("JAVA_HOME", home.toString(), "PATH", "/nowhere")),
                "");
        assertThat(version.err()).isEmpty();
        assertThat(version.exitCode()).isZero();
        assertThat(version.out()).contains(System.getProperty("java.version"));
    }

    @Test
    void withoutAJavaItSaysSo() throws Exception {
        Path tools = toolsWithoutJava();
        Map<String, String> environment = Map.of("JAVA_HOME", "", "PATH", tools.toString());
        Result serve = finish(start(List.of(LAUNCHER.toString(), "serve"), environment), "");
        assertThat(serve.exitCode()).isEqualTo(69);
        assertThat(serve.err())
                .isEqualTo(
                        "pop2d: needs Java 17 or newer: there is no java on PATH. Install one, or set JAVA_HOME to it.\n");
        // mail is kept in the queue
        assertThat(finish(start(List.of(LAUNCHER.toString(), "deliver", "--user", "x"), environment), "")
                        .exitCode())
                .isEqualTo(75);
    }

    @Test
    void anOldJavaIsNamedAndANewerOneOnThePathTaken() throws Exception {
        Path old = fakeJava("old", "1.8.0_412");
        Path tools = toolsWithoutJava();
        Result alone = finish(
                start(
                        List.of(LAUNCHER.toString(), "serve"),
                        Map.of("JAVA_HOME", old.toString(), "PATH", tools.toString())),
                "");
        assertThat(alone.exitCode()).isEqualTo(69);
        assertThat(alone.err()).contains("JAVA_HOME (" + old + ") is Java 8, there is no java on PATH");

        Files.createSymbolicLink(tools.resolve("java"), Path.of(System.getProperty("java.home"), "bin", "java"));
        Result helped = finish(
                start(
                        List.of(LAUNCHER.toString(), "version"),
                        Map.of("JAVA_HOME", old.toString(), "PATH", tools.toString())),
                "");
        assertThat(helped.exitCode()).isZero();
        assertThat(helped.err()).contains("is Java 8; using " + tools.resolve("java"));
    }

    @Test
    void aJavaWithoutAReleaseFileIsAskedForItsVersion() throws Exception {
        Path silent = directory.resolve("silent");
        Files.createDirectories(silent.resolve("bin"));
        script(silent.resolve("bin/java"), "echo 'openjdk version \"11.0.2\" 2019-01-15' >&2");
        Result result = finish(
                start(
                        List.of(LAUNCHER.toString(), "serve"),
                        Map.of(
                                "JAVA_HOME",
                                silent.toString(),
                                "PATH",
                                toolsWithoutJava().toString())),
                "");
        assertThat(result.err()).contains("is Java 11");
    }

    @Test
    void theDemoServesAndLeavesNothingBehind() throws Exception {
        Path temporary = Files.createDirectory(directory.resolve("tmp"));
        Process demo = start(
                List.of(LAUNCHER.toString(), "demo", "--port", "0"),
                Map.of("POP2D_JAVA_OPTS", "-Djava.io.tmpdir=" + temporary));
        int port = port(demo);
        assertThat(session(port, "HELO demo demo", "READ 1", "RETR", "ACKS", "FOLD work", "QUIT"))
                .contains("\r\n#3 ", "Subject: Welcome\r\n", "\r\n#2 ", "\r\n+ ");
        try (var there = Files.list(temporary)) {
            assertThat(there).anyMatch(it -> it.getFileName().toString().startsWith("pop2d-demo"));
        }

        demo.destroy();
        assertThat(demo.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(demo.exitValue()).isZero();
        try (var left = Files.list(temporary)) {
            assertThat(left.filter(it -> it.getFileName().toString().startsWith("pop2d-demo")))
                    .isEmpty();
        }
    }

    @Test
    void theDemoShowsWhatIsSaidWhileItIsSaid() throws Exception {
        Process demo = start(
                List.of(LAUNCHER.toString(), "demo", "--port", "0", "--transcript", "--strict", "--status-page"),
                Map.of());
        BufferedReader out = new BufferedReader(new InputStreamReader(demo.getInputStream(), StandardCharsets.UTF_8));
        assertThat(out.readLine()).startsWith("management on http://127.0.0.1:");
        int port = Integer.parseInt(out.readLine().substring(LISTENING.length()));
        assertThat(out.readLine()).matches("token of the status page: [0-9a-f]{32}");
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream().write("HELO demo demo\r\n".getBytes(StandardCharsets.US_ASCII));
            String line = out.readLine();
            while (!line.contains("S: #3 messages")) {
                assertThat(line).doesNotContain("closed");
                line = out.readLine();
            }
            // strict: small letters are none of the RFC's
            socket.getOutputStream().write("read 1\r\n".getBytes(StandardCharsets.US_ASCII));
            while (!line.contains("S: - ")) {
                line = out.readLine();
            }
        }
        end(demo);
    }

    @Test
    void startingSaysNothingThatIsNotOurs() throws Exception {
        Process server = serve(LAUNCHER, Map.of());
        session(port(server), "QUIT");
        server.destroy();
        assertThat(server.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(Files.readString(log()).lines()).allMatch(line -> line.matches("\\d{4}-.* INFO .*"));
    }

    @Test
    void theFirstStartMakesACacheAndTheNextUsesIt() throws Exception {
        Path copy = copyOfTheInstallation();
        Path cache = copy.resolve("cache");
        Process first = serve(copy.resolve("bin/pop2d"), Map.of());
        port(first);
        Awaitility.await()
                .atMost(Duration.ofMinutes(2))
                .until(() -> !caches(cache).isEmpty());
        end(first);

        assertThat(classesOfTheCache(copy, Map.of())).isGreaterThan(100);
        assertThat(classesOfTheCache(copy, Map.of("POP2D_CACHE", "off"))).isZero();
        // other jars: the old cache is not looked at, though the file's length and time are as before
        Path jar = copy.resolve("lib/pop2d-" + Version.current() + ".jar");
        FileTime time = Files.getLastModifiedTime(jar);
        byte[] octets = Files.readAllBytes(jar);
        // the time of the first entry in the archive: nothing that Java minds
        octets[10] ^= 1;
        Files.write(jar, octets);
        Files.setLastModifiedTime(jar, time);
        assertThat(caches(cache)).hasSize(1);
        assertThat(classesOfTheCache(copy, Map.of())).isZero();
        Awaitility.await()
                .atMost(Duration.ofMinutes(2))
                .until(() -> caches(cache).size() == 2 && Files.notExists(cache.resolve("making")));
    }

    @Test
    void aCacheThatIsBrokenIsDoneWithout() throws Exception {
        Path copy = copyOfTheInstallation();
        Result made = finish(start(List.of(copy.resolve("bin/pop2d").toString(), "cache"), Map.of()), "");
        assertThat(made.err()).isEmpty();
        assertThat(made.exitCode()).isZero();
        Path cache = caches(copy.resolve("cache")).get(0);
        assertThat(cache.toFile().setWritable(true)).isTrue();
        for (byte[] broken : List.of(new byte[0], new byte[4096], "not a cache".getBytes(StandardCharsets.US_ASCII))) {
            Files.write(cache, broken);
            Process server = serve(copy.resolve("bin/pop2d"), Map.of());
            assertThat(session(port(server), "QUIT")).startsWith("+ POP2 ");
            end(server);
        }
        assertThat(Files.readString(log()).lines()).allMatch(line -> line.matches("\\d{4}-.* INFO .*"));
    }

    private Path copyOfTheInstallation() throws IOException {
        Path copy = directory.resolve("installation");
        try (var files = Files.walk(UNPACKED)) {
            for (Path file : files.toList()) {
                if (!file.startsWith(UNPACKED.resolve("cache"))) {
                    Files.copy(
                            file,
                            copy.resolve(UNPACKED.relativize(file).toString()),
                            StandardCopyOption.COPY_ATTRIBUTES);
                }
            }
        }
        return copy;
    }

    private static List<Path> caches(Path directory) throws IOException {
        if (Files.notExists(directory)) {
            return List.of();
        }
        try (var files = Files.list(directory)) {
            return files.filter(it -> it.getFileName().toString().startsWith("java-"))
                    .toList();
        }
    }

    /** How many classes of a start were in the cache. */
    private long classesOfTheCache(Path installation, Map<String, String> environment) throws Exception {
        Path classes = directory.resolve("classes");
        Files.deleteIfExists(classes);
        Map<String, String> all = new HashMap<>(environment);
        all.put("POP2D_JAVA_OPTS", "-Xlog:class+load:file=" + classes);
        Process server = serve(installation.resolve("bin/pop2d"), all);
        port(server);
        end(server);
        try (var lines = Files.lines(classes)) {
            return lines.filter(it -> it.contains("shared objects file") && it.contains(" org.pop2."))
                    .count();
        }
    }

    private void end(Process server) throws InterruptedException {
        server.destroy();
        assertThat(server.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(server.exitValue()).isZero();
    }

    private Path config() {
        return directory.resolve("pop2d.conf");
    }

    private Path log() {
        return directory.resolve("log");
    }

    private Result pop2d(String input, String... arguments) throws IOException, InterruptedException {
        return run(input, Map.of(), arguments);
    }

    private Result run(String input, Map<String, String> environment, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(LAUNCHER.toString()));
        command.addAll(List.of(arguments));
        command.addAll(List.of("--config", config().toString()));
        return finish(start(command, environment), input);
    }

    private Process serve(Path launcher, Map<String, String> environment) throws IOException {
        return start(
                List.of(launcher.toString(), "serve", "--config", config().toString()),
                environment,
                ProcessBuilder.Redirect.appendTo(log().toFile()));
    }

    private Process start(List<String> command, Map<String, String> environment) throws IOException {
        Path err = Files.createTempFile(directory, "err", "");
        return start(command, environment, ProcessBuilder.Redirect.to(err.toFile()));
    }

    private Process start(List<String> command, Map<String, String> environment, ProcessBuilder.Redirect err)
            throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(directory.toFile()).redirectError(err);
        builder.environment().keySet().removeIf(name -> name.startsWith("POP2D_") || name.equals("JAVA_OPTS"));
        builder.environment().putAll(environment);
        Process process = builder.start();
        errors.put(process, err.file() == null ? log() : err.file().toPath());
        started.add(process);
        return process;
    }

    private Result finish(Process process, String input) throws IOException, InterruptedException {
        try (var in = process.getOutputStream()) {
            in.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // it may end without reading; what it says is looked at all the same
            assertThat(e).hasMessageContaining("ipe");
        }
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        @Nullable Path err = errors.get(process);
        return new Result(process.exitValue(), out, err == null ? "" : Files.readString(err));
    }

    private static int port(Process server) throws IOException {
        StringBuilder line = new StringBuilder();
        InputStream out = server.getInputStream();
        for (int octet = out.read(); octet >= 0 && octet != '\n'; octet = out.read()) {
            line.append((char) octet);
        }
        assertThat(line.toString()).startsWith(LISTENING);
        return Integer.parseInt(line.substring(LISTENING.length()));
    }

    /** Sends the commands at once and reads until the server closes. */
    private static String session(int port, String... commands) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream()
                    .write((String.join("\r\n", commands) + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    private Path toolsWithoutJava() throws IOException {
        Path tools = Files.createTempDirectory(directory, "tools");
        for (String tool : List.of("readlink", "sed", "head")) {
            Path found = List.of("/usr/bin", "/bin").stream()
                    .map(it -> Path.of(it, tool))
                    .filter(Files::isExecutable)
                    .findFirst()
                    .orElseThrow();
            Files.createSymbolicLink(tools.resolve(tool), found);
        }
        return tools;
    }

    private Path fakeJava(String name, String version) throws IOException {
        Path home = directory.resolve(name);
        Files.createDirectories(home.resolve("bin"));
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
        script(home.resolve("bin/java"), "exit 99");
        return home;
    }

    private static void script(Path file, String body) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + body + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
