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
 * A file of lines that records progress, so that interrupted work can be continued. Each line is on the disk before the
 * work goes on. A last line without a line end was cut off by a crash and does not count. One process has the file at a
 * time. Blocks.
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
     * Opens the file; created if missing.
     *
     * @param locked the file to lock: this one, or another beside it if this one may be replaced
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
     * The complete lines; later ones are appended behind them. Call once, before anything is added.
     *
     * @param magic how the first line of all such files begins
     * @return none if the file is new, or was never completed
     * @throws BadSourceException if it is another kind of file; it is left unchanged
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

    /** The exception for a line that cannot be parsed; lines count from 1. */
    public BadSourceException notUnderstood(int line) {
        return new BadSourceException(path + ": line " + line + " cannot be understood");
    }

    /** Writes the first line of a new file, durably. */
    public void begin(String line) throws IOException {
        append(line);
        Path parent = path.toAbsolutePath().getParent();
        if (parent != null) {
            Directories.force(parent);
        }
    }

    /** Appends a line, durably. */
    public void append(String line) throws IOException {
        append(List.of(line));
    }

    /** Appends lines, durably. A crash meanwhile may leave some of them, from the first on. */
    public void append(List<String> lines) throws IOException {
        write(file, String.join("\n", lines) + "\n");
    }

    /**
     * Replaces all lines: whatever happens, either the old or the new ones are there. Only if another file is locked.
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

    /** Writes a text at the channel's position, durably. */
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
