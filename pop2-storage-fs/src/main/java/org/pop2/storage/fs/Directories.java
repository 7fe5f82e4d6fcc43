package org.pop2.storage.fs;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.fs.io.StorageIo;

/** Creates the directories of a storage, and refuses unreliable ones. */
public final class Directories {
    private static final Pattern NETWORK = Pattern.compile("nfs.*|cifs|smb.*|fuse.*|9p|afs|ceph|glusterfs|lustre");

    private final StorageIo io;
    private final boolean networkAllowed;

    /** @param networkAllowed whether to trust locks and fsync of network file systems */
    Directories(StorageIo io, boolean networkAllowed) {
        this.io = io;
        this.networkAllowed = networkAllowed;
    }

    private static Path parent(Path file) {
        Path parent = file.getParent();
        return parent == null ? file : parent;
    }

    /** A directory within the state directory. */
    Path below(Path state, String name) throws IOException {
        Path directory = state.resolve(name);
        io.makeDirectory(directory);
        return directory;
    }

    /** Creates a directory and its missing parents. */
    void make(Path directory) throws IOException {
        List<Path> missing = new ArrayList<>();
        for (Path at = directory; at != null && io.stat(at) == null; at = at.getParent()) {
            missing.add(0, at);
        }
        for (Path next : missing) {
            io.makeDirectory(next);
            io.forceDirectory(parent(next));
        }
    }

    /** Fails for network file systems, unless allowed. */
    void requireLocal(Path directory) throws IOException {
        String type = io.fileSystemType(directory);
        if (!networkAllowed && NETWORK.matcher(type.toLowerCase(Locale.ROOT)).matches()) {
            throw new StoreException(
                    Reason.UNAVAILABLE,
                    directory + " is on " + type + ", where locks and fsync are not to be trusted; if yours are,"
                            + " set allow-network-file-systems = true");
        }
    }

    /** Fails if others may write to the accounts, who could then log in as anybody. */
    void requireOwn(Path accounts) throws IOException {
        if (io.isWritableByAll(accounts)) {
            throw new StoreException(
                    Reason.UNAVAILABLE, accounts + " can be written by everybody: chmod o-w " + accounts);
        }
    }

    /** Creates the directory of a file. */
    void makeFor(Path file) throws IOException {
        make(parent(file));
    }
}
