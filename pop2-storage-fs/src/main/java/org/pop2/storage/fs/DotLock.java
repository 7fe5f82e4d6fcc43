package org.pop2.storage.fs;

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
    private long touched;

    DotLock(StorageIo io, Path path, Liveness liveness, Pause pause, long staleAfterMillis) {
        this.io = io;
        this.path = path;
        this.liveness = liveness;
        this.pause = pause;
        this.staleAfterMillis = staleAfterMillis;
        this.content = (liveness.self().toText() + "\n").getBytes(StandardCharsets.UTF_8);
    }

    Result tryLock() throws IOException {
        Path written = temporary();
        try {
            write(written);
        } catch (IOException e) {
            if (StoreErrors.isDenied(e)) {
                return Result.UNWRITABLE;
            }
            throw e;
        }
        try {
            io.link(written, path);
        } catch (FileAlreadyExistsException e) {
            return Result.TAKEN;
        } catch (FileSystemException | UnsupportedOperationException e) {
            // a file system without links: the file is there before its content is
            try {
                write(path);
            } catch (FileAlreadyExistsException taken) {
                return Result.TAKEN;
            }
        } finally {
            io.unlink(written);
        }
        touched = pause.elapsed();
        return Result.GOT;
    }

    private void write(Path to) throws IOException {
        IoFile file = io.open(to, StorageIo.Mode.CREATE);
        // from here on it is ours to remove; one that could not be made may be somebody else's
        boolean written = false;
        try (file) {
            file.write(ByteBuffer.wrap(content), 0);
            written = true;
        } finally {
            if (!written) {
                io.unlink(to);
            }
        }
    }

    /** A name that ends as lock files do: no folder has it. */
    private Path temporary() {
        return path.resolveSibling(path.getFileName() + ".pop2-" + unique + ".lock");
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
        Optional<String> text = read(path);
        if (text.isEmpty() || !isStale(text.get(), watch, there, mailbox, fcntl)) {
            return;
        }
        FileStatus now = io.stat(path);
        if (now == null || !now.sameAs(there)) {
            return;
        }
        Path aside = temporary();
        try {
            io.rename(path, aside);
        } catch (NoSuchFileException e) {
            return;
        }
        FileStatus moved = io.stat(aside);
        // not the inode alone: file systems give the number of a removed file to the next one
        if (moved != null
                && moved.key().equals(there.key())
                && moved.mtime() == there.mtime()
                && text.equals(read(aside))) {
            LOG.atWarn()
                    .addKeyValue("file", path)
                    .addKeyValue("holder", text.get().strip())
                    .log("stale-lock-broken");
            watch.forget();
        } else {
            // somebody else broke it first, and this is a fresh one
            io.link(aside, path);
        }
        io.unlink(aside);
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
            return path + " is no lock file";
        }
        String holder = read(path).map(String::strip).orElse("");
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
                DotLock lock = new DotLock(io, file, liveness, pause, UNWRITTEN_MILLIS);
                FileStatus there = io.stat(file);
                if (there != null && there.isFile() && lock.isLeftover(there)) {
                    LOG.atInfo().addKeyValue("file", file).log("left-lock-removed");
                    io.unlink(file);
                }
            }
        }
    }

    private boolean isLeftover(FileStatus there) throws IOException {
        Optional<String> text = read(path);
        Optional<ProcessIdentity> maker = text.flatMap(ProcessIdentity::parse);
        return text.isPresent()
                && there.size() <= MOST_OCTETS
                && (maker.isPresent() ? liveness.isDead(maker.get()) : isOlder(there, staleAfterMillis));
    }

    private Optional<String> read(Path file) throws IOException {
        try (IoFile open = io.open(file, StorageIo.Mode.READ)) {
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
        if (pause.elapsed() - touched > TOUCH_MILLIS) {
            touched = pause.elapsed();
            try (IoFile file = io.open(path, StorageIo.Mode.WRITE)) {
                file.write(ByteBuffer.wrap(content), 0);
            }
        }
    }

    /** Removes the lock if it is still ours. */
    void unlock() throws IOException {
        Optional<String> text = read(path);
        if (text.isPresent() && text.get().equals(new String(content, StandardCharsets.UTF_8))) {
            io.unlink(path);
        }
    }
}
