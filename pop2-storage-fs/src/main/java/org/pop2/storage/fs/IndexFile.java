package org.pop2.storage.fs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The index of a mailbox on disk, in the state directory: a cache, written without fsync, believed only if everything
 * fits, and deletable at any time.
 */
final class IndexFile {
    private static final Logger LOG = LoggerFactory.getLogger(IndexFile.class);
    private static final byte[] MAGIC = "pop2idx1".getBytes(StandardCharsets.US_ASCII);
    private static final int HEADER = MAGIC.length + 4 * 4 + 8 * 6 + 2 * Hashes.LENGTH;
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

        /** Whether the mailbox's octets that were scanned are there as they were, as far as head and tail tell. */
        boolean isPrefixOf(IoFile file, FileStatus now) throws IOException {
            return now.key().equals(status.key())
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

    Optional<Stored> load(MailboxPath mailbox) {
        try (IoFile file = io.open(path(mailbox), StorageIo.Mode.READ)) {
            return Optional.ofNullable(parse(file));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            LOG.warn("{}: the index cannot be read, it is made anew: {}", mailbox, e.toString());
            return Optional.empty();
        }
    }

    private @Nullable Stored parse(IoFile file) throws IOException {
        long size = file.size();
        if (size < HEADER || size > HEADER + (long) format.maxMessages() * MboxIndex.WORDS * Long.BYTES) {
            return null;
        }
        ByteBuffer all = ByteBuffer.allocate((int) size);
        if (!file.readFully(all, 0)) {
            return null;
        }
        all.flip();
        byte[] magic = new byte[MAGIC.length];
        all.get(magic);
        int crc = all.getInt();
        if (!Arrays.equals(magic, MAGIC) || crc != crcAfter(all) || all.getInt() != parserMode()) {
            return null;
        }
        int rows = all.getInt();
        boolean pseudo = all.getInt() != 0;
        FileStatus status = new FileStatus(
                FileStatus.Kind.FILE,
                new FileStatus.FileKey(all.getLong(), all.getLong()),
                1,
                0,
                0,
                all.getLong(),
                all.getLong(),
                all.getLong());
        long end = all.getLong();
        String head = Hashes.get(all);
        String tail = Hashes.get(all);
        if (rows < 0 || (long) rows * MboxIndex.WORDS * Long.BYTES != all.remaining() || end != status.size()) {
            return null;
        }
        long[] words = new long[rows * MboxIndex.WORDS];
        LongBuffer longs = all.asLongBuffer();
        longs.get(words);
        return new Stored(new MboxIndex(words, rows, end, pseudo), status, head, tail);
    }

    private static int crcAfter(ByteBuffer at) {
        CRC32C crc = new CRC32C();
        crc.update(at.duplicate());
        return (int) crc.getValue();
    }

    /** What another reading of the same octets would depend on. */
    private int parserMode() {
        int quoting = switch (format.quoting()) {
            case MBOXRD -> 0;
            case MBOXO -> 1;
            case NONE -> 2;
        };
        return quoting * 2 + (format.lenient() ? 1 : 0);
    }

    /** Saves the index; that it cannot be saved is no error. */
    void save(MailboxPath mailbox, Stored stored) {
        MboxIndex index = stored.index();
        FileStatus status = stored.status();
        ByteBuffer all = ByteBuffer.allocate(HEADER + index.rows() * MboxIndex.WORDS * Long.BYTES);
        all.put(MAGIC)
                .putInt(0)
                .putInt(parserMode())
                .putInt(index.rows())
                .putInt(index.pseudo() ? 1 : 0)
                .putLong(status.key().device())
                .putLong(status.key().inode())
                .putLong(status.size())
                .putLong(status.mtime())
                .putLong(status.ctime())
                .putLong(index.end())
                .put(Hashes.octets(stored.head()))
                .put(Hashes.octets(stored.tail()));
        all.asLongBuffer().put(index.words(), 0, index.rows() * MboxIndex.WORDS);
        all.position(MAGIC.length + Integer.BYTES).limit(all.capacity());
        int crc = crcAfter(all);
        all.putInt(MAGIC.length, crc).position(0);

        Path path = path(mailbox);
        Path temporary = path.resolveSibling(path.getFileName() + "." + UUID.randomUUID() + ".tmp");
        try {
            try (IoFile file = io.open(temporary, StorageIo.Mode.CREATE)) {
                file.write(all, 0);
            }
            io.rename(temporary, path);
        } catch (IOException e) {
            LOG.warn("{}: the index cannot be saved: {}", mailbox, e.toString());
            discard(temporary);
        }
    }

    private void discard(Path file) {
        try {
            io.unlink(file);
        } catch (IOException e) {
            LOG.warn("cannot remove {}: {}", file, e.toString());
        }
    }

    /** Removes what an interrupted save left. */
    void sweep() throws IOException {
        for (String name : io.list(directory)) {
            if (name.endsWith(".tmp")) {
                io.unlink(directory.resolve(name));
            }
        }
    }
}
