package org.pop2.app.operate;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.pop2.app.cli.Addresses;
import org.pop2.app.config.Configuration;
import org.pop2.server.ListenerSettings;

/** What a doctor sees of the house: who can come in, room on the disk, whose the files are. */
final class Housekeeping {
    private static final long LITTLE_ROOM = 256L * 1024 * 1024;
    /** More files than that are not looked at: an instance has a few, and then mail. */
    private static final int MOST_FILES = 10_000;

    private static final int DEPTH = 3;

    private Housekeeping() {}

    /** Listeners that other machines reach and nobody there can use. */
    static void listeners(List<ListenerSettings> listeners, Consumer<String> warn) {
        for (ListenerSettings listener : listeners) {
            InetSocketAddress address = listener.address();
            boolean loopback =
                    address.getAddress() != null && address.getAddress().isLoopbackAddress();
            if (!loopback
                    && listener.tls().isEmpty()
                    && listener.cleartextFrom().isEmpty()) {
                warn.accept("listener " + listener.name() + ": " + Addresses.shown(address)
                        + ": nobody can log in but by a loopback address of this machine: set tls, or name networks in"
                        + " allow-cleartext-from");
            }
        }
    }

    /** Directories that have little room. */
    static void room(Configuration configuration, Consumer<String> warn) throws IOException {
        for (Path directory :
                List.of(configuration.directory(), configuration.directory().resolve("var"))) {
            if (Files.isDirectory(directory)) {
                FileStore disk = Files.getFileStore(directory);
                long room = disk.getUsableSpace();
                if (room < LITTLE_ROOM && room < disk.getTotalSpace() / 10) {
                    warn.accept("disk: " + room / 1024 / 1024 + " MiB are left where " + directory
                            + " is; without room no mail is taken and none deleted");
                    return;
                }
            }
        }
    }

    /** The first file of another user than the one who the instance belongs to, if there is one. */
    static Optional<String> foreign(Path instance) throws IOException {
        Path var = instance.resolve("var");
        if (!Files.isDirectory(var)) {
            return Optional.empty();
        }
        String owner = owner(var);
        try (Stream<Path> files = Files.walk(var, DEPTH)) {
            return files.limit(MOST_FILES)
                    // mail may belong to its users
                    .filter(file -> !file.startsWith(var.resolve("mail")) && !file.startsWith(var.resolve("folders")))
                    .filter(file -> !owner(file).isEmpty() && !owner(file).equals(owner))
                    .findFirst()
                    .map(file -> file + " belongs to " + owner(file) + ", and " + var + " to " + owner
                            + ", who may not be able to use it: chown -R " + owner + " " + var);
        } catch (UncheckedIOException | AccessDeniedException e) {
            // what this user may not look into is said where it is needed
            return Optional.empty();
        }
    }

    private static String owner(Path file) {
        try {
            return Files.getOwner(file, LinkOption.NOFOLLOW_LINKS).getName();
        } catch (IOException | UnsupportedOperationException e) {
            // gone meanwhile, or a system without owners
            return "";
        }
    }
}
