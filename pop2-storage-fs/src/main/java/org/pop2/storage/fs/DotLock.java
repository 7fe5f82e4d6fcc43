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
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file {@code mailbox.lock}, whose existence is the lock.
 *
 * <p>It appears with its content, by {@code link(2)} from a file written before, so that a process killed at any moment
 * leaves nothing that looks like another program's lock: Postfix's are empty. Who wrote it can be told from the
 * content; a lock of this storage whose holder is dead is broken at once, anybody else's only by age. Breaking renames
 * the file away first and looks at what it got: of two processes that break at once, none removes a fresh lock.
 */
final class DotLock {
    private static final Logger LOG = LoggerFactory.getLogger(DotLock.class);
    /** Postfix takes a lock for stale after 500 s, c-client after 300 s. */
    private static final long TOUCH_MILLIS = 30_000;

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
        touched = pause.now();
        return Result.GOT;
    }

    private void write(Path to) throws IOException {
        try (IoFile file = io.open(to, StorageIo.Mode.CREATE)) {
            file.write(ByteBuffer.wrap(content), 0);
        } catch (FileAlreadyExistsException e) {
            throw e;
        } catch (IOException e) {
            if (!StoreErrors.isDenied(e)) {
                io.unlink(to);
            }
            throw e;
        }
    }

    /** A name that ends as lock files do: no folder has it. */
    private Path temporary() {
        return path.resolveSibling(path.getFileName() + ".pop2-" + unique + ".lock");
    }

    /**
     * Breaks the lock if its holder is gone.
     *
     * @param mailbox whether the mailbox is quiet too: a lock is not stale while its mailbox is written
     */
    void breakIfStale(@Nullable FileStatus mailbox) throws IOException {
        FileStatus there = io.stat(path);
        if (there == null || !there.isFile()) {
            return;
        }
        Optional<String> text = read(path);
        if (text.isEmpty() || !isStale(text.get(), there, mailbox)) {
            return;
        }
        Path aside = temporary();
        try {
            io.rename(path, aside);
        } catch (NoSuchFileException e) {
            return;
        }
        FileStatus moved = io.stat(aside);
        if (moved != null && moved.key().equals(there.key())) {
            LOG.warn("broke the stale lock {} of {}", path, text.get().strip());
        } else {
            // somebody else broke it first, and this is a fresh one
            io.link(aside, path);
        }
        io.unlink(aside);
    }

    private boolean isStale(String text, FileStatus lock, @Nullable FileStatus mailbox) throws IOException {
        Optional<ProcessIdentity> holder = ProcessIdentity.parse(text);
        if (holder.isPresent() && liveness.isDead(holder.get())) {
            return true;
        }
        long oldest = (pause.now() - staleAfterMillis) * 1_000_000;
        return lock.ctime() < oldest && lock.mtime() < oldest && (mailbox == null || mailbox.mtime() < oldest);
    }

    private Optional<String> read(Path file) throws IOException {
        try (IoFile open = io.open(file, StorageIo.Mode.READ)) {
            ByteBuffer text = ByteBuffer.allocate(1024);
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
        if (pause.now() - touched > TOUCH_MILLIS) {
            touched = pause.now();
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
