package org.pop2.storage.fs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.Notes;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.io.StorageIo;
import org.pop2.storage.fs.lock.MailboxPath;

/**
 * Notes about mailboxes, a file each in the state directory. Only the holder of a mailbox writes them. Replaced by
 * rename without fsync: a crash leaves the old note, the new one, or an empty file, which counts as none. Blocks.
 */
final class NoteFiles {
    private final StorageIo io;
    private final Path directory;

    NoteFiles(StorageIo io, Path directory) {
        this.io = io;
        this.directory = directory;
    }

    private Path path(MailboxPath mailbox, String name) {
        return directory.resolve(mailbox.key() + "." + name);
    }

    byte @Nullable [] read(MailboxPath mailbox, String name) throws IOException {
        try (IoFile file = io.open(path(mailbox, name), StorageIo.Mode.READ)) {
            long size = file.size();
            if (size == 0 || size > Notes.MAX_OCTETS) {
                return null;
            }
            ByteBuffer octets = ByteBuffer.allocate((int) size);
            return file.readFully(octets, 0) ? octets.array() : null;
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    void write(MailboxPath mailbox, String name, byte[] octets) throws IOException {
        Path path = path(mailbox, name);
        if (octets.length == 0) {
            io.unlink(path);
            return;
        }
        Path temporary = path.resolveSibling(path.getFileName() + "." + UUID.randomUUID() + ".tmp");
        boolean done = false;
        try {
            try (IoFile file = io.open(temporary, StorageIo.Mode.CREATE)) {
                file.write(ByteBuffer.wrap(octets), 0);
            }
            io.rename(temporary, path);
            done = true;
        } finally {
            if (!done) {
                io.unlink(temporary);
            }
        }
    }

    /** Removes files that interrupted writes left. */
    void sweep() throws IOException {
        for (String name : io.list(directory)) {
            if (name.endsWith(".tmp")) {
                io.unlink(directory.resolve(name));
            }
        }
    }
}
