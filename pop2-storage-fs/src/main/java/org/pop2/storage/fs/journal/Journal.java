package org.pop2.storage.fs.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.fs.io.Hashes;
import org.pop2.storage.fs.io.IoFile;

/**
 * The sealed image of what a mailbox will hold after a release, from the first deleted message on: header, the kept
 * octets, and a SHA-256 of it all. Without a good seal it says nothing; the mailbox is touched only after the seal is
 * on the disk.
 *
 * <p>Which device and inode the mailbox has does not matter, for a disk may come back under another number: what a
 * recovery relies on is compared.
 *
 * @param file which mailbox
 * @param start where the image goes: P
 * @param oldSize the size before: S
 * @param generation 1, and one more for each rewriting by a recovery that found new mail
 * @param beforeHash of the octets just before {@code start}
 * @param removedHash of the old octets that the truncation removes: [N, S)
 * @param imageLength octets of the image
 */
public record Journal(
        Path file, long start, long oldSize, int generation, String beforeHash, String removedHash, long imageLength) {
    private static final byte[] MAGIC = "pop2jnl1".getBytes(StandardCharsets.US_ASCII);
    /** Octets behind it that once named the mailbox's device and inode. */
    private static final int UNUSED = 2 * Long.BYTES;

    static final int STEP = 1024 * 1024;

    /** A range of a file. */
    public record Range(IoFile file, long from, long to) {
        long length() {
            return to - from;
        }

        /** Writes these octets into another file. */
        void copyTo(IoFile other, long at, Runnable onStep) throws IOException {
            copy(this, other, at, null, onStep);
        }
    }

    /** The size after: N. */
    long newSize() {
        return start + imageLength;
    }

    private byte[] header() {
        byte[] path = file.toString().getBytes(StandardCharsets.UTF_8);
        ByteBuffer header = ByteBuffer.allocate(MAGIC.length + 8 * 5 + 4 * 2 + Hashes.LENGTH * 2 + path.length);
        header.put(MAGIC)
                .putLong(0)
                .putLong(0)
                .putLong(start)
                .putLong(oldSize)
                .putLong(imageLength)
                .putInt(generation)
                .putInt(path.length)
                .put(Hashes.octets(beforeHash))
                .put(Hashes.octets(removedHash))
                .put(path);
        return header.array();
    }

    /** Writes header, image and seal; durable when it returns, except for the name. */
    void write(IoFile journal, List<Range> image, Runnable onStep) throws IOException {
        MessageDigest seal = Hashes.newSha256();
        byte[] header = header();
        seal.update(header);
        journal.write(ByteBuffer.wrap(header), 0);
        long at = header.length;
        for (Range range : image) {
            at = copy(range, journal, at, seal, onStep);
        }
        journal.write(ByteBuffer.wrap(seal.digest()), at);
        journal.force();
    }

    private static long copy(Range range, IoFile to, long at, @Nullable MessageDigest seal, Runnable onStep)
            throws IOException {
        ByteBuffer step = ByteBuffer.allocate((int) Math.min(STEP, range.length()));
        long target = at;
        for (long from = range.from(); from < range.to(); from += step.limit()) {
            step.clear().limit((int) Math.min(step.capacity(), range.to() - from));
            if (!range.file().readFully(step, from)) {
                throw new IOException("a file became shorter while it was copied");
            }
            step.flip();
            if (seal != null) {
                seal.update(step.duplicate());
            }
            int length = step.remaining();
            to.write(step, target);
            target += length;
            onStep.run();
        }
        return target;
    }

    /** The journal in a file, or nothing if it is not whole and sealed. */
    public static Optional<Journal> read(IoFile file) throws IOException {
        long size = file.size();
        int fixed = MAGIC.length + 8 * 5 + 4 * 2 + Hashes.LENGTH * 2;
        if (size < fixed + Hashes.LENGTH) {
            return Optional.empty();
        }
        ByteBuffer header = ByteBuffer.allocate(fixed);
        if (!file.readFully(header, 0) || !Arrays.equals(Arrays.copyOf(header.array(), MAGIC.length), MAGIC)) {
            return Optional.empty();
        }
        header.flip().position(MAGIC.length);
        header.position(header.position() + UNUSED);
        long start = header.getLong();
        long oldSize = header.getLong();
        long imageLength = header.getLong();
        int generation = header.getInt();
        int pathLength = header.getInt();
        String beforeHash = Hashes.get(header);
        String removedHash = Hashes.get(header);
        long sealed = size - Hashes.LENGTH;
        if (pathLength < 0 || imageLength < 0 || pathLength > sealed || fixed + pathLength + imageLength != sealed) {
            return Optional.empty();
        }
        ByteBuffer seal = ByteBuffer.allocate(Hashes.LENGTH);
        ByteBuffer path = ByteBuffer.allocate(pathLength);
        if (!file.readFully(seal, sealed)
                || !file.readFully(path, fixed)
                || !Hashes.get(seal.flip()).equals(Hashes.of(file, 0, sealed))) {
            return Optional.empty();
        }
        return Optional.of(new Journal(
                Path.of(new String(path.array(), StandardCharsets.UTF_8)),
                start,
                oldSize,
                generation,
                beforeHash,
                removedHash,
                imageLength));
    }

    /** The image inside a journal file. */
    Range image(IoFile journal) {
        long from = header().length;
        return new Range(journal, from, from + imageLength);
    }

    /** Puts the image where it belongs; durable when it returns. What is behind it is to be cut off then. */
    void writeImage(IoFile journal, IoFile mailbox, Runnable onStep) throws IOException {
        copy(image(journal), mailbox, start, null, onStep);
        mailbox.force();
    }
}
