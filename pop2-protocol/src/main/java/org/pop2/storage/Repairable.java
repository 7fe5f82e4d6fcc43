package org.pop2.storage;

import java.util.Optional;
import org.reactivestreams.Publisher;

/**
 * A storage whose mailboxes other programs can damage, and that can repair them; see {@link MailStore#repairable}. Work
 * starts at subscription; errors are {@link StoreException}s.
 */
public interface Repairable {

    /**
     * What a repair did, or would do.
     *
     * @param messages in the mailbox afterwards
     * @param separators separator lines that were corrected
     * @param nuls octets NUL that were taken out
     * @param leading octets before the first message that were taken out
     * @param lineEnd whether the last message got a line end
     * @param kept where the copy of the unrepaired mailbox is; empty if nothing was changed
     */
    record Repair(int messages, int separators, long nuls, long leading, boolean lineEnd, Optional<String> kept) {
        /** Whether there is nothing to repair. */
        public boolean isNothing() {
            return separators == 0 && nuls == 0 && leading == 0 && !lineEnd;
        }
    }

    /**
     * Repairs a mailbox and keeps a copy of what it was; durable when it completes. Emits one. With an error the
     * mailbox is as it was: {@link StoreException.Reason#NOT_FOUND} if there is no such folder,
     * {@link StoreException.Reason#BUSY} while a session holds it, {@link StoreException.Reason#CORRUPT} if nothing in
     * it looks like a mailbox.
     *
     * @param dry change nothing, only report
     */
    Publisher<Repair> repair(UserName user, FolderName folder, boolean dry);
}
