package org.pop2.app.init;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.cli.ExitCode;
import org.pop2.management.AccessToken;

/**
 * A directory with {@code conf/} and {@code var/}. What is made in it is the caller's; root makes {@code var/} for
 * whoever owns the directory, and lets that user's group read {@code conf/}, as the service's directory has it.
 */
final class Instance {
    private static final String ROOT = "root";

    private final Path directory;
    private final UserPrincipal owner;
    private final GroupPrincipal group;

    private Instance(Path directory) throws IOException {
        this.directory = directory;
        PosixFileAttributes attributes = attributes(directory);
        this.owner = attributes.owner();
        this.group = attributes.group();
    }

    /**
     * Makes the directories that are missing. Blocks.
     *
     * @throws CommandFailedException if it is configured already, or somebody else could change what root writes
     */
    static Instance in(Path directory, boolean root) throws IOException, CommandFailedException {
        boolean fresh = make(directory, "rwxr-x---");
        Instance instance = new Instance(directory.toRealPath());
        if (root && !instance.isOwnedByRoot() && Files.exists(instance.conf(), LinkOption.NOFOLLOW_LINKS)) {
            UserPrincipal keeper = attributes(instance.conf()).owner();
            if (!keeper.getName().equals(ROOT)) {
                throw new CommandFailedException(
                        ExitCode.NO_PERMISSION,
                        instance.conf() + " belongs to " + keeper.getName() + ": run this as " + keeper.getName());
            }
        }
        Path file = instance.file();
        if (Files.exists(file) && !Template.setsNothing(Files.readString(file))) {
            throw new CommandFailedException(
                    ExitCode.CANNOT_CREATE, file + " is there already: change it, or name another directory");
        }
        if (make(instance.conf(), "rwxr-x---") && !fresh) {
            instance.letGroupRead(instance.conf());
        }
        if (make(instance.directory.resolve("var"), "rwx------") && !instance.isOwnedByRoot() && root) {
            view(instance.directory.resolve("var")).setOwner(instance.owner);
            view(instance.directory.resolve("var")).setGroup(instance.group);
        }
        return instance;
    }

    /** Whether it was not there. */
    private static boolean make(Path directory, String permissions) throws IOException {
        if (directory.getParent() != null) {
            Files.createDirectories(directory.getParent());
        }
        try {
            Files.createDirectory(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions)));
            return true;
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(directory)) {
                throw e;
            }
            return false;
        }
    }

    boolean isOwnedByRoot() {
        return owner.getName().equals(ROOT);
    }

    Path directory() {
        return directory;
    }

    Path file() {
        return conf().resolve("pop2d.conf");
    }

    Path token() {
        return conf().resolve("management.token");
    }

    private Path conf() {
        return directory.resolve("conf");
    }

    /** Writes a file beside the configuration, to be looked at before it becomes that. */
    Path draft(String text) throws IOException {
        return Files.writeString(Files.createTempFile(conf(), ".init", ".conf"), text);
    }

    /** Makes a draft the configuration. */
    void accept(Path draft) throws IOException {
        letGroupRead(draft);
        Files.move(draft, file(), StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Writes a new token, unless there is one. */
    void makeToken() throws IOException {
        if (!Files.exists(token())) {
            Path made = draft(AccessToken.random().reveal() + "\n");
            letGroupRead(made);
            Files.move(made, token(), StandardCopyOption.ATOMIC_MOVE);
        }
    }

    private void letGroupRead(Path path) throws IOException {
        view(path).setGroup(group);
        view(path).setPermissions(PosixFilePermissions.fromString(Files.isDirectory(path) ? "rwxr-x---" : "rw-r-----"));
    }

    private static PosixFileAttributes attributes(Path path) throws IOException {
        return Files.readAttributes(path, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    }

    private static PosixFileAttributeView view(Path path) {
        return Files.getFileAttributeView(path, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
    }
}
