package org.pop2.storage;

import java.util.Optional;
import org.reactivestreams.Publisher;

/** The accounts of a storage (rule S1). Work starts at subscription. */
public interface Accounts {

    /** The account of that user; completes without one if there is none. */
    Publisher<Account> find(UserName user);

    /**
     * The account as it was a moment ago, at most a tenth of a second, if this storage knows it without waiting. Never
     * blocks. For letting somebody in who was let in shortly before; whoever is to be refused is looked up with
     * {@link #find}. By default nothing is known.
     */
    default Optional<Account> recent(UserName user) {
        return Optional.empty();
    }

    /** Stores the account, new or in place of the one of the same user. Durable when it completes. */
    Publisher<Void> put(Account account);

    /**
     * Stores the replacement if the account of that user is still exactly the expected one, in one step: of several
     * that expect the same account, in whatever thread, process or node, one happens. Emits whether it did;
     * {@code false}, and nothing changed, if the account is another by now or is gone. Durable, and seen by every node,
     * when it completes. After an error nobody knows whether it happened.
     *
     * @throws IllegalArgumentException at the call, if the two are not of the same user: a bug of the caller
     */
    Publisher<Boolean> replace(Account expected, Account replacement);

    /**
     * Removes the account; the user's mail stays. Durable when it completes. Fails with
     * {@link StoreException.Reason#NOT_FOUND} if there is none.
     */
    Publisher<Void> remove(UserName user);

    /** All accounts, ordered by name. */
    Publisher<Account> list();
}
