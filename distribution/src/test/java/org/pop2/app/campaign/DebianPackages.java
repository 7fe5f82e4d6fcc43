package org.pop2.app.campaign;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The mail programs of Debian that the campaign needs, installed if they are not there. */
final class DebianPackages {
    private static final String APT = "/usr/bin/apt-get";

    private DebianPackages() {}

    static boolean isRoot() throws IOException {
        return Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    }

    /** @param programs path to the package it is in */
    static void install(Map<String, String> programs) throws IOException, InterruptedException {
        List<String> missing = programs.entrySet().stream()
                .filter(program -> !Files.isExecutable(Path.of(program.getKey())))
                .map(Map.Entry::getValue)
                .distinct()
                .sorted()
                .toList();
        if (missing.isEmpty()) {
            return;
        }
        if (!isRoot() || !Files.isExecutable(Path.of(APT))) {
            throw new IOException("this campaign needs the Debian packages " + missing
                    + ", and only root on a Debian can install them");
        }
        if (missing.contains("postfix")) {
            // no instance of the system's own is set up or started
            Path answers = Files.createTempFile("postfix", ".debconf");
            Files.writeString(answers, "postfix postfix/main_mailer_type select No configuration\n");
            Tool.succeed("debconf-set-selections", answers.toString());
            Files.delete(answers);
        }
        Tool.succeed(APT, "-q", "update");
        aptInstall(missing);
    }

    private static void aptInstall(List<String> packages) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                "env",
                "DEBIAN_FRONTEND=noninteractive",
                APT,
                "-q",
                "-o",
                "DPkg::Lock::Timeout=600",
                "install",
                "-y",
                "--no-install-recommends"));
        command.addAll(packages);
        Tool.succeed(command.toArray(String[]::new));
    }

    /**
     * sendmail's mail.local, which cannot be installed beside Postfix: taken out of its package.
     *
     * @param directory where to
     * @return the program
     */
    static Path mailLocal(Path directory) throws IOException, InterruptedException {
        Files.createDirectories(directory);
        Tool.succeed("sh", "-c", "cd '" + directory + "' && " + APT + " -q download sendmail-bin");
        Tool.succeed("sh", "-c", "cd '" + directory + "' && dpkg-deb -x sendmail-bin_*.deb .");
        Path program;
        try (Stream<Path> files = Files.walk(directory)) {
            program = files.filter(
                            file -> file.getFileName().toString().equals("mail.local") && Files.isRegularFile(file))
                    .findFirst()
                    .orElseThrow(() -> new IOException("there is no mail.local in sendmail-bin any more"));
        }
        if (Tool.succeed("ldd", program.toString()).contains("not found")) {
            aptInstall(Tool.succeed("apt-cache", "depends", "--important", "sendmail-bin")
                    .lines()
                    .map(String::strip)
                    .filter(line -> line.startsWith("Depends: lib"))
                    .map(line -> line.substring("Depends: ".length()))
                    .toList());
        }
        return program;
    }
}
