package org.pop2.app.campaign;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** A minimal Debian in a container, with a systemd that boots. It shares this machine's network. */
final class BootedDebian implements AutoCloseable {
    private static final String RELEASE = "bookworm";
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final Path root;
    private final Path log;
    private Process container;

    private BootedDebian(Path root, Path log) throws IOException {
        this.root = root;
        this.log = log;
        this.container = boot();
    }

    /**
     * Makes it and boots it.
     *
     * @param directory where its root will be
     * @param packages besides what boots
     */
    static BootedDebian in(Path directory, String packages) throws IOException, InterruptedException {
        DebianPackages.install(
                Map.of("/usr/sbin/debootstrap", "debootstrap", "/usr/bin/systemd-nspawn", "systemd-container"));
        Path root = directory.resolve("debian");
        String mirror = Tool.succeed("apt-get", "indextargets", "--format", "$(REPO_URI)")
                .lines()
                .findFirst()
                .orElseThrow(() -> new IOException("apt knows no mirror"));
        Tool.succeed(
                "debootstrap",
                "--variant=minbase",
                "--include=systemd,systemd-sysv,dbus," + packages,
                RELEASE,
                root.toString(),
                mirror);
        // sudo asks for the address of its own host's name
        String name = Tool.succeed("uname", "-n").strip();
        Files.writeString(root.resolve("etc/hosts"), "127.0.0.1 localhost\n127.0.1.1 " + name + "\n");
        return new BootedDebian(root, directory.resolve("boot.log"));
    }

    private Process boot() throws IOException {
        return new ProcessBuilder("systemd-nspawn", "-q", "--register=no", "--keep-unit", "-D", root.toString(), "-b")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
    }

    void awaitBooted() {
        Awaitility.await().atMost(LIMIT).pollInterval(Duration.ofMillis(500)).until(() -> {
            String state = run("systemctl is-system-running || true").output().strip();
            return state.equals("running") || state.equals("degraded");
        });
    }

    /** Powers off, as at the end of a day, and boots again. */
    void restart() throws IOException, InterruptedException {
        powerOff();
        container = boot();
        awaitBooted();
    }

    void copyIn(Path file, String to) throws IOException {
        Files.copy(file, root.resolve(to.substring(1)), StandardCopyOption.REPLACE_EXISTING);
    }

    /** Runs a shell's commands as its root. */
    Tool.Result run(String commands) throws IOException, InterruptedException {
        long init = container
                .toHandle()
                .children()
                .findFirst()
                .map(ProcessHandle::pid)
                .orElse(0L);
        if (init == 0) {
            return new Tool.Result(255, "not booted");
        }
        return Tool.run(List.of(
                "nsenter",
                "-t",
                "" + init,
                "-m",
                "-u",
                "-i",
                "-p",
                "-r",
                "-w",
                "env",
                "-i",
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "HOME=/root",
                "sh",
                "-ec",
                "cd /root; " + commands));
    }

    /** The same; fails if they do. */
    String succeed(String commands) throws IOException, InterruptedException {
        Tool.Result result = run(commands);
        if (result.exitCode() != 0) {
            throw new IOException(commands + "\nended with " + result.exitCode() + ":\n" + result.output());
        }
        return result.output();
    }

    private void powerOff() throws IOException, InterruptedException {
        run("systemctl poweroff || true");
        if (!container.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
            container.destroyForcibly();
            throw new IOException("it does not power off");
        }
    }

    @Override
    public void close() throws IOException {
        try {
            try {
                powerOff();
            } finally {
                Tool.run(List.of("rm", "-rf", "--one-file-system", root.toString()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
