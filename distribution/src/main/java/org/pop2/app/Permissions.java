package org.pop2.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who may write what a server believes. */
final class Permissions {
    private static final Logger LOG = LoggerFactory.getLogger(Permissions.class);

    private static final Path SELF = Path.of("/proc/self");

    private Permissions() {}

    /**
     * Looks at a configuration file: if everybody may write it, a server that is root would do what anybody says, and
     * does not start; any other warns.
     */
    static void check(Path configuration) throws CommandFailedException {
        check(configuration, isRoot());
    }

    static void check(Path configuration, boolean root) throws CommandFailedException {
        if (!isWritableByAll(configuration)) {
            return;
        }
        String what = configuration + " can be written by everybody: chmod o-w " + configuration;
        if (root) {
            throw new CommandFailedException(ExitCode.CONFIG, what + ", or do not run this server as root");
        }
        LOG.atWarn().addKeyValue("text", what).log("permissions-wide");
    }

    private static boolean isWritableByAll(Path file) throws CommandFailedException {
        try {
            return file.getFileSystem().supportedFileAttributeViews().contains("posix")
                    && Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_WRITE);
        } catch (IOException e) {
            throw new CommandFailedException(ExitCode.CONFIG, file + ": " + e.getMessage(), e);
        }
    }

    private static boolean isRoot() {
        try {
            return Integer.valueOf(0).equals(Files.getAttribute(SELF, "unix:uid"));
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
            // not Linux: the name has to do
            return System.getProperty("user.name", "").equals("root");
        }
    }
}
