package org.pop2.storage;

import org.reactivestreams.Publisher;

/**
 * A mailbox from which others, who know nothing of holds, may take a message while it is held:
 * {@link Mailbox#unsettled} gives it. Numbers and sizes stay as they were counted; a message that is gone is to be told
 * as one that was deleted. Errors are {@link StoreException}s.
 */
public interface Unsettled {
    /**
     * Whether a message can be given now, whatever others do: it has been looked for, and kept. Never blocks. Where it
     * is {@code false}, {@link #look} tells.
     *
     * @param number 1 to {@link Mailbox#count}
     */
    boolean isKept(int number);

    /**
     * Looks whether a message is there; it may be read ahead then. Work starts at subscription. Emits one.
     *
     * @param number 1 to {@link Mailbox#count}
     */
    Publisher<Boolean> look(int number);
}
