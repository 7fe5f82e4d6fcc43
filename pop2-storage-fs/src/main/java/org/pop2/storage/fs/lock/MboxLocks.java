package org.pop2.storage.fs.lock;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.Examined;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.fs.io.FileStatus;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.io.StorageIo;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The locks that mail programs agree on: dot-lock and fcntl. Both are taken without waiting, and if the second cannot
 * be had the first is given back, then a random pause: with every order that other programs use there is no deadlock.
 *
 * <p>Held while mail is appended, deleted or counted; never while a client is waited for.
 */
public final class MboxLocks {
    private static final Logger LOG = LoggerFactory.getLogger(MboxLocks.class);
    /** Threads of this JVM queue here instead of polling each other's files. Entries are few: one per busy mailbox. */
    private static final Map<Path, Queue> THREADS = new ConcurrentHashMap<>();

    /** How often a directory is looked through for what killed processes left. */
    private static final long SWEEP_MILLIS = 600_000;

    /** Which locks are taken. */
    public enum Kind {
        BOTH,
        FCNTL,
        DOTLOCK;

        public static Kind of(String text) {
            return switch (text.toLowerCase(Locale.ROOT)) {
                case "both" -> BOTH;
                case "fcntl" -> FCNTL;
                case "dotlock" -> DOTLOCK;
                default -> throw new IllegalArgumentException("locking: expected both, fcntl or dotlock");
            };
        }
    }

    private static final class Queue {
        private final ReentrantLock lock = new ReentrantLock(true);
        private int users;
    }

    private final StorageIo io;
    private final ChannelRegistry channels;
    private final Liveness liveness;
    private final Sightings sightings;
    private final Pause pause;
    private final Kind kind;
    private final long timeoutMillis;
    private final long staleAfterMillis;
    private final Set<Path> unwritable = ConcurrentHashMap.newKeySet();

    /** When leftovers of locks were last looked for in a directory. */
    private final Map<Path, Long> swept = new ConcurrentHashMap<>();

    /** Directories where a dot-lock could be made. */
    private final Set<Path> dotLocked = ConcurrentHashMap.newKeySet();

    public MboxLocks(
            StorageIo io,
            ChannelRegistry channels,
            Liveness liveness,
            Sightings sightings,
            Pause pause,
            Kind kind,
            long timeoutMillis,
            long staleAfterMillis) {
        this.io = io;
        this.channels = channels;
        this.liveness = liveness;
        this.sightings = sightings;
        this.pause = pause;
        this.kind = kind;
        this.timeoutMillis = timeoutMillis;
        this.staleAfterMillis = staleAfterMillis;
    }

    /**
     * Locks a mailbox.
     *
     * @param create whether to create the file if it is not there
     * @return {@code null} if it is not there
     * @throws StoreException with {@link Reason#BUSY} if the locks cannot be had in time
     */
    @Nullable
    public Locked lock(MailboxPath path, boolean create) throws IOException {
        long deadline = pause.elapsed() + timeoutMillis;
        Queue queue = THREADS.compute(path.file(), (key, known) -> {
            Queue found = known == null ? new Queue() : known;
            found.users++;
            return found;
        });
        boolean queued = false;
        boolean locked = false;
        try {
            queued = Waits.tryLock(queue.lock, timeoutMillis);
            if (!queued) {
                throw busy(path, "other sessions and deliveries");
            }
            sweep(path.directory());
            Sightings.Watch watch = sightings.of(path);
            for (int tries = 0; ; tries++) {
                Attempt attempt = attempt(path, create, queue, watch);
                if (attempt.missing) {
                    watch.note();
                }
                if (attempt.locked != null || attempt.missing) {
                    locked = attempt.locked != null;
                    return attempt.locked;
                }
                if (pause.elapsed() >= deadline) {
                    watch.note();
                    throw busy(path, attempt.obstacle);
                }
                long most = Math.min(250, 10L << Math.min(tries, 5));
                pause.millis(ThreadLocalRandom.current().nextLong(most / 5 + 1, most + 1));
            }
        } finally {
            if (!locked) {
                leave(path, queue, queued);
            }
        }
    }

    /**
     * Whether nobody who uses these locks, in this process or another, holds the mailbox at this moment. Where there
     * are no dot-locks that cannot be told without taking a lock: {@code false}.
     */
    public boolean isFree(MailboxPath path) throws IOException {
        return dotLocked.contains(path.directory())
                && !THREADS.containsKey(path.file())
                && !unwritable.contains(path.directory())
                && io.stat(path.dotLock()) == null;
    }

    /** What is in the way of locking a mailbox now, or would be: for people, and for nobody to rely on. */
    public List<Examined.Finding> examine(MailboxPath path) throws IOException {
        List<Examined.Finding> found = new ArrayList<>();
        if (kind != Kind.FCNTL) {
            FileStatus there = io.stat(path.dotLock());
            if (there != null) {
                long age = pause.now() - there.mtime() / 1_000_000;
                String lock = dotLock(path).describe();
                found.add(new Examined.Finding(
                        age < staleAfterMillis ? Examined.Severity.NOTE : Examined.Severity.WARN, "locked: " + lock));
            }
            if (io.stat(path.directory()) != null && !io.isWritable(path.directory())) {
                found.add(new Examined.Finding(
                        kind == Kind.DOTLOCK ? Examined.Severity.FAIL : Examined.Severity.WARN,
                        path.directory() + ": not writable, so no lock file can be made there"
                                + (kind == Kind.DOTLOCK ? "" : "; those who deliver have to lock by fcntl, too")));
            }
        }
        if (kind != Kind.DOTLOCK && path.check(io) != null && !isFcntlFree(path)) {
            found.add(
                    new Examined.Finding(Examined.Severity.NOTE, "locked: " + path + ", by fcntl, by another program"));
        }
        return found;
    }

    private static void leave(MailboxPath path, Queue queue, boolean queued) {
        if (queued) {
            queue.lock.unlock();
        }
        THREADS.compute(path.file(), (key, known) -> --queue.users == 0 ? null : known);
    }

    private static StoreException busy(MailboxPath path, String by) {
        return new StoreException(Reason.BUSY, path + ": locked by another program (" + by + ")");
    }

    private record Attempt(@Nullable Locked locked, boolean missing, String obstacle) {
        static final Attempt MISSING = new Attempt(null, true, "");

        static Attempt again(String obstacle) {
            return new Attempt(null, false, obstacle);
        }
    }

    /**
     * Says at the start what is in the way of dot-locks in a directory.
     *
     * @throws StoreException if they are the only locks
     */
    public void requireDotLocks(Path directory) throws IOException {
        if (kind != Kind.FCNTL && !io.isWritable(directory)) {
            withoutDotLock(directory);
        }
    }

    private void sweep(Path directory) {
        long now = pause.elapsed();
        Long last = swept.get(directory);
        if (kind == Kind.FCNTL || (last != null && now - last < SWEEP_MILLIS)) {
            return;
        }
        try {
            if (io.stat(directory) == null) {
                return;
            }
            swept.put(directory, now);
            DotLock.sweep(io, directory, liveness, pause);
        } catch (IOException e) {
            // they take a little room, and nobody else's lock is named so
            LOG.atWarn()
                    .addKeyValue("directory", directory)
                    .addKeyValue("error", e.toString())
                    .log("left-locks-unknown");
        }
    }

    private Attempt attempt(MailboxPath path, boolean create, Queue queue, Sightings.Watch watch) throws IOException {
        FileStatus before = path.check(io);
        if (before == null && !create) {
            if (kind != Kind.FCNTL) {
                // of a process killed while it was about to create the mailbox
                dotLock(path).breakIfStale(watch, null, () -> true);
            }
            return Attempt.MISSING;
        }
        DotLock dotLock = null;
        ChannelRegistry.Shared mailbox = null;
        boolean fcntl = false;
        boolean complete = false;
        try {
            if (kind != Kind.FCNTL) {
                DotLock lock = dotLock(path);
                switch (lock.tryLock()) {
                    case GOT -> {
                        dotLock = lock;
                        dotLocked.add(path.directory());
                    }
                    case TAKEN -> {
                        lock.breakIfStale(watch, before, () -> isFcntlFree(path));
                        return Attempt.again(lock.describe());
                    }
                    case UNWRITABLE -> withoutDotLock(path.directory());
                }
            }
            if (before == null) {
                createFile(path);
            }
            mailbox = channels.open(io, path);
            if (mailbox == null) {
                return create ? Attempt.again("removed again and again") : Attempt.MISSING;
            }
            if (kind != Kind.DOTLOCK) {
                fcntl = mailbox.file().tryLock(!mailbox.writable());
                if (!fcntl) {
                    return Attempt.again("an fcntl lock");
                }
            }
            FileStatus status = path.check(io);
            if (status == null || !status.key().equals(mailbox.key())) {
                return Attempt.again("replaced again and again");
            }
            complete = true;
            return new Attempt(new Locked(path, queue, dotLock, mailbox, fcntl), false, "");
        } finally {
            if (!complete) {
                unlock(dotLock, mailbox, fcntl);
            }
        }
    }

    private DotLock dotLock(MailboxPath path) {
        Path name = path.relative().resolveSibling(path.relative().getFileName() + ".lock");
        return new DotLock(io, path.base(), name, liveness, pause, staleAfterMillis);
    }

    private void withoutDotLock(Path directory) {
        if (kind == Kind.DOTLOCK) {
            throw new StoreException(
                    Reason.UNAVAILABLE, directory + ": not writable, and locking = dotlock needs a file there");
        }
        if (unwritable.add(directory)) {
            LOG.atWarn().addKeyValue("directory", directory).log("dotlock-impossible");
        }
    }

    /** Whether another process has the mailbox locked by fcntl, though its dot-lock looks left over. */
    private boolean isFcntlFree(MailboxPath path) throws IOException {
        ChannelRegistry.Shared mailbox = channels.open(io, path);
        if (mailbox == null) {
            return true;
        }
        try {
            boolean free = mailbox.file().tryLock(!mailbox.writable());
            if (free) {
                mailbox.file().unlock();
            }
            return free;
        } finally {
            mailbox.close();
        }
    }

    private void createFile(MailboxPath path) throws IOException {
        try {
            io.openBeneath(path.base(), path.relative(), StorageIo.Mode.CREATE).close();
            io.forceDirectory(path.directory());
        } catch (FileAlreadyExistsException e) {
            LOG.atDebug().addKeyValue("mailbox", path).log("mailbox-created-by-others");
        }
    }

    private static void unlock(@Nullable DotLock dotLock, ChannelRegistry.@Nullable Shared mailbox, boolean fcntl)
            throws IOException {
        try {
            if (mailbox != null && fcntl) {
                mailbox.file().unlock();
            }
        } finally {
            try {
                if (mailbox != null) {
                    mailbox.close();
                }
            } finally {
                if (dotLock != null) {
                    dotLock.unlock();
                }
            }
        }
    }

    /** A locked mailbox. */
    public final class Locked implements AutoCloseable {
        private final MailboxPath path;
        private final Queue queue;
        private final @Nullable DotLock dotLock;
        private final ChannelRegistry.Shared mailbox;
        private final boolean fcntl;

        private Locked(
                MailboxPath path,
                Queue queue,
                @Nullable DotLock dotLock,
                ChannelRegistry.Shared mailbox,
                boolean fcntl) {
            this.path = path;
            this.queue = queue;
            this.dotLock = dotLock;
            this.mailbox = mailbox;
            this.fcntl = fcntl;
        }

        public MailboxPath path() {
            return path;
        }

        /** The channel; {@link ChannelRegistry.Shared#share} to keep it longer than the lock. */
        public ChannelRegistry.Shared mailbox() {
            return mailbox;
        }

        public IoFile file() {
            return mailbox.file();
        }

        public FileStatus status() throws IOException {
            FileStatus status = path.check(io);
            if (status == null || !status.key().equals(mailbox.key())) {
                throw new StoreException(Reason.CORRUPT, path + ": replaced while it was locked");
            }
            return status;
        }

        /** To be called now and then when the lock is held for long. */
        public void keepAlive() {
            if (dotLock != null) {
                try {
                    dotLock.touch();
                } catch (IOException e) {
                    LOG.atWarn()
                            .addKeyValue("mailbox", path)
                            .addKeyValue("error", e.toString())
                            .log("lock-not-refreshed");
                }
            }
        }

        /** What was done under the lock is done, so that a lock which cannot be given back is no failure of it. */
        @Override
        public void close() {
            try {
                unlock(dotLock, mailbox, fcntl);
            } catch (IOException e) {
                LOG.atError()
                        .addKeyValue("mailbox", path)
                        .addKeyValue("error", e.toString())
                        .log("lock-not-released");
            } finally {
                leave(path, queue, true);
            }
        }
    }
}
