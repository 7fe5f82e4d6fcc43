package org.pop2.storage.fs;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** A process of another JVM that runs a class of the tests. */
public final class Child implements AutoCloseable {
    /** Ends root's right to write where it has none: the user stays, so that the class path can be read. */
    private static final List<String> AS_ANY_USER =
            List.of("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--");

    private final Process process;
    private final BufferedReader said;

    private Child(List<String> command, Map<String, String> environment) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().putAll(environment);
        process = builder.start();
        said = process.inputReader(StandardCharsets.UTF_8);
    }

    public static Child of(Class<?> main, Object... arguments) throws IOException {
        return new Child(command(main, arguments), Map.of());
    }

    /** One whose locale has ASCII only, for names of files, too. */
    static Child inAscii(Class<?> main, Object... arguments) throws IOException {
        return new Child(command(main, arguments), Map.of("LC_ALL", "C"));
    }

    /** One to which the permissions of files apply, whoever runs the tests. */
    static Child unprivileged(Class<?> main, Object... arguments) throws IOException {
        List<String> command = new ArrayList<>(isRoot() ? AS_ANY_USER : List.of());
        command.addAll(command(main, arguments));
        return new Child(command, Map.of());
    }

    static boolean isRoot() throws IOException {
        return Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    }

    private static List<String> command(Class<?> main, Object... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        return command;
    }

    public long pid() {
        return process.pid();
    }

    public String line() throws IOException {
        return Objects.requireNonNull(said.readLine(), "the other process ended");
    }

    /** All that it says until its end. */
    List<String> lines() {
        return said.lines().toList();
    }

    void tell(String line) throws IOException {
        process.outputWriter(StandardCharsets.UTF_8).append(line).append('\n').flush();
    }

    public void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
