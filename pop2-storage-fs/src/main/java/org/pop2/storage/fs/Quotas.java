package org.pop2.storage.fs;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.FolderName;
import org.pop2.storage.Quota;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.Usage;
import org.pop2.storage.UserName;
import org.pop2.storage.fs.io.FileStatus;
import org.pop2.storage.fs.io.StorageIo;
import org.pop2.storage.fs.io.StoreErrors;
import org.pop2.storage.fs.journal.StoredMessage;
import org.pop2.storage.fs.lock.MailboxPath;
import org.pop2.storage.fs.lock.MailboxPaths;
import org.pop2.storage.fs.lock.Pause;
import org.pop2.storage.fs.lock.StateLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Usage and quotas of users. Blocks. */
final class Quotas {
    private static final Logger LOG = LoggerFactory.getLogger(Quotas.class);

    private final StorageIo io;
    private final MailboxPaths paths;
    private final MboxFiles files;
    private final StateLock lock;
    private final Pause pause;
    private final long lockMillis;

    Quotas(StorageIo io, MailboxPaths paths, MboxFiles files, StateLock lock, Pause pause, long lockMillis) {
        this.io = io;
        this.paths = paths;
        this.files = files;
        this.lock = lock;
        this.pause = pause;
        this.lockMillis = lockMillis;
    }

    /** The user's mail in all folders. */
    Usage usage(UserName user, Quota quota) throws IOException {
        return count(user, quota, null);
    }

    /**
     * Appends a message if the quota allows. With a quota, deliveries to a user are serialised over all processes, so
     * that the count of other folders stays valid until the message is stored. Folders are counted one by one, and only
     * the last one is locked, so this never waits for another delivery while it holds a mailbox.
     */
    void append(UserName user, MailboxPath path, StoredMessage message, Quota quota) throws IOException {
        if (quota.isUnlimited()) {
            files.append(path, message);
            return;
        }
        // one that never fits need not be counted for
        quota.require(user, message.messages(), message.wireOctets());
        lock.locked(user.value(), lockMillis, pause, () -> {
            Usage elsewhere = count(user, quota, path);
            files.append(
                    path,
                    message,
                    here -> quota.require(
                            user,
                            elsewhere.messages() + here.count() + message.messages(),
                            elsewhere.octets() + here.octetsInAll() + message.wireOctets()));
            return elsewhere;
        });
    }

    /** The user's mail in all folders but that one. */
    private Usage count(UserName user, Quota quota, @Nullable MailboxPath except) throws IOException {
        long messages = 0;
        long octets = 0;
        for (FolderName folder : paths.list(io, user)) {
            MailboxPath path = paths.of(user, folder);
            if (except == null || !path.file().equals(except.file())) {
                Usage there = count(path, quota);
                messages += there.messages();
                octets += there.octets();
            }
        }
        return new Usage(messages, octets, quota);
    }

    /**
     * The mail in one folder. A file that is not a mailbox counts as empty, an unreadable one by its size; neither
     * prevents deliveries.
     */
    private Usage count(MailboxPath path, Quota quota) throws IOException {
        try {
            Counted counted = files.open(path);
            if (counted == null) {
                return new Usage(0, 0, quota);
            }
            try {
                return new Usage(counted.index().count(), counted.index().octetsInAll(), quota);
            } finally {
                counted.closeOrWarn();
            }
        } catch (IOException | StoreException e) {
            StoreException error = StoreErrors.of(e);
            if (error.reason() == Reason.BUSY) {
                throw error;
            }
            if (error.reason() == Reason.CORRUPT) {
                LOG.atDebug()
                        .addKeyValue("mailbox", path)
                        .addKeyValue("error", error.getMessage())
                        .log("mailbox-not-counted");
                return new Usage(0, 0, quota);
            }
            LOG.atWarn()
                    .addKeyValue("mailbox", path)
                    .addKeyValue("error", error.getMessage())
                    .log("folder-unreadable");
            FileStatus there = io.stat(path.file());
            return new Usage(0, there == null ? 0 : there.size(), quota);
        }
    }
}
