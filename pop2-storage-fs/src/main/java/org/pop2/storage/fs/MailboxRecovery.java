package org.pop2.storage.fs;

import java.io.IOException;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.fs.journal.Commits;
import org.pop2.storage.fs.journal.Deliveries;
import org.pop2.storage.fs.lock.MailboxPath;
import org.pop2.storage.fs.lock.MboxLocks;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finishes or undoes interrupted deletions and deliveries. Blocks. */
final class MailboxRecovery {
    private static final Logger LOG = LoggerFactory.getLogger(MailboxRecovery.class);

    private final MboxLocks locks;
    private final Commits commits;
    private final Deliveries deliveries;

    MailboxRecovery(MboxLocks locks, Commits commits, Deliveries deliveries) {
        this.locks = locks;
        this.commits = commits;
        this.deliveries = deliveries;
    }

    /** Whether a deletion or a delivery is under way or was interrupted. */
    boolean isPending(MailboxPath path) throws IOException {
        return commits.isPending(path) || deliveries.isPending(path);
    }

    boolean isDeletionPending(MailboxPath path) throws IOException {
        return commits.isPending(path);
    }

    /** Finishes or undoes what was interrupted in a mailbox, if anything was. */
    void recover(MailboxPath path) throws IOException {
        try (MboxLocks.Locked locked = locks.lock(path, false)) {
            if (locked == null) {
                LOG.atError()
                        .addKeyValue("mailbox", path)
                        .addKeyValue("reason", "gone")
                        .log("recovery-impossible");
            } else {
                recover(locked);
            }
        }
    }

    /** The same for a locked mailbox. */
    void recover(MboxLocks.Locked locked) throws IOException {
        recoverDeletion(locked);
        recoverDelivery(locked);
    }

    /** The same for deliveries only. */
    void recoverDelivery(MboxLocks.Locked locked) throws IOException {
        if (locked.mailbox().writable()) {
            deliveries.recover(locked);
        } else if (deliveries.isPending(locked.path())) {
            LOG.atWarn()
                    .addKeyValue("mailbox", locked.path())
                    .addKeyValue("reason", "read-only")
                    .log("delivery-recovery-blocked");
        }
    }

    private void recoverDeletion(MboxLocks.Locked locked) throws IOException {
        if (!commits.isPending(locked.path())) {
            return;
        }
        if (!locked.mailbox().writable()) {
            throw new StoreException(
                    Reason.UNAVAILABLE, locked.path() + ": a deletion was interrupted, and the file is read-only now");
        }
        commits.recover(locked);
    }
}
