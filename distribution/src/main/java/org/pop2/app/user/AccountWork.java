package org.pop2.app.user;

import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.cli.Names;
import org.pop2.app.cli.Stores;
import org.pop2.app.config.Configuration;
import org.pop2.storage.Account;
import org.pop2.storage.Accounts;
import org.pop2.storage.StoreException;
import org.pop2.storage.UserName;
import reactor.core.publisher.Mono;

/** What is done with accounts, one at a time. Blocks. */
final class AccountWork {
    /** How often a change is tried against others who change the same account. */
    private static final int TRIES = 10;

    private AccountWork() {}

    static <T> @Nullable T accounts(Configuration configuration, Function<Accounts, Mono<T>> work) {
        return Stores.work(configuration.storage(), Stores.ADMINISTRATION, store -> work.apply(store.accounts()));
    }

    static @Nullable Account find(Configuration configuration, UserName user) {
        return accounts(configuration, accounts -> Mono.from(accounts.find(user)));
    }

    static Account account(Configuration configuration, UserName user) throws CommandFailedException {
        Account found = find(configuration, user);
        if (found == null) {
            throw Names.noUser(user);
        }
        return found;
    }

    /** Changes an account as it is at that moment: a server may be about to write it too. */
    static void change(Configuration configuration, UserName user, UnaryOperator<Account> change)
            throws CommandFailedException {
        if (accounts(configuration, accounts -> changed(accounts, user, change, TRIES)) == null) {
            throw Names.noUser(user);
        }
    }

    private static Mono<Account> changed(Accounts accounts, UserName user, UnaryOperator<Account> change, int tries) {
        return Mono.from(accounts.find(user)).flatMap(found -> {
            Account wanted = change.apply(found);
            return Mono.from(accounts.replace(found, wanted)).flatMap(done -> {
                if (done) {
                    return Mono.just(wanted);
                }
                return tries > 1
                        ? changed(accounts, user, change, tries - 1)
                        : Mono.error(new StoreException(
                                StoreException.Reason.BUSY, "user " + user + " is being changed by others"));
            });
        });
    }
}
