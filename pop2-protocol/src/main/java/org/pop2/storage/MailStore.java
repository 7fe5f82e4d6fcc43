package org.pop2.storage;

import java.util.Optional;
import org.reactivestreams.Publisher;

/**
 * An open storage. Safe for many threads. Work starts at subscription, never before, and never blocks the subscriber's
 * thread; errors are {@link StoreException}s.
 *
 * <p>What not every storage can is a method that gives nothing by default. Who wraps a storage forwards these methods
 * as well ({@link org.pop2.storage.support.ForwardingStore} does), so that what it can is not lost; whether an object
 * happens to be of such a type says nothing.
 */
public interface MailStore {

    Accounts accounts();

    /**
     * Opens and holds a mailbox (rules S2, S3, S13). The subscriber that is given the mailbox owns the hold; cancelling
     * before that ends whatever had been got. Needs no account: who may open what is the server's question.
     */
    Publisher<Mailbox> open(UserName user, FolderName folder);

    /**
     * Appends a message to a folder, which is created if missing. Durable when it completes; an error means that
     * nothing was added. Cancelling while its content is still to come cancels that and adds nothing. Fails with
     * {@link StoreException.Reason#NOT_FOUND} if the user has no account, and with
     * {@link StoreException.Reason#OVER_QUOTA} if the user would have more than the quota allows (rule S15).
     */
    Publisher<Void> deliver(UserName user, FolderName folder, Message message);

    /** The user's folders that exist, ordered by name, the inbox among them if it does. */
    Publisher<FolderName> folders(UserName user);

    /**
     * What the user has in all folders, and may have. Emits one; whether there is such a user is not asked. Others may
     * deliver and delete meanwhile: {@link #deliver} decides by a count of its own.
     */
    Publisher<Usage> usage(UserName user);

    /** What keeps for a while what sessions deleted; nothing if it is gone at once. */
    default Optional<Retention> retention() {
        return Optional.empty();
    }

    /** What takes several messages for what one costs; nothing if each costs the same. */
    default Optional<BatchDelivery> batchDelivery() {
        return Optional.empty();
    }

    /** What puts right what other programs did to mailboxes; nothing if there is never anything to repair. */
    default Optional<Repairable> repairable() {
        return Optional.empty();
    }

    /** Numbers to watch; nothing if there are none. */
    default Optional<StoreMetrics> metrics() {
        return Optional.empty();
    }

    /** What says what is in the way of its work; nothing if nobody can tell. */
    default Optional<Examined> examined() {
        return Optional.empty();
    }

    /** What a crash left and only an administrator can finish; nothing if a storage never leaves any. */
    default Optional<Recoverable> recoverable() {
        return Optional.empty();
    }

    /** What remembers how far work has come that goes on for years; nothing if a storage keeps mail only. */
    default Optional<Ledgers> ledgers() {
        return Optional.empty();
    }

    /** Lets go of everything; mailboxes still held are given up and lose nothing. */
    Publisher<Void> close();
}
