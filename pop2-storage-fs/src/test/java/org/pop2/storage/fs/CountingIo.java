package org.pop2.storage.fs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.io.RealIo;

/** The real disk, with a count of the octets that are read from and written to each file. */
final class CountingIo extends ForwardingIo {
    private final Map<Path, Long> read = new ConcurrentHashMap<>();
    private final Map<Path, Long> written = new ConcurrentHashMap<>();

    CountingIo() {
        super(new RealIo());
    }

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

    @Override
    public IoFile file(Path path, Mode mode, IoFile real) {
        return new ForwardingFile(real) {
            @Override
            public int read(ByteBuffer into, long position) throws IOException {
                int octets = super.read(into, position);
                read.merge(path, (long) Math.max(octets, 0), Long::sum);
                return octets;
            }

            @Override
            public void write(ByteBuffer octets, long position) throws IOException {
                written.merge(path, (long) octets.remaining(), Long::sum);
                super.write(octets, position);
            }
        };
    }
}
