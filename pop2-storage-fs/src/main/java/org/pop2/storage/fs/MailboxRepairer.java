package org.pop2.storage.fs;

import java.io.IOException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import org.pop2.storage.Repairable.Repair;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.fs.format.MboxFormat;
import org.pop2.storage.fs.format.MboxIndex;
import org.pop2.storage.fs.format.MboxRepair;
import org.pop2.storage.fs.format.MboxScanner;
import org.pop2.storage.fs.journal.Replacements;
import org.pop2.storage.fs.lock.MailboxPath;
import org.pop2.storage.fs.lock.MboxLocks;
import org.pop2.storage.fs.lock.Pause;

/** Repairs mailbox files that other programs damaged. Blocks. */
final class MailboxRepairer {
    private static final DateTimeFormatter WHEN =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH-mm-ss.SSS'Z'").withZone(ZoneOffset.UTC);

    private final MboxLocks locks;
    private final MailboxRecovery recovery;
    private final MailboxIndexer indexer;
    private final Replacements replacements;
    private final MboxFormat format;
    private final Pause pause;

    MailboxRepairer(
            MboxLocks locks,
            MailboxRecovery recovery,
            MailboxIndexer indexer,
            Replacements replacements,
            MboxFormat format,
            Pause pause) {
        this.locks = locks;
        this.recovery = recovery;
        this.indexer = indexer;
        this.replacements = replacements;
        this.format = format;
        this.pause = pause;
    }

    /**
     * Repairs a mailbox that the caller holds; changes nothing if it fails.
     *
     * @param dry only report
     */
    Repair repair(MailboxPath path, boolean dry) throws IOException {
        try (MboxLocks.Locked locked = locks.lock(path, false)) {
            if (locked == null) {
                throw new StoreException(Reason.NOT_FOUND, path + ": there is no such file");
            }
            if (!dry && !locked.mailbox().writable()) {
                throw new StoreException(Reason.UNAVAILABLE, path + ": read-only");
            }
            if (!dry) {
                recovery.recover(locked);
            } else if (recovery.isPending(path)) {
                throw new StoreException(
                        Reason.UNAVAILABLE, path + ": a deletion or a delivery was interrupted, and comes first");
            }
            long size = locked.file().size();
            Instant written = Instant.ofEpochMilli(locked.status().mtime() / 1_000_000);
            MboxRepair repair = MboxRepair.of(locked.file(), size, format, written, locked::keepAlive);
            Repair nothing = told(repair, Optional.empty());
            return nothing.isNothing() || dry ? nothing : replace(locked, size, repair);
        }
    }

    private Repair replace(MboxLocks.Locked locked, long size, MboxRepair repair) throws IOException {
        try (Replacements.Image image = replacements.image(repair::writeTo)) {
            MboxIndex index = MboxScanner.scan(image.file(), image.length(), format, locked::keepAlive);
            if (index.count() != repair.messages()) {
                throw new StoreException(
                        Reason.CORRUPT,
                        locked.path() + ": would have " + index.count() + " messages and not " + repair.messages());
            }
            String kept = replacements
                    .replace(locked, size, image, WHEN.format(Instant.ofEpochMilli(pause.now())))
                    .toString();
            indexer.update(locked, index);
            return told(repair, Optional.of(kept));
        }
    }

    private static Repair told(MboxRepair repair, Optional<String> kept) {
        return new Repair(
                repair.messages(), repair.separators(), repair.nuls(), repair.leading(), repair.lineEnd(), kept);
    }
}
