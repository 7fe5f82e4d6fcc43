package org.pop2.app.campaign;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** An installation of the unpacked distribution in a directory of its own, with mailboxes below {@code spool}. */
final class Instance {
    private static final String LISTENING = "listening on 127.0.0.1:";
    private static final String TLS = " (TLS)";
    private static final String TAKING = "taking mail on 127.0.0.1:";

    /** The unpacked distribution. */
    static final Path UNPACKED = Path.of(System.getProperty("pop2.distribution", "target/pop2-server"))
            .toAbsolutePath();

    private final Path directory;
    private final Path spool;
    /** The command, with what comes before it to run it as another user. */
    private final List<String> program;

    private final boolean tls;
    private final Map<String, String> environment = new HashMap<>();
    private Process server;
    private volatile int port;
    private volatile int tlsPort;
    private volatile int lmtpPort;

    Instance(Path directory, String... lines) throws IOException {
        this(directory, directory.toAbsolutePath().resolve("spool"), List.of(), UNPACKED, lines);
    }

    /**
     * @param runAs what to put before commands
     * @param distribution which to run
     */
    @SuppressWarnings("NullAway.Init")
    Instance(Path directory, Path spool, List<String> runAs, Path distribution, String... lines) throws IOException {
        this.directory = directory.toAbsolutePath();
        this.spool = spool;
        program = new ArrayList<>(runAs);
        program.add(distribution.resolve("bin/pop2d").toString());
        Files.createDirectories(spool());
        tls = List.of(lines).stream().anyMatch(line -> line.startsWith("listeners.tls"));
        List<String> configuration = new ArrayList<>(List.of(
                (tls ? "listeners.plain" : "listen") + " { address = 127.0.0.1, port = 0 }",
                "mailbox { takeover-after = 0s }",
                "storage.type = mbox",
                "storage.mbox.inbox = \"" + spool() + "/{user}\"",
                "storage.mbox.folders = \"" + this.directory + "/folders/{user}/{folder}\"",
                "storage.mbox.accounts = \"" + this.directory + "/accounts\"",
                "storage.mbox.state = \"" + this.directory + "/state\""));
        configuration.addAll(List.of(lines));
        Files.write(configuration(), configuration);
    }

    Path spool() {
        return spool;
    }

    int port() {
        return port;
    }

    /** The port of a listener with TLS, if there is one; it comes after the other. */
    int tlsPort() {
        return tlsPort;
    }

    /** Where mail is taken in, if that is an address of TCP. */
    int lmtpPort() {
        return lmtpPort;
    }

    /** Which Java runs it from now on; without this, the one that {@code bin/pop2d} finds. */
    void runOn(String javaHome) {
        environment.put("JAVA_HOME", javaHome);
    }

    /** Options for Java, for commands from now on. */
    void javaOptions(String options) {
        environment.put("POP2D_JAVA_OPTS", options);
    }

    long pid() {
        return server.pid();
    }

    /** Runs a command to its end; its exit code. */
    int run(String input, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(program);
        command.addAll(List.of(arguments));
        command.addAll(List.of("--config", configuration().toString()));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()));
        builder.environment().putAll(environment);
        Process process = builder.start();
        try (var stdin = process.getOutputStream()) {
            stdin.write(input.getBytes(StandardCharsets.ISO_8859_1));
        }
        return process.waitFor();
    }

    /** Starts the server and waits until it listens. */
    void start() throws IOException {
        start("");
    }

    /** The same with options for Java. */
    void start(String javaOptions) throws IOException {
        List<String> command = new ArrayList<>(program);
        command.addAll(List.of("serve", "--config", configuration().toString()));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.appendTo(log().toFile()));
        builder.environment().putAll(environment);
        builder.environment().put("POP2D_JAVA_OPTS", javaOptions);
        server = builder.start();
        BufferedReader out = new BufferedReader(new InputStreamReader(server.getInputStream(), StandardCharsets.UTF_8));
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            if (line.startsWith(TAKING)) {
                lmtpPort = Integer.parseInt(line.substring(TAKING.length(), line.indexOf(" (LMTP)")));
            } else if (line.startsWith(LISTENING) && line.endsWith(TLS)) {
                tlsPort = Integer.parseInt(line.substring(LISTENING.length(), line.indexOf(TLS)));
                drain(out);
                return;
            } else if (line.startsWith(LISTENING)) {
                port = Integer.parseInt(line.substring(LISTENING.length()).strip());
                if (!tls) {
                    drain(out);
                    return;
                }
            }
        }
        throw new IOException("the server ended before it listened; see " + log());
    }

    private static void drain(BufferedReader out) {
        Thread drain = new Thread(() -> out.lines().forEach(rest -> {}), "server-output");
        drain.setDaemon(true);
        drain.start();
    }

    /** SIGKILL, and waits for the process to be gone. */
    void kill() throws InterruptedException {
        server.destroyForcibly();
        if (!server.waitFor(1, TimeUnit.MINUTES)) {
            throw new IllegalStateException("cannot be killed");
        }
    }

    /** SIGSTOP: alive, and doing nothing. */
    void pause() throws IOException, InterruptedException {
        signal("STOP");
    }

    /** SIGCONT. */
    void resume() throws IOException, InterruptedException {
        signal("CONT");
    }

    private void signal(String name) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("kill", "-" + name, String.valueOf(pid())).start();
        if (kill.waitFor() != 0) {
            throw new IOException("cannot send SIG" + name);
        }
    }

    void close() throws InterruptedException {
        if (server != null) {
            server.destroy();
            if (!server.waitFor(1, TimeUnit.MINUTES)) {
                kill();
            }
        }
    }

    /** Its configuration file. */
    Path configuration() {
        return directory.resolve("pop2d.conf");
    }

    Path log() {
        return directory.resolve("log");
    }
}
