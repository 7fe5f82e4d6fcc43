package org.pop2.storage.fs.journal;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.fs.format.Quoting;
import org.pop2.storage.fs.format.StoredForm;
import org.pop2.storage.fs.io.Folder;
import org.pop2.storage.fs.io.Hashes;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.io.StorageIo;
import org.pop2.storage.fs.lock.MailboxPath;
import org.pop2.storage.fs.lock.MboxLocks;

/**
 * Replaces all of a mailbox in place, and keeps beside it what was there. All methods want the mailbox locked.
 *
 * <ol>
 *   <li>The mailbox is copied to a hidden file beside it, which is forced and gets its name when it is complete.
 *   <li>A removal, which comes next, makes a file shorter, and a recovery knows by the octets behind its new end that
 *       it is not finished. So line feeds are appended first where the new content is not that much shorter, by a
 *       delivery: all of them or none. A mailbox with more empty lines at its end is the same mailbox.
 *   <li>The new content is the image of a removal that begins at the first octet ({@link Commits#remove}).
 * </ol>
 */
public final class Replacements {
    /** No mailbox listing takes a name with a dot before it for a folder. */
    private static final String KEPT = ".original";

    private static final String UNFINISHED = KEPT + ".tmp";

    /** Line feeds behind the new end: so many in a row stand nowhere by chance. */
    private static final int PAD = 64;

    private static final int MOST_LONGER = 64 * 1024 * 1024;

    private final StorageIo io;
    private final Path spool;
    private final Commits commits;
    private final Deliveries deliveries;

    /** @param spool a directory for the new content; exists */
    public Replacements(StorageIo io, Path spool, Commits commits, Deliveries deliveries) {
        this.io = io;
        this.spool = spool;
        this.commits = commits;
        this.deliveries = deliveries;
    }

    /** Gives the octets of a mailbox. */
    public interface Content {
        void writeTo(StoredForm.Sink out) throws IOException;
    }

    /** New content, in a file of its own until {@link #close}. */
    public static final class Image implements Closeable {
        private final StorageIo io;
        private final Path path;
        private final IoFile file;
        private long length;

        private Image(StorageIo io, Path path) throws IOException {
            this.io = io;
            this.path = path;
            this.file = io.open(path, StorageIo.Mode.CREATE);
        }

        private void put(byte[] octets, int from, int to) throws IOException {
            file.write(ByteBuffer.wrap(octets, from, to - from), length);
            length += to - from;
        }

        public IoFile file() {
            return file;
        }

        public long length() {
            return length;
        }

        @Override
        public void close() throws IOException {
            try {
                file.close();
            } finally {
                io.unlink(path);
            }
        }
    }

    /** Takes in what a mailbox is to become; changes nothing. */
    public Image image(Content content) throws IOException {
        Image image = new Image(io, spool.resolve(UUID.randomUUID() + ".spool"));
        boolean whole = false;
        try {
            content.writeTo(image::put);
            whole = true;
            return image;
        } finally {
            if (!whole) {
                image.close();
            }
        }
    }

    /**
     * Replaces the content; durable when it returns.
     *
     * @param size of what is there: a program that heeds none of our locks may have appended since
     * @param when a part of the name of what is kept
     * @return where it is kept
     */
    public Path replace(MboxLocks.Locked mailbox, long size, Image image, String when) throws IOException {
        Path kept = keep(mailbox, size, when);
        long end = size;
        if (size - image.length() < PAD) {
            long more = image.length() - size + PAD;
            if (more > MOST_LONGER) {
                throw new StoreException(
                        Reason.UNAVAILABLE,
                        mailbox.path() + ": would become more than " + MOST_LONGER + " octets longer");
            }
            byte[] lineFeeds = new byte[(int) more];
            Arrays.fill(lineFeeds, (byte) '\n');
            try (StoredMessage nothing = new StoredMessage(io, spool, Quoting.NONE, new byte[0])) {
                deliveries.append(mailbox, size, lineFeeds, nothing);
            }
            end += lineFeeds.length;
        }
        commits.remove(mailbox, 0, List.of(new Journal.Range(image.file(), 0, image.length())), end);
        return kept;
    }

    private Path keep(MboxLocks.Locked mailbox, long size, String when) throws IOException {
        MailboxPath path = mailbox.path();
        String prefix = "." + path.file().getFileName() + ".";
        String name = prefix + when + KEPT;
        String temporary = prefix + when + UNFINISHED;
        try (Folder folder = io.folder(path.base(), path.relative())) {
            for (String left : io.list(path.directory())) {
                if (left.startsWith(prefix) && left.endsWith(UNFINISHED)) {
                    folder.unlink(left);
                }
            }
            if (folder.key(name) != null) {
                throw new StoreException(Reason.BUSY, path + ": was repaired a moment ago");
            }
            boolean whole = false;
            try (IoFile copy = folder.open(temporary, StorageIo.Mode.CREATE)) {
                new Journal.Range(mailbox.file(), 0, size).copyTo(copy, 0, mailbox::keepAlive);
                copy.force();
                mailbox.file().requireEnd(size);
                if (!Hashes.of(copy, 0, size).equals(Hashes.of(mailbox.file(), 0, size))) {
                    throw new StoreException(Reason.BUSY, path + ": written to while it was locked");
                }
                whole = true;
            } finally {
                if (!whole) {
                    folder.unlink(temporary);
                }
            }
            folder.move(temporary, name);
            io.forceDirectory(path.directory());
        }
        return path.file().resolveSibling(name);
    }
}
