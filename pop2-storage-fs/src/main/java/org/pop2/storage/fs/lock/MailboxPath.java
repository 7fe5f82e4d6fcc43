package org.pop2.storage.fs.lock;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.fs.io.FileStatus;
import org.pop2.storage.fs.io.Hashes;
import org.pop2.storage.fs.io.ProcessIdentity;
import org.pop2.storage.fs.io.StorageIo;

/**
 * Where a mailbox file is.
 *
 * @param base the part that the administrator chose and that is trusted; links in it are followed
 * @param relative the part below, which may belong to the user; links in it are refused
 * @param owner who may own the file besides the server's own user and root: the name of the mail user, or what the
 *     setting {@code owner} says
 */
public record MailboxPath(Path base, Path relative, String owner) {
    public Path file() {
        return base.resolve(relative);
    }

    public Path directory() {
        Path parent = file().getParent();
        return parent == null ? base : parent;
    }

    public Path dotLock() {
        return file().resolveSibling(file().getFileName() + ".lock");
    }

    /** A name for files about this mailbox in the state directory. */
    public String key() {
        return Hashes.sha256(file().toString().getBytes(StandardCharsets.UTF_8)).substring(0, 40);
    }

    /**
     * What is there, if it is a mailbox that may be used.
     *
     * @return {@code null} if nothing is
     * @throws StoreException if there is something else
     */
    @Nullable
    public FileStatus check(StorageIo io) throws IOException {
        Path at = base;
        for (int i = 0; i < relative.getNameCount() - 1; i++) {
            at = at.resolve(relative.getName(i));
            FileStatus directory = io.stat(at);
            if (directory == null) {
                return null;
            }
            if (directory.kind() == FileStatus.Kind.FILE) {
                return null;
            }
            if (directory.kind() != FileStatus.Kind.DIRECTORY) {
                throw refused(at + " is " + directory.kind() + ", no directory (links are not followed)");
            }
        }
        FileStatus status = io.stat(file());
        if (status == null) {
            return null;
        }
        if (!status.isFile()) {
            throw refused(file() + " is " + status.kind() + ", no mailbox");
        }
        if (status.links() != 1) {
            throw refused(file() + " has " + status.links() + " names, a mailbox has one");
        }
        if (status.uid() != ProcessIdentity.uid() && !mayOwn(io)) {
            throw refused(file() + " belongs to " + io.owner(file()) + ", neither to this server nor to " + owner);
        }
        return status;
    }

    /**
     * Whether what is there, or on the way there, is no file: a directory, a link, a FIFO. Nobody keeps mail in such a
     * thing, so a folder of that name does not exist.
     */
    public boolean isNoFile(StorageIo io) throws IOException {
        Path at = base;
        for (Path part : relative) {
            at = at.resolve(part);
            FileStatus status = io.stat(at);
            if (status == null) {
                return false;
            }
            boolean last = at.equals(file());
            if (last ? !status.isFile() : status.kind() != FileStatus.Kind.DIRECTORY) {
                return true;
            }
        }
        return false;
    }

    private boolean mayOwn(StorageIo io) throws IOException {
        return io.owner(file()).equals(owner);
    }

    private static StoreException refused(String why) {
        return new StoreException(Reason.CORRUPT, why);
    }

    @Override
    public String toString() {
        return file().toString();
    }
}
