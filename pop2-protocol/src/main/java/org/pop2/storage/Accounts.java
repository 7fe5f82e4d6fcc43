package org.pop2.storage;

import org.reactivestreams.Publisher;

/** The accounts of a storage (rule S1). Work starts at subscription. */
public interface Accounts {

    /** The account of that user; completes without one if there is none. */
    Publisher<Account> find(UserName user);

    /** Stores the account, new or in place of the one of the same user. Durable when it completes. */
    Publisher<Void> put(Account account);

    /**
     * Removes the account; the user's mail stays. Durable when it completes. Fails with
     * {@link StoreException.Reason#NOT_FOUND} if there is none.
     */
    Publisher<Void> remove(UserName user);

    /** All accounts, ordered by name. */
    Publisher<Account> list();
}
