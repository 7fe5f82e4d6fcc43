package org.pop2.storage.fs.lock;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.fs.io.FileStatus;
import org.pop2.storage.fs.io.Folder;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.io.ProcessIdentity;
import org.pop2.storage.fs.io.StorageIo;
import org.pop2.storage.fs.io.StoreErrors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file {@code mailbox.lock}, whose existence is the lock.
 *
 * <p>It appears with its content, by {@code link(2)} from a file written before, so that a process killed at any moment
 * leaves nothing that looks like another program's lock: Postfix's are empty. Who wrote it can be told from the
 * content; a lock of this storage whose holder is dead is broken at once, one whose holder lives never, anybody else's
 * when it has been seen unchanged for long enough. Breaking renames the file away first and looks at what it got: of
 * two processes that break at once, none removes a fresh lock.
 */
final class DotLock {
    private static final Logger LOG = LoggerFactory.getLogger(DotLock.class);
    /** Postfix takes a lock for stale after 500 s, c-client after 300 s. */
    private static final long TOUCH_MILLIS = 30_000;
    /** No program writes more into one: what is longer is somebody's data. */
    private static final int MOST_OCTETS = 1024;
    /** Age of a file without content from which its maker is not still about to fill it. */
    private static final long UNWRITTEN_MILLIS = 60_000;

    private static final Pattern LEFTOVER = Pattern.compile(".+\\.lock\\.pop2-[0-9a-f]{8}\\.lock");

    /** How an attempt ended. */
    enum Result {
        GOT,
        TAKEN,
        /** No file can be made in that directory. */
        UNWRITABLE
    }

    private final StorageIo io;
    private final Path path;
    private final Liveness liveness;
    private final Pause pause;
    private final long staleAfterMillis;
    private final byte[] content;
    private final String unique = UUID.randomUUID().toString().substring(0, 8);
    private final Path base;
    private final Path relative;
    private final String name;
    private long touched;
    /** Our own file, open for as long as the lock is held: its number is no other's then. */
    private @Nullable IoFile held;

    private @Nullable Object key;
    /** Where it is, whatever is there by now. */
    private @Nullable Folder place;

    /**
     * A lock that is not taken yet.
     *
     * @param base down to which directories are trusted
     * @param relative of the lock file
     */
    DotLock(StorageIo io, Path base, Path relative, Liveness liveness, Pause pause, long staleAfterMillis) {
        this.io = io;
        this.base = base;
        this.relative = relative;
        this.path = base.resolve(relative);
        this.name = relative.getFileName().toString();
        this.liveness = liveness;
        this.pause = pause;
        this.staleAfterMillis = staleAfterMillis;
        this.content = (liveness.self().toText() + "\n").getBytes(StandardCharsets.UTF_8);
    }

    Result tryLock() throws IOException {
        Folder folder = io.folder(base, relative);
        try {
            Result result = tryLock(folder);
            place = result == Result.GOT ? folder : null;
            return result;
        } finally {
            if (place == null) {
                folder.close();
            }
        }
    }

    private Result tryLock(Folder folder) throws IOException {
        String written = temporary();
        boolean got = false;
        try {
            held = write(folder, written);
        } catch (IOException e) {
            if (StoreErrors.isDenied(e)) {
                return Result.UNWRITABLE;
            }
            throw e;
        }
        try {
            key = folder.key(written);
            folder.link(written, name);
            got = true;
        } catch (FileAlreadyExistsException e) {
            return Result.TAKEN;
        } catch (FileSystemException | UnsupportedOperationException e) {
            // no links there, or none that a swapped directory could not lead astray: the file is there before its
            // content
            letGo();
            try {
                held = write(folder, name);
            } catch (FileAlreadyExistsException taken) {
                return Result.TAKEN;
            }
            key = folder.key(name);
            got = true;
        } finally {
            folder.unlink(written);
            if (!got) {
                letGo();
            }
        }
        touched = pause.elapsed();
        return Result.GOT;
    }

    private void letGo() throws IOException {
        IoFile file = held;
        held = null;
        if (file != null) {
            file.close();
        }
    }

    private IoFile write(Folder folder, String to) throws IOException {
        IoFile file = folder.open(to, StorageIo.Mode.CREATE);
        // from here on it is ours to remove; one that could not be made may be somebody else's
        boolean written = false;
        try {
            file.write(ByteBuffer.wrap(content), 0);
            written = true;
            return file;
        } finally {
            if (!written) {
                try (file) {
                    folder.unlink(to);
                }
            }
        }
    }

    /** A name that ends as lock files do: no folder has it. */
    private String temporary() {
        return name + ".pop2-" + unique + ".lock";
    }

    /**
     * Breaks the lock if its holder is gone. To be called by the thread whose turn it is in this JVM: what this storage
     * left there itself, for it could not be removed, is then nobody's.
     *
     * @param watch how long this has been so
     * @param mailbox is to be quiet too: a lock is not stale while its mailbox is written
     * @param fcntl whether nobody has an fcntl lock on the mailbox: asked last
     */
    void breakIfStale(Sightings.Watch watch, @Nullable FileStatus mailbox, Check fcntl) throws IOException {
        FileStatus there = io.stat(path);
        if (there == null || !there.isFile() || there.size() > MOST_OCTETS) {
            return;
        }
        try (Folder folder = io.folder(base, relative)) {
            breakIfStale(folder, watch, there, mailbox, fcntl);
        }
    }

    private void breakIfStale(
            Folder folder, Sightings.Watch watch, FileStatus there, @Nullable FileStatus mailbox, Check fcntl)
            throws IOException {
        Object before = folder.key(name);
        Optional<String> text = read(folder, name);
        if (before == null || text.isEmpty() || !isStale(text.get(), watch, there, mailbox, fcntl)) {
            return;
        }
        FileStatus now = io.stat(path);
        if (now == null || !now.sameAs(there)) {
            return;
        }
        String aside = temporary();
        try {
            folder.move(name, aside);
        } catch (NoSuchFileException e) {
            return;
        }
        // not the inode alone: file systems give the number of a removed file to the next one
        FileStatus moved = io.stat(path.resolveSibling(aside));
        if (before.equals(folder.key(aside))
                && moved != null
                && moved.mtime() == there.mtime()
                && text.equals(read(folder, aside))) {
            LOG.atWarn()
                    .addKeyValue("file", path)
                    .addKeyValue("holder", text.get().strip())
                    .log("stale-lock-broken");
            watch.forget();
        } else {
            putBack(folder, aside);
        }
        folder.unlink(aside);
    }

    /** Somebody else broke it first, and this is a fresh one. */
    private void putBack(Folder folder, String aside) throws IOException {
        try {
            folder.link(aside, name);
        } catch (UnsupportedOperationException e) {
            if (folder.key(name) == null) {
                folder.move(aside, name);
            }
        }
    }

    /** A question that only the disk can answer. */
    interface Check {
        boolean isTrue() throws IOException;
    }

    private boolean isStale(
            String text, Sightings.Watch watch, FileStatus lock, @Nullable FileStatus mailbox, Check fcntl)
            throws IOException {
        Optional<ProcessIdentity> holder = ProcessIdentity.parse(text);
        if (holder.isPresent()) {
            if (holder.get().equals(liveness.self())) {
                return true;
            }
            switch (liveness.stateOf(holder.get())) {
                case DEAD -> {
                    return true;
                }
                case ALIVE -> {
                    return false;
                }
                case UNKNOWN -> {}
            }
        }
        return watch.isUnchangedFor(staleAfterMillis, lock, mailbox) && fcntl.isTrue();
    }

    private boolean isOlder(FileStatus file, long millis) {
        return file.ctime() < before(millis) && file.mtime() < before(millis);
    }

    private long before(long millis) {
        return (pause.now() - millis) * 1_000_000;
    }

    /** What is in the way, for people: {@code /var/mail/postel.lock, 12 s old, of 4711:host}. */
    String describe() throws IOException {
        FileStatus there = io.stat(path);
        if (there == null) {
            return "locked again and again";
        }
        if (!there.isFile() || there.size() > MOST_OCTETS) {
            return path + " is not a lock file";
        }
        String holder = read().map(String::strip).orElse("");
        long seconds = Math.max(0, pause.now() - there.mtime() / 1_000_000) / 1000;
        return path + ", " + seconds + " s old" + (holder.isEmpty() ? "" : ", of " + shown(holder));
    }

    private static String shown(String holder) {
        String line = holder.lines().findFirst().orElse("").replaceAll("\\p{Cntrl}", "?");
        return line.length() <= 60 ? line : line.substring(0, 60) + "...";
    }

    /**
     * Removes what processes that were killed while they made or broke a lock left in a directory. Of one that lives
     * only its next step fails, and it tries again.
     */
    static void sweep(StorageIo io, Path directory, Liveness liveness, Pause pause) throws IOException {
        for (String name : io.list(directory)) {
            if (LEFTOVER.matcher(name).matches()) {
                Path file = directory.resolve(name);
                DotLock lock = new DotLock(io, directory, file.getFileName(), liveness, pause, UNWRITTEN_MILLIS);
                FileStatus there = io.stat(file);
                if (there != null && there.isFile() && lock.isLeftover(there)) {
                    LOG.atInfo().addKeyValue("file", file).log("left-lock-removed");
                    io.unlink(file);
                }
            }
        }
    }

    private boolean isLeftover(FileStatus there) throws IOException {
        Optional<String> text = read();
        Optional<ProcessIdentity> maker = text.flatMap(ProcessIdentity::parse);
        return text.isPresent()
                && there.size() <= MOST_OCTETS
                && (maker.isPresent() ? liveness.isDead(maker.get()) : isOlder(there, staleAfterMillis));
    }

    private Optional<String> read() throws IOException {
        try (Folder folder = io.folder(base, relative)) {
            return read(folder, name);
        }
    }

    /**
     * What is in a lock file. It is opened to be written to, though nothing is: a FIFO that took its place would be
     * waited for by a reader, and is an error for who may do both. What we may not write to is none of our locks.
     */
    private static Optional<String> read(Folder folder, String name) throws IOException {
        if (folder.key(name) == null) {
            return Optional.empty();
        }
        try (IoFile open = folder.open(name, StorageIo.Mode.WRITE)) {
            ByteBuffer text = ByteBuffer.allocate(MOST_OCTETS);
            open.read(text, 0);
            return Optional.of(new String(text.array(), 0, text.position(), StandardCharsets.UTF_8));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            if (StoreErrors.isDenied(e)) {
                // Postfix makes its locks with mode 0: age alone decides
                return Optional.of("");
            }
            throw e;
        }
    }

    /** Keeps the lock young. */
    void touch() throws IOException {
        IoFile file = held;
        if (file != null && pause.elapsed() - touched > TOUCH_MILLIS) {
            touched = pause.elapsed();
            file.write(ByteBuffer.wrap(content), 0);
        }
    }

    /** Removes the lock if it is still ours: the very file, which nobody has to open for that. */
    void unlock() throws IOException {
        Object own = key;
        Folder folder = place;
        if (folder == null) {
            return;
        }
        place = null;
        try (folder) {
            if (own != null && own.equals(folder.key(name))) {
                folder.unlink(name);
            }
        } finally {
            letGo();
        }
    }
}
