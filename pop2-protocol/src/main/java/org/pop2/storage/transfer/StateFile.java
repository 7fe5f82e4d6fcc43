package org.pop2.storage.transfer;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import org.pop2.storage.StoreException;

/**
 * A file of lines that says how far some work has come, so that it can be done again after it was killed. Each line is
 * on the disk before what follows it is done; a last line without an end was being written when the machine died, and
 * was not written. One process has it at a time. Blocks.
 */
public final class StateFile implements Closeable {
    private final Path path;
    private final String work;
    private final FileChannel lock;
    private FileChannel file;

    private StateFile(Path path, String work, FileChannel lock, FileChannel file) {
        this.path = path;
        this.work = work;
        this.lock = lock;
        this.file = file;
    }

    /**
     * Opens the file, or makes it.
     *
     * @param locked what is locked: the file itself, or one beside it where the file is replaced at times
     * @param work for messages: {@code import}
     * @throws StoreException with {@link StoreException.Reason#BUSY} if another process has it
     */
    public static StateFile open(Path path, Path locked, String work) throws IOException {
        FileChannel lock = channel(locked);
        boolean good = false;
        try {
            if (!isLocked(lock)) {
                throw new StoreException(StoreException.Reason.BUSY, "another " + work + " is at work with " + path);
            }
            // a second channel to one file would end the lock when it is closed
            StateFile state = new StateFile(path, work, lock, locked.equals(path) ? lock : channel(path));
            good = true;
            return state;
        } finally {
            if (!good) {
                lock.close();
            }
        }
    }

    private static FileChannel channel(Path path) throws IOException {
        return FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    private static boolean isLocked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    /**
     * The lines that were written to their end; what comes is added behind them. Once, before anything is added.
     *
     * @param magic what the first one begins with, in all files of this sort
     * @return none if the file is new, or what made it was killed before the first line was there
     * @throws BadSourceException if the file is none of this sort; it stays as it is
     */
    public List<String> lines(String magic) throws IOException {
        byte[] all = Channels.newInputStream(file).readAllBytes();
        byte[] start = magic.getBytes(StandardCharsets.UTF_8);
        int end = all.length;
        while (end > 0 && all[end - 1] != '\n') {
            end--;
        }
        int compared = end > 0 ? start.length : Math.min(start.length, all.length);
        if (all.length < compared || !Arrays.equals(all, 0, compared, start, 0, compared)) {
            throw new BadSourceException(path + " is there, and no " + work + " wrote it");
        }
        file.truncate(end);
        file.position(end);
        return end == 0
                ? List.of()
                : Arrays.asList(new String(all, 0, end - 1, StandardCharsets.UTF_8).split("\n", -1));
    }

    /** What to say about a line, from 1. */
    public BadSourceException notUnderstood(int line) {
        return new BadSourceException(path + ": line " + line + " cannot be understood");
    }

    /** The first line of a new file, which is there when this returns, whatever happens. */
    public void begin(String line) throws IOException {
        append(line);
        Path parent = path.toAbsolutePath().getParent();
        if (parent != null) {
            Directories.force(parent);
        }
    }

    /** A line more, which is on the disk when this returns. */
    public void append(String line) throws IOException {
        append(List.of(line));
    }

    /**
     * Some lines more, which are on the disk when this returns; if the machine dies before, the first of them may be.
     */
    public void append(List<String> lines) throws IOException {
        write(file, String.join("\n", lines) + "\n");
    }

    /**
     * Puts lines in place of all: it is those or these, whatever happens. Only where a file beside it is locked.
     *
     * @param first the first line
     */
    public void replace(String first, List<String> lines) throws IOException {
        Path fresh = path.resolveSibling(path.getFileName() + ".new");
        FileChannel to = FileChannel.open(
                fresh,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE);
        boolean good = false;
        try {
            write(to, first + "\n" + (lines.isEmpty() ? "" : String.join("\n", lines) + "\n"));
            Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE);
            good = true;
        } finally {
            if (!good) {
                to.close();
            }
        }
        file.close();
        file = to;
        Path parent = path.toAbsolutePath().getParent();
        if (parent != null) {
            Directories.force(parent);
        }
    }

    /** Writes all of a text to where the channel stands; it is on the disk when this returns. */
    public static void write(FileChannel to, String text) throws IOException {
        ByteBuffer octets = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        while (octets.hasRemaining()) {
            to.write(octets);
        }
        to.force(false);
    }

    @Override
    public void close() throws IOException {
        try {
            file.close();
        } finally {
            lock.close();
        }
    }
}
