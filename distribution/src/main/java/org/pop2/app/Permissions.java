package org.pop2.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pop2.app.config.Configuration;
import org.pop2.app.config.Trust;
import org.pop2.app.logging.Logging;
import org.pop2.server.ListenerSettings;
import org.pop2.server.TlsSettings;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who may write what is obeyed: the configuration, and every file that it names. */
final class Permissions {
    private static final Logger LOG = LoggerFactory.getLogger(Permissions.class);

    private static final String NOT_AS_ROOT = ", or do not run this as root";

    private Permissions() {}

    /** What a server obeys: its configuration, that of its log, and the files that these name. */
    static List<Path> obeyed(Path file, Configuration configuration) {
        List<Path> files = new ArrayList<>(List.of(file));
        Logging.configuredBy().ifPresent(files::add);
        configuration.management().flatMap(Configuration.Management::tokenFile).ifPresent(files::add);
        for (ListenerSettings listener : configuration.listeners()) {
            if (listener.tls().isPresent()) {
                TlsSettings tls = listener.tls().get();
                files.add(tls.certificate());
                files.add(tls.key());
                tls.clientAuthorities().ifPresent(files::add);
            }
        }
        if (configuration.storage().settings().find("password-file").isPresent()) {
            files.add(configuration.storage().settings().path("password-file"));
        }
        return files;
    }

    /**
     * Looks at what a server obeys. If everybody may write it, or if it is another user's, a server that is root would
     * do what others say, and does not start; any other warns of what everybody may write.
     */
    static void check(List<Path> files) throws CommandFailedException {
        boolean root = Trust.isRoot();
        for (Path file : files) {
            // what is missing is told by whoever needs it
            if (Files.exists(file)) {
                check(file, root);
            }
        }
    }

    static void check(Path file, boolean root) throws CommandFailedException {
        Optional<String> objection = objection(file, root);
        if (objection.isPresent() && root) {
            throw new CommandFailedException(ExitCode.CONFIG, objection.get() + NOT_AS_ROOT);
        }
        objection.ifPresent(what -> LOG.atWarn().addKeyValue("text", what).log("permissions-wide"));
    }

    /** What a command of root's does not believe: its work is done as anybody says who may write that file. */
    static void checkAsRoot(Path file) throws CommandFailedException {
        Optional<String> objection = Trust.isRoot() ? objection(file, false) : Optional.empty();
        if (objection.isPresent()) {
            throw new CommandFailedException(ExitCode.CONFIG, objection.get() + NOT_AS_ROOT);
        }
    }

    private static Optional<String> objection(Path file, boolean owners) throws CommandFailedException {
        try {
            Optional<String> writable = Trust.writableByAll(file);
            return writable.isPresent() || !owners ? writable : Trust.ownedByAnother(file);
        } catch (IOException e) {
            throw new CommandFailedException(ExitCode.CONFIG, file + ": " + e.getMessage(), e);
        }
    }
}
