package org.pop2.storage.support;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;

/**
 * File operations that survive a power failure. Everything blocks: for the storage's own threads. Errors are
 * {@link StoreException}s.
 */
public final class DurableFiles {
    /** Suffix of unfinished files. Those that a crash left may be removed. */
    public static final String UNFINISHED = ".tmp";

    /** A lock; its holder is the only one. */
    public interface Lock extends AutoCloseable {
        @Override
        void close();
    }

    private DurableFiles() {}

    /** The storage's exception for an error of the disk. */
    public static StoreException failed(Exception e) {
        return new StoreException(Reason.UNAVAILABLE, "the disk: " + e, e);
    }

    /**
     * Takes a lock that keeps other processes, and other callers in this one, away until it is closed.
     *
     * @throws StoreException with {@link Reason#UNAVAILABLE} if it is held already
     */
    public static Lock lock(Path file) {
        try {
            FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            try {
                if (channel.tryLock() != null) {
                    return () -> release(channel);
                }
            } catch (OverlappingFileLockException e) {
                // this process, but not this storage
            }
            channel.close();
        } catch (IOException e) {
            throw failed(e);
        }
        throw new StoreException(Reason.UNAVAILABLE, "somebody else works on it: " + file);
    }

    private static void release(FileChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** The entries of a directory; none if it does not exist. */
    public static List<Path> list(Path directory) {
        try (Stream<Path> found = Files.list(directory)) {
            return found.toList();
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException | UncheckedIOException e) {
            throw failed(e);
        }
    }

    /** Creates a directory and its parents, durably. */
    public static void directory(Path directory) {
        try {
            if (Files.isDirectory(directory)) {
                return;
            }
            directory(parent(directory));
            Files.createDirectories(directory);
            forceDirectory(parent(directory));
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /**
     * Replaces a file as a whole: whatever happens, either the old or the new one is there; the new one, once this
     * returns.
     */
    public static void write(Path file, byte[] octets) {
        Path unfinished = file.resolveSibling(file.getFileName() + UNFINISHED);
        try {
            try (FileChannel channel = FileChannel.open(
                    unfinished,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE,
                    StandardOpenOption.TRUNCATE_EXISTING)) {
                ByteBuffer left = ByteBuffer.wrap(octets);
                while (left.hasRemaining()) {
                    channel.write(left);
                }
                channel.force(true);
            }
            move(unfinished, file);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** Gives a file that was {@linkplain FileChannel#force forced} its name, durably. */
    public static void move(Path from, Path to) {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
            forceDirectory(parent(to));
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** Removes files, durably. Those that are gone already are skipped. */
    public static void delete(Collection<Path> files) {
        Set<Path> directories = new LinkedHashSet<>();
        try {
            for (Path file : files) {
                Files.deleteIfExists(file);
                directories.add(parent(file));
            }
            for (Path directory : directories) {
                forceDirectory(directory);
            }
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /**
     * Removes several files, all or none (rules S10, S11). A list of them is written first; once that is safe, the
     * files count as removed. After a crash or an error of the disk, {@link #finish} removes the rest.
     *
     * @param list where the list is kept meanwhile, in a directory that holds all the files, or directories of them
     */
    public static void deleteAll(Path list, List<Path> files) {
        Path above = parent(list);
        String names = String.join(
                "\n",
                files.stream()
                        .map(it -> above.relativize(it.toAbsolutePath()).toString())
                        .toList());
        write(list, names.getBytes(StandardCharsets.UTF_8));
        try {
            delete(files);
        } catch (StoreException e) {
            return;
        }
        delete(List.of(list));
    }

    /** Finishes an interrupted {@link #deleteAll}. Call it before looking at the files, while holding them. */
    public static void finish(Path list) {
        try {
            List<String> names = Files.readAllLines(list, StandardCharsets.UTF_8);
            delete(names.stream().map(parent(list)::resolve).toList());
            delete(List.of(list));
        } catch (NoSuchFileException e) {
            // nothing was interrupted
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private static Path parent(Path file) {
        return Objects.requireNonNull(file.toAbsolutePath().getParent(), "a directory");
    }

    private static void forceDirectory(Path directory) throws IOException {
        if (File.separatorChar == '\\') {
            // Windows keeps names by itself, and opens no directories
            return;
        }
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
