package org.pop2.storage.fs.account;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.pop2.storage.Account;
import org.pop2.storage.Accounts;
import org.pop2.storage.UserName;
import org.pop2.storage.fs.io.Work;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The accounts of a password file, read and written on the storage's own threads. */
public final class MboxAccounts implements Accounts {
    private final Path file;
    private final PasswordFile passwords;
    private final Work work;

    /** @param file for messages about it */
    public MboxAccounts(Path file, PasswordFile passwords, Work work) {
        this.file = file;
        this.passwords = passwords;
        this.work = work;
    }

    @Override
    public Publisher<Account> find(UserName user) {
        return work.<Optional<Account>>call(file, () -> passwords.find(user)).flatMap(Mono::justOrEmpty);
    }

    @Override
    public Optional<Account> recent(UserName user) {
        return passwords.recent(user);
    }

    @Override
    public Publisher<Void> put(Account account) {
        return work.call(file, () -> {
            passwords.put(account);
            return null;
        });
    }

    @Override
    public Optional<Publisher<Void>> putAll(List<Account> accounts) {
        List<Account> all = List.copyOf(accounts);
        return Optional.of(work.call(file, () -> {
            passwords.putAll(all);
            return null;
        }));
    }

    @Override
    public Publisher<Boolean> replace(Account expected, Account replacement) {
        if (!expected.user().equals(replacement.user())) {
            throw new IllegalArgumentException("a replacement of another user's account");
        }
        return work.call(file, () -> passwords.replace(expected, replacement));
    }

    @Override
    public Publisher<Void> remove(UserName user) {
        return work.call(file, () -> {
            passwords.remove(user);
            return null;
        });
    }

    @Override
    public Publisher<Account> list() {
        return work.<List<Account>>call(file, passwords::list).flatMapMany(Flux::fromIterable);
    }
}
