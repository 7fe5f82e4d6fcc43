package org.pop2.storage;

import org.reactivestreams.Publisher;

/**
 * A mailbox from which other programs may delete messages while it is held; see {@link Mailbox#unsettled}. Numbers and
 * sizes stay as they were counted; announce a message that is gone like one that was deleted. Errors are
 * {@link StoreException}s.
 */
public interface Unsettled {
    /**
     * Whether a message can be sent whatever others do, since it was looked up and kept. Never blocks. If
     * {@code false}, ask {@link #look}.
     *
     * @param number 1 to {@link Mailbox#count}
     */
    boolean isKept(int number);

    /**
     * Looks whether a message is still there, and may read it ahead. Work starts at subscription. Emits one.
     *
     * @param number 1 to {@link Mailbox#count}
     */
    Publisher<Boolean> look(int number);
}
