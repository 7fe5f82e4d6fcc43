package org.pop2.storage.tck.broken;

import java.util.Optional;
import org.pop2.storage.Account;
import org.pop2.storage.Accounts;
import org.pop2.storage.UserName;
import org.reactivestreams.Publisher;

/** Does what the healthy accounts do; a fault, or another test, overrides what it changes. */
public class ForwardingAccounts implements Accounts {
    final Accounts healthy;

    public ForwardingAccounts(Accounts healthy) {
        this.healthy = healthy;
    }

    @Override
    public Publisher<Account> find(UserName user) {
        return healthy.find(user);
    }

    @Override
    public Optional<Account> recent(UserName user) {
        return healthy.recent(user);
    }

    @Override
    public Publisher<Void> put(Account account) {
        return healthy.put(account);
    }

    @Override
    public Publisher<Boolean> replace(Account expected, Account replacement) {
        return healthy.replace(expected, replacement);
    }

    @Override
    public Publisher<Void> remove(UserName user) {
        return healthy.remove(user);
    }

    @Override
    public Publisher<Account> list() {
        return healthy.list();
    }
}
