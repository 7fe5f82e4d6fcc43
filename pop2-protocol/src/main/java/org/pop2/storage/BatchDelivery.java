package org.pop2.storage;

import java.util.List;
import org.reactivestreams.Publisher;

/**
 * A storage that stores several messages at the cost of one; see {@link MailStore#batchDelivery}. Work starts at
 * subscription; errors are {@link StoreException}s. The contract test is
 * {@code org.pop2.storage.tck.BatchDeliveryContract}.
 */
public interface BatchDelivery {
    /** Most messages in a batch. */
    int MOST_MESSAGES = 1000;

    /** Most octets in a batch, before any conversion: a storage may hold all of them in memory. */
    int MOST_OCTETS = 8 * 1024 * 1024;

    /**
     * Appends messages to a folder, in their order: all of them or, with an error, none. Durable when it completes. All
     * else is as for {@link MailStore#deliver}: {@link StoreException.Reason#OVER_QUOTA} if not all fit, a message that
     * is there already by its {@linkplain Message#deliveryId delivery id} is not stored again. The contents are
     * subscribed to one after the other.
     *
     * @throws IllegalArgumentException at the call, if there are more than {@link #MOST_MESSAGES}: a bug of the caller.
     *     With more than {@link #MOST_OCTETS} it may fail as {@link StoreException.Reason#UNAVAILABLE}
     */
    Publisher<Void> deliver(UserName user, FolderName folder, List<Message> messages);

    /** The list as it is at the call. */
    static List<Message> checked(List<Message> messages) {
        if (messages.size() > MOST_MESSAGES) {
            throw new IllegalArgumentException("a batch of " + messages.size() + " messages");
        }
        return List.copyOf(messages);
    }
}
