package org.pop2.storage;

import java.util.Optional;
import org.reactivestreams.Publisher;

/**
 * An open storage. Safe for many threads. Work starts at subscription, never before, and never blocks the subscriber's
 * thread; errors are {@link StoreException}s.
 *
 * <p>Optional abilities are methods that return an empty value by default. A wrapper has to forward these methods too,
 * as {@link org.pop2.storage.support.ForwardingStore} does. Whether an object is an instance of an ability's type says
 * nothing.
 */
public interface MailStore {

    Accounts accounts();

    /**
     * Opens and holds a mailbox (rules S2, S3, S13). The subscriber that is given the mailbox owns the hold; cancelling
     * earlier gives up whatever was acquired. Needs no account: the server decides who may open what.
     */
    Publisher<Mailbox> open(UserName user, FolderName folder);

    /**
     * Appends a message to a folder, which is created if missing. Durable when it completes; an error means that
     * nothing was added. Cancelling before all of its content came cancels the content and adds nothing. Fails with
     * {@link StoreException.Reason#NOT_FOUND} if the user has no account, and with
     * {@link StoreException.Reason#OVER_QUOTA} if the user would have more than the quota allows (rule S15).
     */
    Publisher<Void> deliver(UserName user, FolderName folder, Message message);

    /** The user's existing folders, ordered by name, including the inbox if it exists. */
    Publisher<FolderName> folders(UserName user);

    /**
     * How much mail the user has in all folders, and may have. Emits one, even for an unknown user. As others may
     * deliver and delete meanwhile, {@link #deliver} counts by itself.
     */
    Publisher<Usage> usage(UserName user);

    /** Deleted messages that are kept for a while; empty if they are gone at once. */
    default Optional<Retention> retention() {
        return Optional.empty();
    }

    /** Delivery of several messages at the cost of one; empty if the storage has none. */
    default Optional<BatchDelivery> batchDelivery() {
        return Optional.empty();
    }

    /** Repair of mailboxes that other programs damaged; empty if no other program can. */
    default Optional<Repairable> repairable() {
        return Optional.empty();
    }

    /** Numbers about the storage; empty if there are none. */
    default Optional<StoreMetrics> metrics() {
        return Optional.empty();
    }

    /** Checks of the storage's surroundings; empty if there is nothing to check. */
    default Optional<Examined> examined() {
        return Optional.empty();
    }

    /** Deletions that a crash interrupted and only an administrator can finish; empty if a storage never leaves any. */
    default Optional<Recoverable> recoverable() {
        return Optional.empty();
    }

    /** Records of long-running work; empty if the storage keeps mail only. */
    default Optional<Ledgers> ledgers() {
        return Optional.empty();
    }

    /** Frees all resources. Mailboxes that are still held are given up and lose nothing. */
    Publisher<Void> close();
}
