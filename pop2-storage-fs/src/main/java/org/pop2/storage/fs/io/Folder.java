package org.pop2.storage.fs.io;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The directory of a mailbox, kept open: whatever its owner puts in its place meanwhile, names are those in it. None is
 * followed if it is a link.
 */
public interface Folder extends Closeable {
    IoFile open(String name, StorageIo.Mode mode) throws IOException;

    /** What identifies a file as long as somebody has it open; {@code null} if there is none, or it is no file. */
    @Nullable
    Object key(String name) throws IOException;

    /**
     * A second name for a file.
     *
     * @throws UnsupportedOperationException if there cannot be one
     */
    void link(String existing, String name) throws IOException;

    /** Replaces {@code to} in one step. */
    void move(String from, String to) throws IOException;

    /** Removes a name; nothing happens if it is not there. */
    void unlink(String name) throws IOException;

    /** A directory that can be trusted, or is only a test's: names are looked up by path. */
    record ByPath(StorageIo io, Path directory) implements Folder {
        @Override
        public IoFile open(String name, StorageIo.Mode mode) throws IOException {
            return io.open(directory.resolve(name), mode);
        }

        @Override
        public @Nullable Object key(String name) throws IOException {
            FileStatus there = io.stat(directory.resolve(name));
            return there == null || !there.isFile() ? null : there.key();
        }

        @Override
        public void link(String existing, String name) throws IOException {
            io.link(directory.resolve(existing), directory.resolve(name));
        }

        @Override
        public void move(String from, String to) throws IOException {
            io.rename(directory.resolve(from), directory.resolve(to));
        }

        @Override
        public void unlink(String name) throws IOException {
            io.unlink(directory.resolve(name));
        }

        @Override
        public void close() {}
    }
}
