package org.pop2.storage.fs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The real disk, with a count of the octets that are read from and written to each file. */
final class CountingIo implements StorageIo {
    private final StorageIo io = new RealIo();
    private final Map<Path, Long> read = new ConcurrentHashMap<>();
    private final Map<Path, Long> written = new ConcurrentHashMap<>();

    void reset() {
        read.clear();
        written.clear();
    }

    long read(Predicate<Path> files) {
        return sum(read, files);
    }

    long written(Predicate<Path> files) {
        return sum(written, files);
    }

    private static long sum(Map<Path, Long> octets, Predicate<Path> files) {
        return octets.entrySet().stream()
                .filter(entry -> files.test(entry.getKey()))
                .mapToLong(Map.Entry::getValue)
                .sum();
    }

    private IoFile counted(Path path, IoFile file) {
        return new IoFile() {
            @Override
            public int read(ByteBuffer into, long position) throws IOException {
                int octets = file.read(into, position);
                read.merge(path, (long) Math.max(octets, 0), Long::sum);
                return octets;
            }

            @Override
            public void write(ByteBuffer octets, long position) throws IOException {
                written.merge(path, (long) octets.remaining(), Long::sum);
                file.write(octets, position);
            }

            @Override
            public void force() throws IOException {
                file.force();
            }

            @Override
            public void truncate(long size) throws IOException {
                file.truncate(size);
            }

            @Override
            public long size() throws IOException {
                return file.size();
            }

            @Override
            public boolean tryLock(boolean shared) throws IOException {
                return file.tryLock(shared);
            }

            @Override
            public void unlock() throws IOException {
                file.unlock();
            }

            @Override
            public void close() throws IOException {
                file.close();
            }
        };
    }

    @Override
    public IoFile open(Path file, Mode mode) throws IOException {
        return counted(file, io.open(file, mode));
    }

    @Override
    public IoFile openBeneath(Path base, Path relative, Mode mode) throws IOException {
        return counted(base.resolve(relative), io.openBeneath(base, relative, mode));
    }

    @Override
    public @Nullable FileStatus stat(Path path) throws IOException {
        return io.stat(path);
    }

    @Override
    public String owner(Path path) throws IOException {
        return io.owner(path);
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        io.rename(from, to);
    }

    @Override
    public void link(Path existing, Path link) throws IOException {
        io.link(existing, link);
    }

    @Override
    public void unlink(Path path) throws IOException {
        io.unlink(path);
    }

    @Override
    public void makeDirectory(Path directory) throws IOException {
        io.makeDirectory(directory);
    }

    @Override
    public void forceDirectory(Path directory) throws IOException {
        io.forceDirectory(directory);
    }

    @Override
    public List<String> list(Path directory) throws IOException {
        return io.list(directory);
    }

    @Override
    public boolean isWritable(Path directory) throws IOException {
        return io.isWritable(directory);
    }

    @Override
    public void copyAccess(Path from, Path to) throws IOException {
        io.copyAccess(from, to);
    }

    @Override
    public boolean isWritableByAll(Path file) throws IOException {
        return io.isWritableByAll(file);
    }

    @Override
    public long usableSpace(Path path) throws IOException {
        return io.usableSpace(path);
    }

    @Override
    public String fileSystemType(Path path) throws IOException {
        return io.fileSystemType(path);
    }
}
