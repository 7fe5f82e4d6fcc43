package org.pop2.storage.fs.journal;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.Recoverable.SetAside;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.io.StorageIo;
import org.pop2.storage.fs.lock.Holds;
import org.pop2.storage.fs.lock.MailboxPath;
import org.pop2.storage.fs.lock.MailboxPaths;
import org.pop2.storage.fs.lock.MboxLocks;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Journals that no recovery could finish, for an administrator: what each would do, and that it be done, by the same
 * recovery. Blocks.
 */
public final class Quarantine {
    private static final Logger LOG = LoggerFactory.getLogger(Quarantine.class);
    /** As many digits of a mailbox's key as a person wants to type. */
    private static final int KEY_LENGTH = 8;

    private final StorageIo io;
    private final Path directory;
    private final MailboxPaths paths;
    private final MboxLocks locks;
    private final Commits commits;
    private final Holds holds;

    /** @param directory of the journals */
    public Quarantine(StorageIo io, Path directory, MailboxPaths paths, MboxLocks locks, Commits commits, Holds holds) {
        this.io = io;
        this.directory = directory;
        this.paths = paths;
        this.locks = locks;
        this.commits = commits;
        this.holds = holds;
    }

    public List<SetAside> list() throws IOException {
        List<SetAside> found = new ArrayList<>();
        for (String name : names()) {
            found.add(look(name));
        }
        return found;
    }

    private List<String> names() throws IOException {
        return io.list(directory).stream()
                .filter(name -> name.endsWith(Commits.QUARANTINE))
                .sorted(Comparator.comparingLong(Quarantine::millis))
                .toList();
    }

    /** {@code KEY.journal.MILLIS.quarantine}, by {@link Commits}. */
    private static long millis(String name) {
        try {
            return Long.parseLong(name.split("\\.", -1)[2]);
        } catch (IndexOutOfBoundsException | NumberFormatException e) {
            return 0;
        }
    }

    private static String id(String name) {
        return name.substring(0, Math.min(KEY_LENGTH, name.indexOf('.'))) + "-" + millis(name);
    }

    private String name(String id) throws IOException {
        return names().stream()
                .filter(name -> id(name).equals(id))
                .findFirst()
                .orElseThrow(() -> new StoreException(Reason.NOT_FOUND, "no deletion " + id + " was set aside"));
    }

    private SetAside look(String name) throws IOException {
        Instant since = Instant.ofEpochMilli(millis(name));
        try (IoFile file = io.open(directory.resolve(name), StorageIo.Mode.READ)) {
            Journal journal = Journal.read(file).orElse(null);
            if (journal == null) {
                return new SetAside(id(name), "unknown", since, false, "never begun: it can be dropped");
            }
            String mailbox = journal.file().toString();
            try {
                Commits.Verdict verdict = judge(file, journal);
                return new SetAside(
                        id(name), mailbox, since, verdict == Commits.Verdict.UNFINISHED, text(verdict, journal));
            } catch (StoreException e) {
                return new SetAside(id(name), mailbox, since, false, String.valueOf(e.getMessage()));
            }
        }
    }

    private Commits.Verdict judge(IoFile file, Journal journal) throws IOException {
        try (MboxLocks.Locked locked = locked(mailbox(journal))) {
            return Commits.judge(locked.file(), file, journal);
        }
    }

    private static String text(Commits.Verdict verdict, Journal journal) {
        return switch (verdict) {
            case NEVER_BEGUN -> "never begun: it can be dropped";
            case DONE -> "done already: it can be dropped";
            case UNFINISHED ->
                "can be applied: removes what was deleted, " + (journal.oldSize() - journal.newSize())
                        + " octets, and keeps all that came since";
            case FOREIGN ->
                "cannot be applied: another program has changed the mailbox since; has a copy of the "
                        + journal.imageLength() + " octets that were to be kept";
        };
    }

    private MailboxPath mailbox(Journal journal) {
        return paths.find(journal.file())
                .orElseThrow(() -> new StoreException(
                        Reason.UNAVAILABLE, journal.file() + " is not a mailbox of this configuration"));
    }

    private MboxLocks.Locked locked(MailboxPath path) throws IOException {
        MboxLocks.Locked locked = locks.lock(path, false);
        if (locked == null) {
            throw new StoreException(Reason.CORRUPT, path + ": there is no such file any more");
        }
        return locked;
    }

    /** Puts the journal where a recovery finds it, if that will finish it, and recovers. */
    public void apply(String id) throws IOException {
        String name = name(id);
        MailboxPath path = mailbox(read(name));
        Optional<Holds.Hold> hold = holds.tryHold(path);
        if (hold.isEmpty()) {
            throw new StoreException(Reason.BUSY, path + ": held by a session");
        }
        try (MboxLocks.Locked locked = locked(path)) {
            if (!locked.mailbox().writable()) {
                throw new StoreException(Reason.UNAVAILABLE, path + ": read-only");
            }
            // whatever else was interrupted comes first
            commits.recover(locked);
            try (IoFile file = io.open(directory.resolve(name), StorageIo.Mode.READ)) {
                Journal journal = Journal.read(file).orElse(null);
                Commits.Verdict verdict = Commits.judge(locked.file(), file, journal);
                if (verdict == Commits.Verdict.FOREIGN) {
                    throw new StoreException(Reason.CORRUPT, path + ": another program has changed the mailbox since");
                }
            }
            commits.takeUp(locked, directory.resolve(name));
        } finally {
            hold.get().end();
        }
    }

    private Journal read(String name) throws IOException {
        @Nullable Journal journal;
        try (IoFile file = io.open(directory.resolve(name), StorageIo.Mode.READ)) {
            journal = Journal.read(file).orElse(null);
        }
        if (journal == null) {
            throw new StoreException(Reason.CORRUPT, name + " was never begun: it can be dropped");
        }
        return journal;
    }

    public void drop(String id) throws IOException {
        Path file = directory.resolve(name(id));
        io.unlink(file);
        io.forceDirectory(directory);
        LOG.atWarn().addKeyValue("file", file).log("deletion-dropped");
    }
}
