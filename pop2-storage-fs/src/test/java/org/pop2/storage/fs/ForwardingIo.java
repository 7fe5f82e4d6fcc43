package org.pop2.storage.fs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.fs.io.FileStatus;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.io.StorageIo;

/** A disk behind another: all that is not overridden happens there. */
public abstract class ForwardingIo implements StorageIo {
    final StorageIo disk;

    public ForwardingIo(StorageIo disk) {
        this.disk = disk;
    }

    /** What stands between the server and an open file. */
    public IoFile file(Path path, Mode mode, IoFile real) throws IOException {
        return real;
    }

    @Override
    public IoFile open(Path file, Mode mode) throws IOException {
        return file(file, mode, disk.open(file, mode));
    }

    @Override
    public IoFile openBeneath(Path base, Path relative, Mode mode) throws IOException {
        return file(base.resolve(relative), mode, disk.openBeneath(base, relative, mode));
    }

    @Override
    public @Nullable FileStatus stat(Path path) throws IOException {
        return disk.stat(path);
    }

    @Override
    public String owner(Path path) throws IOException {
        return disk.owner(path);
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        disk.rename(from, to);
    }

    @Override
    public void link(Path existing, Path link) throws IOException {
        disk.link(existing, link);
    }

    @Override
    public void unlink(Path path) throws IOException {
        disk.unlink(path);
    }

    @Override
    public void makeDirectory(Path directory) throws IOException {
        disk.makeDirectory(directory);
    }

    @Override
    public void forceDirectory(Path directory) throws IOException {
        disk.forceDirectory(directory);
    }

    @Override
    public List<String> list(Path directory) throws IOException {
        return disk.list(directory);
    }

    @Override
    public boolean isWritable(Path directory) throws IOException {
        return disk.isWritable(directory);
    }

    @Override
    public void copyAccess(Path from, Path to) throws IOException {
        disk.copyAccess(from, to);
    }

    @Override
    public boolean isWritableByAll(Path file) throws IOException {
        return disk.isWritableByAll(file);
    }

    @Override
    public long usableSpace(Path path) throws IOException {
        return disk.usableSpace(path);
    }

    @Override
    public String fileSystemType(Path path) throws IOException {
        return disk.fileSystemType(path);
    }

    /** A file likewise. */
    public abstract static class ForwardingFile implements IoFile {
        final IoFile real;

        public ForwardingFile(IoFile real) {
            this.real = real;
        }

        @Override
        public int read(ByteBuffer into, long position) throws IOException {
            return real.read(into, position);
        }

        @Override
        public void write(ByteBuffer octets, long position) throws IOException {
            real.write(octets, position);
        }

        @Override
        public void force() throws IOException {
            real.force();
        }

        @Override
        public void truncate(long size) throws IOException {
            real.truncate(size);
        }

        @Override
        public long size() throws IOException {
            return real.size();
        }

        @Override
        public boolean tryLock(boolean shared) throws IOException {
            return real.tryLock(shared);
        }

        @Override
        public void unlock() throws IOException {
            real.unlock();
        }

        @Override
        public boolean tryLock(long octet) throws IOException {
            return real.tryLock(octet);
        }

        @Override
        public void unlock(long octet) throws IOException {
            real.unlock(octet);
        }

        @Override
        public void close() throws IOException {
            real.close();
        }
    }
}
