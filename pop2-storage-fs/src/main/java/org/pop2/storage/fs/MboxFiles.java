package org.pop2.storage.fs;

import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.Examined;
import org.pop2.storage.Repairable.Repair;
import org.pop2.storage.StoreException;
import org.pop2.storage.fs.format.MboxFormat;
import org.pop2.storage.fs.format.Traces;
import org.pop2.storage.fs.io.FileStatus;
import org.pop2.storage.fs.io.StorageIo;
import org.pop2.storage.fs.io.StoreErrors;
import org.pop2.storage.fs.journal.Commits;
import org.pop2.storage.fs.journal.Deliveries;
import org.pop2.storage.fs.journal.Replacements;
import org.pop2.storage.fs.journal.StoredMessage;
import org.pop2.storage.fs.lock.ChannelRegistry;
import org.pop2.storage.fs.lock.MailboxPath;
import org.pop2.storage.fs.lock.MboxLocks;
import org.pop2.storage.fs.lock.Pause;

/** Operations on mailbox files, each delegated to its own class: count, delete, append, repair. Blocks. */
final class MboxFiles {
    private final StorageIo io;
    private final ChannelRegistry channels;
    private final MboxLocks locks;
    private final MboxFormat format;
    private final MailboxRecovery recovery;
    private final MailboxOpener opener;
    private final MailboxDeleter deleter;
    private final MailboxAppender appender;
    private final MailboxRepairer repairer;

    MboxFiles(
            StorageIo io,
            ChannelRegistry channels,
            MboxLocks locks,
            Commits commits,
            Deliveries deliveries,
            IndexFile indexes,
            MboxFormat format,
            Replacements replacements,
            Pause pause) {
        this.io = io;
        this.channels = channels;
        this.locks = locks;
        this.format = format;
        recovery = new MailboxRecovery(locks, commits, deliveries);
        MailboxIndexer indexer = new MailboxIndexer(indexes, format, pause);
        opener = new MailboxOpener(io, channels, locks, recovery, indexer);
        deleter = new MailboxDeleter(locks, commits, recovery, indexer, replacements, pause);
        appender = new MailboxAppender(io, locks, deliveries, recovery, indexer, format);
        repairer = new MailboxRepairer(locks, recovery, indexer, replacements, format, pause);
    }

    MboxFormat format() {
        return format;
    }

    /** Counts a mailbox; {@code null} if there is none. */
    @Nullable
    Counted open(MailboxPath path) throws IOException {
        return opener.open(path);
    }

    /** As {@link MailboxDeleter#delete}. */
    void delete(Counted counted, BitSet numbers, MailboxDeleter.Guard stillHeld) throws IOException {
        deleter.delete(counted, numbers, stillHeld);
    }

    /** Appends a message, durably when it returns, and nothing if it fails. The file is created if missing. */
    void append(MailboxPath path, StoredMessage message) throws IOException {
        appender.append(path, message, null);
    }

    /** As {@link MailboxAppender#append}. */
    void append(MailboxPath path, StoredMessage message, MailboxAppender.Room room) throws IOException {
        appender.append(path, message, room);
    }

    /** As {@link MailboxRepairer#repair}. */
    Repair repair(MailboxPath path, boolean dry) throws IOException {
        return repairer.repair(path, dry);
    }

    /** Puts right what an interrupted release or delivery left, if there is something. */
    void recover(MailboxPath path) throws IOException {
        recovery.recover(path);
    }

    /** Problems with a mailbox, in words. */
    List<Examined.Finding> examine(MailboxPath path) {
        List<Examined.Finding> found = new ArrayList<>();
        try {
            FileStatus status = path.check(io);
            if (status != null && status.size() > 0) {
                requireMailbox(path, status);
            }
            found.addAll(locks.examine(path));
            if (recovery.isPending(path)) {
                found.add(new Examined.Finding(
                        Examined.Severity.WARN,
                        path + ": a deletion or a delivery was interrupted; the next session or delivery finishes it"));
            }
        } catch (IOException | StoreException e) {
            String why = StoreErrors.about(path.toString(), e).getMessage();
            found.add(new Examined.Finding(Examined.Severity.FAIL, String.valueOf(why)));
        }
        return found;
    }

    /** Looks at the beginning; of what follows, whoever opens it finds out. */
    private void requireMailbox(MailboxPath path, FileStatus status) throws IOException {
        ChannelRegistry.Shared mailbox = channels.open(io, path);
        if (mailbox != null) {
            try {
                Traces.of(mailbox.file(), Math.min(status.size(), MboxFormat.BLOCK));
            } finally {
                mailbox.close();
            }
        }
    }

    /**
     * What other programs left in a mailbox. Nothing is locked for it.
     *
     * @return nothing if there is no mailbox, or none that can be read, or it changes just now
     */
    Optional<Traces> traces(MailboxPath path) {
        try {
            ChannelRegistry.Shared mailbox = channels.open(io, path);
            if (mailbox == null) {
                return Optional.empty();
            }
            try {
                FileStatus before = path.check(io);
                if (before == null || before.size() == 0 || !before.key().equals(mailbox.key())) {
                    return Optional.empty();
                }
                Traces traces = Traces.of(mailbox.file(), before.size());
                FileStatus after = path.check(io);
                return after != null && after.sameAs(before) ? Optional.of(traces) : Optional.empty();
            } finally {
                mailbox.close();
            }
        } catch (IOException | StoreException e) {
            // examine says so
            return Optional.empty();
        }
    }
}
