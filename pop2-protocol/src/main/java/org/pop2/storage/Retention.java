package org.pop2.storage;

import java.time.Instant;
import java.util.Collection;
import org.reactivestreams.Publisher;

/**
 * What sessions deleted, kept for a while ({@link MailStore#retention}). Work starts at subscription; errors are
 * {@link StoreException}s. The contract test is {@code org.pop2.storage.tck.RetentionContract}.
 */
public interface Retention {

    /**
     * A deleted message that can still be had back.
     *
     * @param uid its key among the messages of its mailbox, deleted or not; not its number in a session
     * @param octets as transmitted
     * @param received when it was delivered
     * @param expunged when it was deleted
     * @param sender the envelope's sender, or empty
     */
    record Expunged(long uid, long octets, Instant received, Instant expunged, String sender) {}

    /**
     * What was deleted from a folder and is still there, the message that came first first; none for an unknown folder.
     */
    Publisher<Expunged> expunged(UserName user, FolderName folder);

    /**
     * Brings deleted messages back to where they were, as they were; all of them or, with an error, none. Those that
     * are not there any more, or are back already, are passed over: no message comes back twice. Needs no hold: a
     * session that holds the mailbox goes on with its snapshot, and the next one sees them.
     *
     * @return how many came back
     */
    Publisher<Long> undelete(UserName user, FolderName folder, Collection<Long> uids);
}
