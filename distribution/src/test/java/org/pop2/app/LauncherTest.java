package org.pop2.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Which instance bin/pop2d works on, and as whom. The service's directory, Java and the tools that tell who is who are
 * the test's own.
 */
class LauncherTest {
    @TempDir
    private Path directory;

    private Path dist = Path.of("");
    private Path service = Path.of("");
    private Path tools = Path.of("");
    private String said = "";

    @BeforeEach
    void unpack() throws IOException {
        dist = directory.resolve("opt");
        service = directory.resolve("service");
        tools = Files.createDirectories(directory.resolve("tools"));
        String launcher = Files.readString(Path.of("src/dist/bin/pop2d"));
        assertThat(launcher).contains("service=/var/lib/pop2\n");
        Files.createDirectories(dist.resolve("lib"));
        script(dist.resolve("bin/pop2d"), launcher.replace("service=/var/lib/pop2\n", "service=" + service + "\n"));
        Path java = dist.resolve("java");
        script(java.resolve("bin/java"), "#!/bin/sh\necho \"home $POP2D_HOME\"\n");
        Files.writeString(java.resolve("release"), "JAVA_VERSION=\"17.0.1\"\n");
        script(tools.resolve("runuser"), "#!/bin/sh\necho \"runuser $*\"\n");
        user(1000);
        owner("pop2");
    }

    private static void script(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private void user(int id) throws IOException {
        script(tools.resolve("id"), "#!/bin/sh\necho " + id + "\n");
    }

    private void owner(String name) throws IOException {
        script(tools.resolve("ls"), "#!/bin/sh\necho 'drwxr-x--- 5 " + name + " staff 4096 Nov 30 01:02 x'\n");
    }

    private void installService() throws IOException {
        Files.createDirectories(service.resolve("conf"));
        Files.writeString(service.resolve("conf/pop2d.conf"), "");
    }

    private int run(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(dist.resolve("bin/pop2d").toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.startsWith("POP2D_"));
        builder.environment().put("PATH", tools + ":/usr/bin:/bin");
        builder.environment().put("JAVA_HOME", dist.resolve("java").toString());
        builder.environment().put("POP2D_CACHE", "off");
        Process process = builder.start();
        process.getOutputStream().close();
        said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    @Test
    void withoutAServiceItIsTheDirectoryItWasUnpackedIn() throws Exception {
        assertThat(run("user", "list")).isZero();
        assertThat(said).isEqualTo("home " + dist + "\n");
    }

    @Test
    void theServiceIsFound() throws Exception {
        installService();
        run("user", "list");
        assertThat(said).isEqualTo("home " + service + "\n");
    }

    @Test
    void aDirectoryThatHasBeenUsedIsGoneOnWith() throws Exception {
        installService();
        Files.createDirectories(dist.resolve("var"));
        run("user", "list");
        assertThat(said).isEqualTo("home " + dist + "\n");
    }

    @Test
    void rootWorksAsTheInstancesUser() throws Exception {
        installService();
        user(0);
        run("user", "add", "jon doe");
        assertThat(said).isEqualTo("runuser -u pop2 -- " + dist + "/bin/pop2d user add jon doe\n");
    }

    @Test
    void rootsOwnInstanceIsRoots() throws Exception {
        user(0);
        owner("root");
        run("user", "list");
        assertThat(said).isEqualTo("home " + dist + "\n");
    }

    /** A number has no name here, and Java refuses what is not root's. */
    @Test
    void anOwnerWithoutANameIsNobodyToWorkAs() throws Exception {
        user(0);
        owner("1234");
        run("user", "list");
        assertThat(said).isEqualTo("home " + dist + "\n");
    }

    @Test
    void anotherConfigurationIsLookedAtByJava() throws Exception {
        installService();
        user(0);
        run("user", "list", "--config", "/somewhere/else.conf");
        assertThat(said).isEqualTo("home " + service + "\n");
    }

    @Test
    void whatNeedsNoInstanceRunsAsItIs() throws Exception {
        installService();
        user(0);
        for (String command : List.of("version", "demo", "fetch", "bench", "completion")) {
            run(command);
            assertThat(said).as(command).startsWith("home ");
        }
    }
}
