package org.pop2.storage.fs.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.pop2.storage.fs.format.MboxFormat;
import org.pop2.storage.fs.io.Hashes;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.io.StorageIo;
import org.pop2.storage.fs.lock.MailboxPath;
import org.pop2.storage.fs.lock.MboxLocks;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notes what is about to be appended to a mailbox, so that what a crash leaves of it can be told from everybody else's
 * mail and cut off again: it was not acknowledged, so it comes once more. The note is durable before the first octet is
 * appended and goes when the last one is durable; that it went need not be durable, for a note of a message that is
 * there as a whole does nothing. Methods that are given a locked mailbox want it so.
 *
 * <p>The note has all of the message, not only where it begins: after a crash another program may have appended behind
 * a torn message, and that mail must not go with it. Hashes of blocks would not do, for a message may be torn at any
 * octet.
 */
public final class Deliveries {
    private static final Logger LOG = LoggerFactory.getLogger(Deliveries.class);
    private static final String SUFFIX = ".delivery";
    private static final byte[] MAGIC = "pop2dlv2".getBytes(StandardCharsets.US_ASCII);
    private static final int FIXED = MAGIC.length + 8 + 4 * 2 + Hashes.LENGTH;

    private final StorageIo io;
    private final Path directory;

    /** @param directory for the notes; exists */
    public Deliveries(StorageIo io, Path directory) {
        this.io = io;
        this.directory = directory;
    }

    /**
     * A note that is whole.
     *
     * @param file which mailbox
     * @param oldSize its size before
     * @param beforeHash of the octets just before that
     * @param content where in the note the octets are that were to be appended
     */
    private record Note(Path file, long oldSize, String beforeHash, Journal.Range content) {}

    private enum Rest {
        NOTHING,
        TORN,
        /** Torn by a power failure, all of it long enough, with other mail behind it. */
        FULL_OF_HOLES,
        WHOLE,
        /** Not only ours, or not to be told. */
        FOREIGN
    }

    /** Appends {@code lineEnds} and the message at {@code size}, durably when it returns, and nothing if it fails. */
    public void append(MboxLocks.Locked locked, long size, byte[] lineEnds, StoredMessage message) throws IOException {
        IoFile file = locked.file();
        begin(locked, size, lineEnds, message);
        boolean clean = false;
        try {
            // nothing is written yet that would have to be told from somebody else's mail
            clean = true;
            file.requireEnd(size);
            clean = false;
            boolean done = false;
            try {
                file.append(ByteBuffer.wrap(lineEnds), size);
                message.writeTo(file, size + lineEnds.length, locked::keepAlive);
                file.force();
                done = true;
            } finally {
                clean = done || isTakenBack(locked, size);
            }
        } finally {
            if (clean) {
                end(locked.path());
            }
        }
    }

    /** Whether nothing of a failed delivery is left. */
    private boolean isTakenBack(MboxLocks.Locked locked, long size) {
        try {
            return takeBack(locked);
        } catch (IOException e) {
            LOG.atError()
                    .addKeyValue("mailbox", locked.path())
                    .addKeyValue("octet", size)
                    .addKeyValue("error", e.toString())
                    .log("delivery-torn");
            return false;
        }
    }

    /** Notes that {@code lineEnds} and the message will be appended at {@code size}. Durable when it returns. */
    public void begin(MboxLocks.Locked mailbox, long size, byte[] lineEnds, StoredMessage message) throws IOException {
        Path path = note(mailbox.path());
        byte[] name = mailbox.path().file().toString().getBytes(StandardCharsets.UTF_8);
        ByteBuffer header = ByteBuffer.allocate(FIXED + name.length + lineEnds.length);
        header.put(MAGIC)
                .putLong(size)
                .putInt(name.length)
                .putInt(0)
                .put(Hashes.octets(Hashes.before(mailbox.file(), size)))
                .put(name)
                .put(lineEnds)
                .flip();
        long messageAt = header.remaining();
        boolean sealed = false;
        try (IoFile file = io.open(path, StorageIo.Mode.CREATE)) {
            file.write(header, 0);
            message.writeTo(file, messageAt, mailbox::keepAlive);
            long end = messageAt + message.length();
            file.write(ByteBuffer.wrap(Hashes.octets(Hashes.of(file, 0, end))), end);
            file.force();
            io.forceDirectory(directory);
            sealed = true;
        } finally {
            if (!sealed) {
                io.unlink(path);
            }
        }
    }

    /** The message is durable, or all of it is gone again. */
    private void end(MailboxPath path) {
        try {
            io.unlink(note(path));
        } catch (IOException e) {
            // the next opening finds out that there is nothing to do
            LOG.atWarn()
                    .addKeyValue("mailbox", path)
                    .addKeyValue("error", e.toString())
                    .log("delivery-note-left");
        }
    }

    private Path note(MailboxPath path) {
        return directory.resolve(path.key() + SUFFIX);
    }

    /** Whether a delivery to that mailbox is going on, or was interrupted. */
    public boolean isPending(MailboxPath path) throws IOException {
        return io.isIn(directory, note(path));
    }

    /** The mailboxes of all notes that there are. */
    public List<Path> pending() throws IOException {
        List<Path> files = new ArrayList<>();
        for (String name : io.list(directory)) {
            if (name.endsWith(SUFFIX)) {
                try (IoFile file = io.open(directory.resolve(name), StorageIo.Mode.READ)) {
                    read(file).ifPresent(note -> files.add(note.file()));
                } catch (NoSuchFileException e) {
                    LOG.atDebug().addKeyValue("file", name).log("journal-gone");
                }
            }
        }
        return files;
    }

    /**
     * Cuts off what an interrupted delivery left, unless it is whole or anybody else's octets follow. If they follow
     * where they should, what power tore out of the message is put back; it is delivered twice then, at worst.
     */
    public void recover(MboxLocks.Locked mailbox) throws IOException {
        Path path = note(mailbox.path());
        if (!io.isIn(directory, path)) {
            return;
        }
        try (IoFile file = io.open(path, StorageIo.Mode.READ)) {
            Optional<Note> note = read(file);
            if (note.isPresent()) {
                recover(mailbox, note.get());
            } else {
                LOG.atInfo()
                        .addKeyValue("mailbox", mailbox.path())
                        .addKeyValue("outcome", "never-begun")
                        .log("delivery-recovered");
            }
        }
        io.unlink(path);
    }

    /**
     * Cuts off again what a delivery that failed has written; whether nothing of it is left. What somebody else
     * appended meanwhile is not cut off with it.
     */
    private boolean takeBack(MboxLocks.Locked mailbox) throws IOException {
        try (IoFile file = io.open(note(mailbox.path()), StorageIo.Mode.READ)) {
            Note note = read(file).orElse(null);
            if (note == null) {
                return false;
            }
            IoFile written = mailbox.file();
            Rest rest = rest(mailbox, note);
            boolean ours = rest == Rest.TORN
                    || (rest == Rest.WHOLE
                            && written.size() == note.oldSize() + note.content().length());
            if (ours) {
                written.truncate(note.oldSize());
                written.force();
            }
            return ours || rest == Rest.NOTHING;
        }
    }

    private static void recover(MboxLocks.Locked mailbox, Note note) throws IOException {
        IoFile file = mailbox.file();
        switch (rest(mailbox, note)) {
            case NOTHING -> {
                LOG.atInfo()
                        .addKeyValue("mailbox", mailbox.path())
                        .addKeyValue("outcome", "never-begun")
                        .log("delivery-recovered");
                // or another recovery cut it off, was killed, and power may fail next
                file.force();
            }
            case WHOLE -> file.force();
            case TORN -> {
                LOG.atInfo()
                        .addKeyValue("mailbox", mailbox.path())
                        .addKeyValue("outcome", "cut-off")
                        .log("delivery-recovered");
                file.truncate(note.oldSize());
                file.force();
            }
            case FULL_OF_HOLES -> {
                LOG.atInfo()
                        .addKeyValue("mailbox", mailbox.path())
                        .addKeyValue("outcome", "completed")
                        .log("delivery-recovered");
                note.content().copyTo(file, note.oldSize(), mailbox::keepAlive);
                file.force();
            }
            case FOREIGN ->
                LOG.atError()
                        .addKeyValue("mailbox", mailbox.path())
                        .addKeyValue("octet", note.oldSize())
                        .log("delivery-not-recovered");
        }
    }

    private static Rest rest(MboxLocks.Locked mailbox, Note note) throws IOException {
        IoFile file = mailbox.file();
        long size = file.size();
        // whether it is the same inode does not matter: what is compared is all that a recovery relies on
        if (size < note.oldSize() || !note.beforeHash().equals(Hashes.before(file, note.oldSize()))) {
            return Rest.FOREIGN;
        }
        if (size == note.oldSize()) {
            return Rest.NOTHING;
        }
        long there = size - note.oldSize();
        long compared = Math.min(there, note.content().length());
        boolean equal = true;
        ByteBuffer wanted = ByteBuffer.allocate(MboxFormat.BLOCK);
        ByteBuffer found = ByteBuffer.allocate(MboxFormat.BLOCK);
        for (long at = 0; at < compared; at += wanted.limit()) {
            int length = (int) Math.min(MboxFormat.BLOCK, compared - at);
            wanted.clear().limit(length);
            found.clear().limit(length);
            if (!note.content().file().readFully(wanted, note.content().from() + at)
                    || !file.readFully(found, note.oldSize() + at)) {
                throw new IOException("a file became shorter while it was compared");
            }
            equal &= Arrays.equals(wanted.array(), 0, length, found.array(), 0, length);
            if (!equal && !isTorn(wanted.array(), found.array(), length)) {
                return Rest.FOREIGN;
            }
        }
        if (there < note.content().length()) {
            return Rest.TORN;
        }
        if (equal) {
            // mail behind it is no business of this note
            return Rest.WHOLE;
        }
        return there == note.content().length() ? Rest.TORN : Rest.FULL_OF_HOLES;
    }

    /** Whether each octet is what was to be there or, in a block that power failed to write, zero. */
    private static boolean isTorn(byte[] wanted, byte[] found, int length) {
        for (int i = 0; i < length; i++) {
            if (found[i] != wanted[i] && found[i] != 0) {
                return false;
            }
        }
        return true;
    }

    private static Optional<Note> read(IoFile file) throws IOException {
        long size = file.size();
        if (size < FIXED + Hashes.LENGTH) {
            return Optional.empty();
        }
        ByteBuffer header = ByteBuffer.allocate(FIXED);
        if (!file.readFully(header, 0) || !Arrays.equals(Arrays.copyOf(header.array(), MAGIC.length), MAGIC)) {
            return Optional.empty();
        }
        header.flip().position(MAGIC.length);
        long oldSize = header.getLong();
        int nameLength = header.getInt();
        header.getInt();
        String beforeHash = Hashes.get(header);
        long sealed = size - Hashes.LENGTH;
        if (nameLength < 0 || nameLength > sealed - FIXED || oldSize < 0) {
            return Optional.empty();
        }
        ByteBuffer name = ByteBuffer.allocate(nameLength);
        ByteBuffer seal = ByteBuffer.allocate(Hashes.LENGTH);
        if (!file.readFully(name, FIXED)
                || !file.readFully(seal, sealed)
                || !Hashes.get(seal.flip()).equals(Hashes.of(file, 0, sealed))) {
            return Optional.empty();
        }
        return Optional.of(new Note(
                Path.of(new String(name.array(), StandardCharsets.UTF_8)),
                oldSize,
                beforeHash,
                new Journal.Range(file, FIXED + nameLength, sealed)));
    }
}
