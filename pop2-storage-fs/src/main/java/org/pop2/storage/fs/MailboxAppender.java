package org.pop2.storage.fs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.fs.format.MboxFormat;
import org.pop2.storage.fs.format.MboxIndex;
import org.pop2.storage.fs.format.MboxScanner;
import org.pop2.storage.fs.io.FileStatus;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.io.StorageIo;
import org.pop2.storage.fs.journal.Deliveries;
import org.pop2.storage.fs.journal.StoredMessage;
import org.pop2.storage.fs.lock.MailboxPath;
import org.pop2.storage.fs.lock.MboxLocks;

/** Appends to a mailbox file, created with its first message. Blocks. */
final class MailboxAppender {
    /** A lower bound of the octets of a From_ line. */
    private static final long SHORTEST_MESSAGE = 20;

    private final StorageIo io;
    private final MboxLocks locks;
    private final Deliveries deliveries;
    private final MailboxRecovery recovery;
    private final MailboxIndexer indexer;
    private final MboxFormat format;

    MailboxAppender(
            StorageIo io,
            MboxLocks locks,
            Deliveries deliveries,
            MailboxRecovery recovery,
            MailboxIndexer indexer,
            MboxFormat format) {
        this.io = io;
        this.locks = locks;
        this.deliveries = deliveries;
        this.recovery = recovery;
        this.indexer = indexer;
        this.format = format;
    }

    /** A last check before a message is appended. */
    interface Room {
        void check(MboxIndex contents);
    }

    /**
     * Appends a message, durably when it returns, and nothing if it fails.
     *
     * @param room fails if there is no room; called with the mailbox locked; {@code null}: no check
     */
    void append(MailboxPath path, StoredMessage message, @Nullable Room room) throws IOException {
        makeDirectories(path);
        try (MboxLocks.Locked locked = locks.lock(path, true)) {
            if (locked == null) {
                throw new StoreException(Reason.BUSY, path + ": removed while it was created");
            }
            if (!locked.mailbox().writable()) {
                throw new StoreException(Reason.UNAVAILABLE, path + ": read-only");
            }
            recovery.recover(locked);
            IoFile file = locked.file();
            long size = file.size();
            boolean mayBeFull = size / SHORTEST_MESSAGE + message.messages() > format.maxMessages();
            if (room != null || mayBeFull) {
                MboxIndex contents = indexer.contents(locked);
                // with more, no session would be given the mailbox
                MboxScanner.requireAtMost(contents.rows() + message.messages(), format);
                if (room != null) {
                    room.check(contents);
                }
            }
            deliveries.append(locked, size, lineEndsBefore(file, size), message);
        }
    }

    private void makeDirectories(MailboxPath path) throws IOException {
        Path at = path.base();
        for (int i = 0; i < path.relative().getNameCount() - 1; i++) {
            Path next = at.resolve(path.relative().getName(i));
            FileStatus there = io.stat(next);
            if (there == null) {
                io.makeDirectory(next);
                io.forceDirectory(at);
            } else if (there.kind() != FileStatus.Kind.DIRECTORY) {
                throw new StoreException(
                        Reason.CORRUPT, next + " is " + there.kind() + ", no directory (links are not followed)");
            }
            at = next;
        }
    }

    /** The line ends that are missing for the file to end with an empty line. */
    private static byte[] lineEndsBefore(IoFile file, long size) throws IOException {
        if (size == 0) {
            return new byte[0];
        }
        // as for an opening: mail that nobody could read is not taken
        if (!MboxScanner.startsMessage(file, 0, size)) {
            throw MboxScanner.noMailbox();
        }
        ByteBuffer end = ByteBuffer.allocate((int) Math.min(4, size));
        if (!file.readFully(end, size - end.capacity())) {
            throw new IOException("the mailbox became shorter while it was locked");
        }
        String text = new String(end.array(), StandardCharsets.ISO_8859_1);
        if (text.endsWith("\n\n") || text.endsWith("\n\r\n")) {
            return new byte[0];
        }
        return text.endsWith("\n") ? new byte[] {'\n'} : new byte[] {'\n', '\n'};
    }
}
