package org.pop2.storage.fs.io;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Every file operation of this storage: what is not here does not happen to a file. Small, so that a test can put a
 * counting, a failing or a power-losing disk under the whole storage.
 *
 * <p>All calls block; none follows a symbolic link in the last component of a path.
 */
public interface StorageIo {
    /** How a file is opened. */
    enum Mode {
        READ,
        /** An existing file, to read and write. */
        WRITE,
        /** A file that must not exist yet, mode 0600 less the umask, to read and write. */
        CREATE
    }

    IoFile open(Path file, Mode mode) throws IOException;

    /**
     * Opens {@code base/relative} without following a link in any component of {@code relative}: what lies below
     * {@code base} may belong to a user who is not trusted.
     */
    default IoFile openBeneath(Path base, Path relative, Mode mode) throws IOException {
        return open(base.resolve(relative), mode);
    }

    /** The directory of {@code base/relative}, which has to be there; no link is followed on the way from base. */
    default Folder folder(Path base, Path relative) throws IOException {
        Path parent = base.resolve(relative).getParent();
        return new Folder.ByPath(this, parent == null ? base : parent);
    }

    /** What is there, links not followed; {@code null} if nothing is. */
    @Nullable
    FileStatus stat(Path path) throws IOException;

    /**
     * Whether a file is in a directory that this storage has made. Nothing but a directory that can be read says no:
     * the directory of a disk that is not mounted any more is gone, and what was in it may still be there.
     */
    default boolean isIn(Path directory, Path file) throws IOException {
        if (stat(file) != null) {
            return true;
        }
        FileStatus there = stat(directory);
        if (there == null || there.kind() != FileStatus.Kind.DIRECTORY) {
            throw new NoSuchFileException(directory.toString());
        }
        return false;
    }

    /** The name of a file's owner, or its number where it has no name. */
    String owner(Path path) throws IOException;

    /** Gives a file the owner, group and mode of another; fails if one of them cannot be had. */
    void copyAccess(Path from, Path to) throws IOException;

    /** Replaces {@code to} in one step. */
    void rename(Path from, Path to) throws IOException;

    /** A second name for a file; fails with {@link java.nio.file.FileAlreadyExistsException} if that is taken. */
    void link(Path existing, Path link) throws IOException;

    /** Removes a name; nothing happens if it is not there. */
    void unlink(Path path) throws IOException;

    /** Creates a directory, mode 0700 less the umask; nothing happens if it is there. */
    void makeDirectory(Path directory) throws IOException;

    /** Makes the names in a directory durable. */
    void forceDirectory(Path directory) throws IOException;

    /** The names in a directory in no order; none if it does not exist. */
    List<String> list(Path directory) throws IOException;

    /** Whether this process may create files in that directory. */
    boolean isWritable(Path directory) throws IOException;

    /** Whether there is such a file and everybody on this machine may write to it. */
    boolean isWritableByAll(Path file) throws IOException;

    /** Octets that may still be written where that path is. */
    long usableSpace(Path path) throws IOException;

    /** The type of file system a path is on: {@code ext4}, {@code nfs4}. */
    String fileSystemType(Path path) throws IOException;
}
