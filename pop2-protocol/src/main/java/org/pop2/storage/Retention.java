package org.pop2.storage;

import java.time.Instant;
import java.util.Collection;
import org.reactivestreams.Publisher;

/**
 * Deleted messages that are kept for a while; see {@link MailStore#retention}. Work starts at subscription; errors are
 * {@link StoreException}s. The contract test is {@code org.pop2.storage.tck.RetentionContract}.
 */
public interface Retention {

    /**
     * A deleted message that can still be restored.
     *
     * @param uid its key among the messages of its mailbox, deleted or not; not its number in a session
     * @param octets as transmitted
     * @param received when it was delivered
     * @param expunged when it was deleted
     * @param sender the envelope's sender, or empty
     */
    record Expunged(long uid, long octets, Instant received, Instant expunged, String sender) {}

    /** The deleted messages of a folder that are still kept, oldest delivery first; none for an unknown folder. */
    Publisher<Expunged> expunged(UserName user, FolderName folder);

    /**
     * Restores deleted messages: all of them or, with an error, none. Skips those that are gone for good or were
     * restored before: no message comes back twice. Needs no hold: a session that holds the mailbox keeps its snapshot,
     * and the next one sees them.
     *
     * @return how many came back
     */
    Publisher<Long> undelete(UserName user, FolderName folder, Collection<Long> uids);
}
