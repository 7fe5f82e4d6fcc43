package org.pop2.storage;

import java.util.List;
import java.util.Optional;
import org.reactivestreams.Publisher;

/** The accounts of a storage (rule S1). Work starts at subscription. */
public interface Accounts {

    /** The account of that user; completes without one if there is none. */
    Publisher<Account> find(UserName user);

    /**
     * The account as it was at most a tenth of a second ago, if this storage knows it without waiting. Never blocks.
     * Used only to let in a user who was let in shortly before; before refusing anybody, {@link #find} is asked. Empty
     * by default.
     */
    default Optional<Account> recent(UserName user) {
        return Optional.empty();
    }

    /** Stores the account, replacing that of the same user if there is one. Durable when it completes. */
    Publisher<Void> put(Account account);

    /**
     * Stores several accounts at the cost of one {@link #put}, replacing those of the same users: all of them or, with
     * an error, none. Durable when it completes.
     *
     * @return empty, by default, if each costs the same
     */
    default Optional<Publisher<Void>> putAll(List<Account> accounts) {
        return Optional.empty();
    }

    /**
     * Stores the replacement, in one step, if the account of that user still equals the expected one. Of several
     * callers that expect the same account, in any thread, process or node, only one succeeds. Emits whether it did;
     * {@code false} means that nothing changed. Durable, and seen by every node, when it completes. After an error the
     * outcome is unknown.
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
