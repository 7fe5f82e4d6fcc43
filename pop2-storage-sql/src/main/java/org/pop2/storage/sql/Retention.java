package org.pop2.storage.sql;

import java.time.Instant;
import java.util.Collection;
import org.pop2.storage.FolderName;
import org.pop2.storage.UserName;
import org.reactivestreams.Publisher;

/** What was deleted and is kept for the retention time. Work starts at subscription. */
public interface Retention {

    /**
     * A deleted message that can still be had back.
     *
     * @param uid its key in the mailbox; not its number in a session
     * @param octets as transmitted
     * @param received when it was delivered
     * @param expunged when it was deleted
     * @param sender the envelope's sender, or empty
     */
    record Expunged(long uid, long octets, Instant received, Instant expunged, String sender) {}

    /**
     * What a sweep removed.
     *
     * @param messages deleted messages past their retention
     * @param bodies bodies, those of messages and of deliveries that broke off
     */
    record Swept(long messages, long bodies) {}

    /** What was deleted from a folder, the oldest message first. */
    Publisher<Expunged> expunged(UserName user, FolderName folder);

    /**
     * Brings deleted messages back to where they were; all of them or, with an error, none. Those that are no longer
     * there are passed over. Sessions that hold the mailbox see them the next time.
     *
     * @return how many came back
     */
    Publisher<Long> undelete(UserName user, FolderName folder, Collection<Long> uids);

    /** Removes, in small batches, what is past its retention; the store does so by itself, too. */
    Publisher<Swept> sweep();
}
