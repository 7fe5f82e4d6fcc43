package org.pop2.storage.fs.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The disk. */
public class RealIo implements StorageIo {
    private static final FileAttribute<Set<PosixFilePermission>> FILE_MODE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    private static final FileAttribute<Set<PosixFilePermission>> DIRECTORY_MODE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    private static final Logger LOG = LoggerFactory.getLogger(RealIo.class);
    /** Most octets of the list of mounts that are looked at. */
    private static final int MOUNTS = 1024 * 1024;

    private static final int WRITABLE_BY_ALL = 0002;
    private static final int WRITABLE_BY_OTHERS = 0022;
    private static final int TYPE_MASK = 0170000;
    private static final int TYPE_FILE = 0100000;
    private static final int TYPE_DIRECTORY = 0040000;
    private static final int TYPE_SYMLINK = 0120000;
    private static final int TYPE_FIFO = 0010000;
    private static final int TYPE_SOCKET = 0140000;

    @Override
    public IoFile open(Path file, Mode mode) throws IOException {
        return new RealFile(FileChannel.open(file, options(mode), attributes(mode)));
    }

    @Override
    public IoFile openBeneath(Path base, Path relative, Mode mode) throws IOException {
        if (relative.getNameCount() == 1) {
            return open(base.resolve(relative), mode);
        }
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(base)) {
            if (!(stream instanceof SecureDirectoryStream<Path> directory)) {
                throw new FileSystemException(base.toString(), null, "directories cannot be walked without links here");
            }
            return openIn(directory, relative, mode);
        } catch (AccessDeniedException e) {
            // it names only the last part
            throw (AccessDeniedException)
                    new AccessDeniedException(base.resolve(relative).toString()).initCause(e);
        }
    }

    private static IoFile openIn(SecureDirectoryStream<Path> directory, Path relative, Mode mode) throws IOException {
        Path first = relative.getName(0);
        if (relative.getNameCount() == 1) {
            return openIn(directory, first.toString(), mode);
        }
        try (SecureDirectoryStream<Path> next = directoryIn(directory, first)) {
            return openIn(next, relative.subpath(1, relative.getNameCount()), mode);
        }
    }

    private static IoFile openIn(SecureDirectoryStream<Path> directory, String name, Mode mode) throws IOException {
        SeekableByteChannel channel = directory.newByteChannel(Path.of(name), options(mode), attributes(mode));
        return new RealFile((FileChannel) channel);
    }

    /**
     * A directory in another one. To open one without following a link, Java opens whatever has the name, and a FIFO
     * has it wait for ever. Behind {@code name/.} nothing but a directory can be opened, though of a link; so what was
     * opened is compared with what has the name.
     */
    private static SecureDirectoryStream<Path> directoryIn(SecureDirectoryStream<Path> directory, Path name)
            throws IOException {
        SecureDirectoryStream<Path> opened = directory.newDirectoryStream(name.resolve("."));
        boolean same = false;
        try {
            BasicFileAttributes named = directory
                    .getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                    .readAttributes();
            BasicFileAttributes there =
                    opened.getFileAttributeView(BasicFileAttributeView.class).readAttributes();
            same = named.isDirectory() && Objects.equals(named.fileKey(), there.fileKey());
        } finally {
            if (!same) {
                opened.close();
            }
        }
        if (!same) {
            throw new FileSystemException(name.toString(), null, "not a directory, or a link to one");
        }
        return opened;
    }

    @Override
    public Folder folder(Path base, Path relative) throws IOException {
        if (isOurs(base, relative)) {
            return StorageIo.super.folder(base, relative);
        }
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(base)) {
            if (!(stream instanceof SecureDirectoryStream<Path> directory)) {
                throw new FileSystemException(base.toString(), null, "directories cannot be walked without links here");
            }
            SecureDirectoryStream<Path> at = directoryIn(directory, relative.getName(0));
            for (int i = 1; i < relative.getNameCount() - 1; i++) {
                try (SecureDirectoryStream<Path> above = at) {
                    at = directoryIn(above, relative.getName(i));
                }
            }
            return new OpenFolder(at);
        }
    }

    /** Whether nobody but us and root can put anything else where the directories below base are. */
    private boolean isOurs(Path base, Path relative) throws IOException {
        Path at = base;
        for (int i = 0; i < relative.getNameCount() - 1; i++) {
            at = at.resolve(relative.getName(i));
            FileStatus there = stat(at);
            if (there == null
                    || there.kind() != FileStatus.Kind.DIRECTORY
                    || (there.uid() != ProcessIdentity.uid() && there.uid() != 0)
                    || (there.mode() & WRITABLE_BY_OTHERS) != 0) {
                return false;
            }
        }
        return true;
    }

    private record OpenFolder(SecureDirectoryStream<Path> directory) implements Folder {
        @Override
        public IoFile open(String name, Mode mode) throws IOException {
            return openIn(directory, name, mode);
        }

        @Override
        public @Nullable Object key(String name) throws IOException {
            try {
                BasicFileAttributes there = directory
                        .getFileAttributeView(Path.of(name), BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                        .readAttributes();
                return there.isRegularFile() ? there.fileKey() : null;
            } catch (NoSuchFileException e) {
                return null;
            }
        }

        @Override
        public void link(String existing, String name) {
            throw new UnsupportedOperationException("Java has no linkat(2)");
        }

        @Override
        public void move(String from, String to) throws IOException {
            directory.move(Path.of(from), directory, Path.of(to));
        }

        @Override
        public void unlink(String name) throws IOException {
            try {
                directory.deleteFile(Path.of(name));
            } catch (NoSuchFileException e) {
                // it is not there
            }
        }

        @Override
        public void close() throws IOException {
            directory.close();
        }
    }

    private static Set<OpenOption> options(Mode mode) {
        return switch (mode) {
            case READ -> Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
            case WRITE -> Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
            case CREATE -> Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
        };
    }

    private static FileAttribute<?>[] attributes(Mode mode) {
        return mode == Mode.CREATE ? new FileAttribute<?>[] {FILE_MODE} : new FileAttribute<?>[0];
    }

    @Override
    public @Nullable FileStatus stat(Path path) throws IOException {
        Map<String, Object> found;
        try {
            found = Files.readAttributes(
                    path, "unix:mode,dev,ino,nlink,uid,size,lastModifiedTime,ctime", LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException e) {
            return null;
        } catch (FileSystemException e) {
            // the JDK has no exception of its own for ENOTDIR: a file where a directory is meant
            if (e.getReason() != null && e.getReason().contains("Not a directory")) {
                return null;
            }
            throw e;
        }
        int mode = (Integer) found.getOrDefault("mode", 0);
        FileStatus.Kind kind = switch (mode & TYPE_MASK) {
            case TYPE_FILE -> FileStatus.Kind.FILE;
            case TYPE_DIRECTORY -> FileStatus.Kind.DIRECTORY;
            case TYPE_SYMLINK -> FileStatus.Kind.SYMLINK;
            case TYPE_FIFO -> FileStatus.Kind.FIFO;
            case TYPE_SOCKET -> FileStatus.Kind.SOCKET;
            default -> FileStatus.Kind.DEVICE;
        };
        return new FileStatus(
                kind,
                new FileStatus.FileKey(number(found, "dev"), number(found, "ino")),
                (int) number(found, "nlink"),
                (int) number(found, "uid"),
                mode & ~TYPE_MASK,
                number(found, "size"),
                nanos(found, "lastModifiedTime"),
                nanos(found, "ctime"));
    }

    private static long number(Map<String, Object> attributes, String name) {
        return attributes.get(name) instanceof Number number ? number.longValue() : 0;
    }

    private static long nanos(Map<String, Object> attributes, String name) {
        return attributes.get(name) instanceof FileTime time ? time.to(TimeUnit.NANOSECONDS) : 0;
    }

    @Override
    public String owner(Path path) throws IOException {
        return Files.getOwner(path, LinkOption.NOFOLLOW_LINKS).getName();
    }

    @Override
    public void copyAccess(Path from, Path to) throws IOException {
        PosixFileAttributes wanted = Files.readAttributes(from, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        PosixFileAttributeView view =
                Files.getFileAttributeView(to, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
        PosixFileAttributes now = view.readAttributes();
        // only what differs: to change an owner takes a privilege, even to the same one
        if (!now.group().equals(wanted.group())) {
            view.setGroup(wanted.group());
        }
        if (!now.owner().equals(wanted.owner())) {
            view.setOwner(wanted.owner());
        }
        if (!now.permissions().equals(wanted.permissions())) {
            view.setPermissions(wanted.permissions());
        }
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    public void link(Path existing, Path link) throws IOException {
        Files.createLink(link, existing);
    }

    @Override
    public void unlink(Path path) throws IOException {
        Files.deleteIfExists(path);
    }

    @Override
    public void makeDirectory(Path directory) throws IOException {
        try {
            Files.createDirectory(directory, DIRECTORY_MODE);
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(directory)) {
                throw e;
            }
        }
    }

    @Override
    public void forceDirectory(Path directory) throws IOException {
        // behind the dot is a directory, or nothing: its owner may have put a FIFO there, which would be waited for
        try (FileChannel channel = FileChannel.open(directory.resolve("."), StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    @Override
    public List<String> list(Path directory) throws IOException {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            for (Path entry : stream) {
                names.add(entry.getFileName().toString());
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            return List.of();
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return names;
    }

    @Override
    public boolean isWritable(Path directory) {
        return Files.isWritable(directory);
    }

    @Override
    public boolean isWritableByAll(Path file) throws IOException {
        if (!Files.exists(file)) {
            return false;
        }
        FileStatus there = stat(file.toRealPath());
        return there != null && (there.mode() & WRITABLE_BY_ALL) != 0;
    }

    // Java finds the file system of a path in a list of mounts, which a sandbox may hide

    @Override
    public long usableSpace(Path path) {
        return path.toFile().getUsableSpace();
    }

    @Override
    public String fileSystemType(Path path) throws IOException {
        try {
            return Files.getFileStore(path).type();
        } catch (NoSuchFileException | AccessDeniedException e) {
            throw e;
        } catch (IOException e) {
            Optional<String> type = typeOf(path.toRealPath(), mounts());
            if (type.isEmpty()) {
                LOG.atWarn()
                        .addKeyValue("directory", path)
                        .addKeyValue("error", e.toString())
                        .log("file-system-unknown");
            }
            return type.orElse("unknown");
        }
    }

    /** What this process sees mounted, as a sandbox shows it still; empty if it does not. */
    private String mounts() {
        try (IoFile file = open(Path.of("/proc/self/mountinfo"), Mode.READ)) {
            ByteBuffer text = ByteBuffer.allocate(MOUNTS);
            long at = 0;
            for (int read = file.read(text, at); read > 0; read = file.read(text, at)) {
                at += read;
            }
            return StandardCharsets.UTF_8.decode(text.flip()).toString();
        } catch (IOException e) {
            return "";
        }
    }

    /** The type of the file system of a path, by the lines of {@code mountinfo}: see proc_pid_mountinfo(5). */
    static Optional<String> typeOf(Path real, String mounts) {
        Path longest = null;
        String type = null;
        for (String line : mounts.split("\n", -1)) {
            String[] words = line.split(" ", -1);
            int separator = List.of(words).indexOf("-");
            if (separator > 4 && separator + 1 < words.length) {
                Path at = Path.of(words[4].replace("\\040", " "));
                // the last of several at one place hides the others
                if (real.startsWith(at) && (longest == null || at.getNameCount() >= longest.getNameCount())) {
                    longest = at;
                    type = words[separator + 1];
                }
            }
        }
        return Optional.ofNullable(type);
    }

    private static final class RealFile implements IoFile {
        private final FileChannel channel;
        private final Map<Long, FileLock> octets = new ConcurrentHashMap<>();
        private @Nullable FileLock lock;

        RealFile(FileChannel channel) {
            this.channel = channel;
        }

        @Override
        public int read(ByteBuffer into, long position) throws IOException {
            return channel.read(into, position);
        }

        @Override
        public void write(ByteBuffer octets, long position) throws IOException {
            long at = position;
            while (octets.hasRemaining()) {
                at += channel.write(octets, at);
            }
        }

        @Override
        public void force() throws IOException {
            channel.force(true);
        }

        @Override
        public void truncate(long size) throws IOException {
            channel.truncate(size);
        }

        @Override
        public long size() throws IOException {
            return channel.size();
        }

        @Override
        public synchronized boolean tryLock(boolean shared) throws IOException {
            if (lock != null) {
                return false;
            }
            try {
                lock = channel.tryLock(0, Long.MAX_VALUE, shared);
            } catch (OverlappingFileLockException e) {
                return false;
            }
            return lock != null;
        }

        @Override
        public synchronized void unlock() throws IOException {
            FileLock held = lock;
            lock = null;
            if (held != null) {
                held.release();
            }
        }

        @Override
        public boolean tryLock(long octet) throws IOException {
            try {
                FileLock got = channel.tryLock(octet, 1, false);
                if (got != null) {
                    octets.put(octet, got);
                }
                return got != null;
            } catch (OverlappingFileLockException e) {
                return false;
            }
        }

        @Override
        public void unlock(long octet) throws IOException {
            FileLock held = octets.remove(octet);
            if (held != null) {
                held.release();
            }
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
