package org.pop2.storage.fs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.fs.format.MboxFormat;
import org.pop2.storage.fs.format.MboxIndex;
import org.pop2.storage.fs.io.FileStatus;
import org.pop2.storage.fs.io.Hashes;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.io.StorageIo;
import org.pop2.storage.fs.lock.MailboxPath;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The index of a mailbox on disk, in the state directory: a cache, written without fsync, used only if everything
 * matches, and deletable at any time.
 */
final class IndexFile {
    private static final Logger LOG = LoggerFactory.getLogger(IndexFile.class);
    private static final byte[] MAGIC = "pop2idx4".getBytes(StandardCharsets.US_ASCII);
    private static final int HEADER = MAGIC.length + 4 * 4 + 8 * 6 + 2 * Hashes.LENGTH;
    private static final int ROW = MboxIndex.WORDS * Long.BYTES;
    private static final int BLOCK = 64 * 1024;
    private static final String SUFFIX = ".index";

    private final StorageIo io;
    private final Path directory;
    private final MboxFormat format;

    IndexFile(StorageIo io, Path directory, MboxFormat format) {
        this.io = io;
        this.directory = directory;
        this.format = format;
    }

    /**
     * An index and the file it was made of.
     *
     * @param status of the mailbox when it was scanned
     * @param head hash of its first octets
     * @param tail hash of the last octets before the index's end
     */
    record Stored(MboxIndex index, FileStatus status, String head, String tail) {
        static Stored of(IoFile file, MboxIndex index, FileStatus status) throws IOException {
            return new Stored(index, status, headHash(file, index.end()), Hashes.before(file, index.end()));
        }

        /** Whether it equals that one. */
        boolean isThat(@Nullable Stored other) {
            return other != null && index == other.index && status.sameAs(other.status);
        }

        /** Whether the mailbox is unchanged, judging by its times. */
        boolean isUnchanged(FileStatus now) {
            return status.on(now.key().device()).sameAs(now);
        }

        /** The same with the current status, since the disk may have another number. */
        Stored at(FileStatus now) {
            return now.key().equals(status.key()) ? this : new Stored(index, now, head, tail);
        }

        /** Whether the mailbox has only been appended to. */
        boolean isBeginningOf(IoFile file, FileStatus now) throws IOException {
            return !index.hasNotes() && isPrefixOf(file, now);
        }

        /** Whether the scanned octets are unchanged, judging by head and tail. */
        boolean isPrefixOf(IoFile file, FileStatus now) throws IOException {
            return now.key().inode() == status.key().inode()
                    && now.size() >= index.end()
                    && head.equals(headHash(file, index.end()))
                    && tail.equals(Hashes.before(file, index.end()));
        }

        private static String headHash(IoFile file, long end) throws IOException {
            return Hashes.of(file, 0, Math.min(Hashes.PIECE, end));
        }
    }

    private Path path(MailboxPath mailbox) {
        return directory.resolve(mailbox.key() + SUFFIX);
    }

    void remove(MailboxPath mailbox) throws IOException {
        io.unlink(path(mailbox));
    }

    Optional<Stored> load(MailboxPath mailbox) {
        try (IoFile file = io.open(path(mailbox), StorageIo.Mode.READ)) {
            return Optional.ofNullable(parse(file));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            LOG.atWarn()
                    .addKeyValue("mailbox", mailbox)
                    .addKeyValue("error", e.toString())
                    .log("index-unreadable");
            return Optional.empty();
        }
    }

    private @Nullable Stored parse(IoFile file) throws IOException {
        long size = file.size();
        if (size < HEADER || size > HEADER + (long) format.maxMessages() * ROW) {
            return null;
        }
        ByteBuffer header = ByteBuffer.allocate(HEADER);
        if (!file.readFully(header, 0)) {
            return null;
        }
        header.flip();
        byte[] magic = new byte[MAGIC.length];
        header.get(magic);
        int wanted = header.getInt();
        CRC32C crc = new CRC32C();
        crc.update(header.duplicate());
        if (!Arrays.equals(magic, MAGIC) || header.getInt() != parserMode()) {
            return null;
        }
        int rows = header.getInt();
        int flags = header.getInt();
        FileStatus status = new FileStatus(
                FileStatus.Kind.FILE,
                new FileStatus.FileKey(header.getLong(), header.getLong()),
                1,
                0,
                0,
                header.getLong(),
                header.getLong(),
                header.getLong());
        long end = header.getLong();
        String head = Hashes.get(header);
        String tail = Hashes.get(header);
        if (rows < 0 || HEADER + (long) rows * ROW != size || end != status.size()) {
            return null;
        }
        long[] words = new long[rows * MboxIndex.WORDS];
        ByteBuffer block = ByteBuffer.allocate(Math.min(BLOCK, rows * ROW));
        for (int at = 0; at < words.length; at += block.limit() / Long.BYTES) {
            block.clear().limit(Math.min(block.capacity(), (words.length - at) * Long.BYTES));
            if (!file.readFully(block, HEADER + (long) at * Long.BYTES)) {
                return null;
            }
            block.flip();
            crc.update(block.duplicate());
            block.asLongBuffer().get(words, at, block.limit() / Long.BYTES);
        }
        if (wanted != (int) crc.getValue()) {
            return null;
        }
        // the row above, and one bit
        boolean pseudo = (flags & 1) != 0;
        return new Stored(new MboxIndex(words, rows, end, pseudo, flags >>> 1), status, head, tail);
    }

    /** The settings that affect how the octets are parsed. */
    private int parserMode() {
        int quoting = switch (format.quoting()) {
            case MBOXRD -> 0;
            case MBOXO -> 1;
            case NONE -> 2;
        };
        return quoting * 2 + (format.lenient() ? 1 : 0);
    }

    /** Saves the index; failing to save is not an error. */
    void save(MailboxPath mailbox, Stored stored) {
        MboxIndex index = stored.index();
        FileStatus status = stored.status();
        ByteBuffer header = ByteBuffer.allocate(HEADER);
        header.put(MAGIC)
                .putInt(0)
                .putInt(parserMode())
                .putInt(index.rows())
                .putInt(index.claimant() << 1 | (index.pseudo() ? 1 : 0))
                .putLong(status.key().device())
                .putLong(status.key().inode())
                .putLong(status.size())
                .putLong(status.mtime())
                .putLong(status.ctime())
                .putLong(index.end())
                .put(Hashes.octets(stored.head()))
                .put(Hashes.octets(stored.tail()))
                .flip();
        CRC32C crc = new CRC32C();
        crc.update(header.duplicate().position(MAGIC.length + Integer.BYTES));
        inBlocks(index, (block, position) -> crc.update(block));
        header.putInt(MAGIC.length, (int) crc.getValue());

        Path path = path(mailbox);
        Path temporary = path.resolveSibling(path.getFileName() + "." + UUID.randomUUID() + ".tmp");
        try {
            try (IoFile file = io.open(temporary, StorageIo.Mode.CREATE)) {
                file.write(header, 0);
                inBlocks(index, file::write);
            }
            io.rename(temporary, path);
        } catch (IOException e) {
            LOG.atWarn()
                    .addKeyValue("mailbox", mailbox)
                    .addKeyValue("error", e.toString())
                    .log("index-not-saved");
            discard(temporary);
        }
    }

    private interface Sink<E extends Exception> {
        void accept(ByteBuffer block, long position) throws E;
    }

    /** Encodes the rows piece by piece, as an index may have megabytes. */
    private static <E extends Exception> void inBlocks(MboxIndex index, Sink<E> sink) throws E {
        int longs = index.rows() * MboxIndex.WORDS;
        ByteBuffer block = ByteBuffer.allocate(Math.min(BLOCK, index.rows() * ROW));
        for (int at = 0; at < longs; at += block.limit() / Long.BYTES) {
            block.clear().limit(Math.min(block.capacity(), (longs - at) * Long.BYTES));
            block.asLongBuffer().put(index.words(), at, block.limit() / Long.BYTES);
            sink.accept(block, HEADER + (long) at * Long.BYTES);
        }
    }

    private void discard(Path file) {
        try {
            io.unlink(file);
        } catch (IOException e) {
            LOG.atWarn()
                    .addKeyValue("file", file)
                    .addKeyValue("error", e.toString())
                    .log("file-not-removed");
        }
    }

    /** Removes files that interrupted saves left. */
    void sweep() throws IOException {
        for (String name : io.list(directory)) {
            if (name.endsWith(".tmp")) {
                io.unlink(directory.resolve(name));
            }
        }
    }
}
