package org.pop2.storage.fs.journal;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.fs.io.Hashes;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.io.StorageIo;
import org.pop2.storage.fs.io.StoreErrors;
import org.pop2.storage.fs.lock.MailboxPath;
import org.pop2.storage.fs.lock.MboxLocks;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Changes what is in a mailbox file, so that a crash at any moment leaves the old or the new content: see the package's
 * description for the steps. All methods want the mailbox locked.
 */
public final class Commits {
    private static final Logger LOG = LoggerFactory.getLogger(Commits.class);
    private static final String SUFFIX = ".journal";
    static final String QUARANTINE = ".quarantine";
    private static final long SPARE_OCTETS = 16L * 1024 * 1024;

    private final StorageIo io;
    private final Path directory;

    /** @param directory for journals; exists */
    public Commits(StorageIo io, Path directory) {
        this.io = io;
        this.directory = directory;
    }

    /**
     * Removes everything from {@code start} on but the kept ranges.
     *
     * @param kept ranges of the mailbox behind {@code start}, in order
     * @param size of what was scanned: a program that heeds none of our locks may have appended since
     */
    public void remove(MboxLocks.Locked mailbox, long start, List<Journal.Range> kept, long size) throws IOException {
        IoFile file = mailbox.file();
        file.requireEnd(size);
        if (kept.isEmpty()) {
            file.truncate(start);
            file.force();
            return;
        }
        long image = kept.stream().mapToLong(Journal.Range::length).sum();
        requireSpace(image);
        Path path = journal(mailbox.path());
        Journal journal = new Journal(
                mailbox.path().file(),
                start,
                size,
                1,
                Hashes.before(file, start),
                Hashes.of(file, start + image, size),
                image);
        boolean sealed = false;
        try (IoFile written = io.open(path, StorageIo.Mode.CREATE)) {
            journal.write(written, kept, mailbox::keepAlive);
            io.forceDirectory(directory);
            // makes the dot-lock durable too: after a power failure it keeps deliveries off until recovery
            forceSpool(mailbox.path());
            file.requireEnd(size);
            sealed = true;
            apply(journal, written, mailbox);
        } finally {
            if (!sealed) {
                io.unlink(path);
            }
        }
        finish(path);
    }

    private void forceSpool(MailboxPath path) throws IOException {
        try {
            io.forceDirectory(path.directory());
        } catch (IOException e) {
            if (!StoreErrors.isDenied(e)) {
                throw e;
            }
            LOG.atDebug().addKeyValue("directory", path.directory()).log("directory-unreadable");
        }
    }

    private void apply(Journal journal, IoFile written, MboxLocks.Locked mailbox) throws IOException {
        IoFile file = mailbox.file();
        try {
            journal.writeImage(written, file, mailbox::keepAlive);
            long size = file.size();
            if (size > journal.oldSize()) {
                // of a program that heeds no lock of ours: the truncation would take it away
                applyWithNewMail(mailbox, written, journal, size);
            } else {
                file.truncate(journal.newSize());
                file.force();
            }
        } catch (IOException e) {
            // the journal stays, and with it the mailbox is refused until a recovery has written all of it again
            LOG.atError()
                    .addKeyValue("mailbox", mailbox.path())
                    .addKeyValue("error", e.toString())
                    .log("deletion-interrupted");
            throw e;
        }
    }

    private void finish(Path journal) throws IOException {
        io.unlink(journal);
        io.forceDirectory(directory);
    }

    private void requireSpace(long octets) throws IOException {
        long usable = io.usableSpace(directory);
        if (usable < octets + SPARE_OCTETS) {
            throw new StoreException(
                    Reason.NO_SPACE, "a deletion needs " + (octets + SPARE_OCTETS) + " octets, free are " + usable);
        }
    }

    private Path journal(MailboxPath path) {
        return directory.resolve(path.key() + SUFFIX);
    }

    private static Path next(Path journal) {
        return journal.resolveSibling(journal.getFileName() + ".next");
    }

    /** Whether a release of that mailbox was interrupted. */
    public boolean isPending(MailboxPath path) throws IOException {
        return io.isIn(directory, journal(path));
    }

    /** The mailboxes of all journals that there are. */
    public List<Path> pending() throws IOException {
        List<Path> files = new ArrayList<>();
        for (String name : io.list(directory)) {
            if (name.endsWith(SUFFIX)) {
                try (IoFile file = io.open(directory.resolve(name), StorageIo.Mode.READ)) {
                    Optional<Journal> journal = Journal.read(file);
                    if (journal.isPresent()) {
                        files.add(journal.get().file());
                    }
                } catch (NoSuchFileException e) {
                    LOG.atDebug().addKeyValue("file", name).log("journal-gone");
                }
            }
        }
        return files;
    }

    /** Finishes a release that was interrupted, or makes sure that it never began. */
    public void recover(MboxLocks.Locked mailbox) throws IOException {
        Path path = journal(mailbox.path());
        if (!io.isIn(directory, path)) {
            return;
        }
        // of a recovery that was interrupted: without its name it says nothing
        io.unlink(next(path));
        boolean done;
        try (IoFile written = io.open(path, StorageIo.Mode.READ)) {
            Journal journal = Journal.read(written).orElse(null);
            done = recover(mailbox, written, journal);
        }
        if (done) {
            finish(path);
        } else {
            Path quarantine = path.resolveSibling(path.getFileName() + "." + System.currentTimeMillis() + QUARANTINE);
            io.rename(path, quarantine);
            io.forceDirectory(directory);
            LOG.atError()
                    .addKeyValue("mailbox", mailbox.path())
                    .addKeyValue("quarantine", quarantine)
                    .log("deletion-not-recovered");
        }
    }

    /** What a journal is to a mailbox. */
    enum Verdict {
        /** It is not whole, or has no seal: the mailbox was never touched. */
        NEVER_BEGUN,
        UNFINISHED,
        /** All but the removal of the journal. */
        DONE,
        /** Another program has changed the mailbox since, or it is another one. */
        FOREIGN
    }

    /** Compares all that a recovery relies on. */
    static Verdict judge(IoFile mailbox, IoFile written, @Nullable Journal journal) throws IOException {
        if (journal == null) {
            return Verdict.NEVER_BEGUN;
        }
        long size = mailbox.size();
        if (size < journal.newSize() || !journal.beforeHash().equals(Hashes.before(mailbox, journal.start()))) {
            return Verdict.FOREIGN;
        }
        if (size >= journal.oldSize()
                && journal.removedHash().equals(Hashes.of(mailbox, journal.newSize(), journal.oldSize()))) {
            return Verdict.UNFINISHED;
        }
        Journal.Range image = journal.image(written);
        return Hashes.of(written, image.from(), image.to())
                        .equals(Hashes.of(mailbox, journal.start(), journal.newSize()))
                ? Verdict.DONE
                : Verdict.FOREIGN;
    }

    /** Whether the journal has done its duty; otherwise it belongs to another mailbox than the one that is there. */
    private boolean recover(MboxLocks.Locked mailbox, IoFile written, @Nullable Journal journal) throws IOException {
        IoFile file = mailbox.file();
        Verdict verdict = judge(file, written, journal);
        if (journal == null || verdict == Verdict.NEVER_BEGUN) {
            LOG.atInfo()
                    .addKeyValue("mailbox", mailbox.path())
                    .addKeyValue("outcome", "never-begun")
                    .log("deletion-recovered");
            return true;
        }
        if (verdict == Verdict.UNFINISHED) {
            LOG.atInfo()
                    .addKeyValue("mailbox", mailbox.path())
                    .addKeyValue("outcome", "finished")
                    .log("deletion-recovered");
            long size = file.size();
            if (size == journal.oldSize()) {
                // a process killed before it forced them leaves them in memory only, and power may fail next
                written.force();
                io.forceDirectory(directory);
                forceSpool(mailbox.path());
                apply(journal, written, mailbox);
            } else {
                applyWithNewMail(mailbox, written, journal, size);
            }
        }
        if (verdict == Verdict.DONE) {
            // the truncation may have been done and not forced, by a process that was killed then
            file.force();
        }
        return verdict != Verdict.FOREIGN;
    }

    /** Finishes what was set aside before; nothing of the kind may be pending. */
    void takeUp(MboxLocks.Locked mailbox, Path quarantine) throws IOException {
        io.rename(quarantine, journal(mailbox.path()));
        io.forceDirectory(directory);
        recover(mailbox);
    }

    /** Mail came since the journal was written: it is at the end of the file and joins the image. */
    private void applyWithNewMail(MboxLocks.Locked mailbox, IoFile written, Journal journal, long size)
            throws IOException {
        Path path = journal(mailbox.path());
        IoFile file = mailbox.file();
        long imageLength = journal.imageLength() + size - journal.oldSize();
        requireSpace(imageLength);
        Journal next = new Journal(
                journal.file(),
                journal.start(),
                size,
                journal.generation() + 1,
                journal.beforeHash(),
                Hashes.of(file, journal.start() + imageLength, size),
                imageLength);
        Path temporary = next(path);
        try (IoFile rewritten = io.open(temporary, StorageIo.Mode.CREATE)) {
            next.write(
                    rewritten,
                    List.of(journal.image(written), new Journal.Range(file, journal.oldSize(), size)),
                    mailbox::keepAlive);
            io.rename(temporary, path);
            io.forceDirectory(directory);
            forceSpool(mailbox.path());
            apply(next, rewritten, mailbox);
        }
    }
}
