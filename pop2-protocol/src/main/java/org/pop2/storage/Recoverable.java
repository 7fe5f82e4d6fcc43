package org.pop2.storage;

import java.time.Instant;
import org.reactivestreams.Publisher;

/**
 * Interrupted deletions that were set aside, for an administrator to finish or drop; see {@link MailStore#recoverable}.
 * Work starts at subscription; errors are {@link StoreException}s.
 */
public interface Recoverable {

    /**
     * A deletion that was interrupted and has not been finished.
     *
     * @param id its name here
     * @param mailbox which mailbox it is about
     * @param since when it was set aside
     * @param applicable whether {@link #apply} would do something now
     * @param text one line: what {@link #apply} would do, or why it can do nothing
     */
    record SetAside(String id, String mailbox, Instant since, boolean applicable, String text) {}

    /** All deletions that were set aside, oldest first. Locks each mailbox for a moment, and changes nothing. */
    Publisher<SetAside> setAside();

    /**
     * Finishes a deletion, with the same checks as a recovery after a crash; durable when it completes. With an error
     * nothing is changed: {@link StoreException.Reason#NOT_FOUND} if there is no such deletion,
     * {@link StoreException.Reason#BUSY} while a session holds the mailbox, {@link StoreException.Reason#CORRUPT} if
     * another program has changed it.
     */
    Publisher<Void> apply(String id);

    /** Removes what was set aside and leaves the mailbox as it is; {@link StoreException.Reason#NOT_FOUND} as above. */
    Publisher<Void> drop(String id);
}
