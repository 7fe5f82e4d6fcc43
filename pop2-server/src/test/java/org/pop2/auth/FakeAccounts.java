package org.pop2.auth;

import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.Account;
import org.pop2.storage.Accounts;
import org.pop2.storage.StoreException;
import org.pop2.storage.UserName;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Accounts in a map, answering on the subscriber's thread. */
final class FakeAccounts implements Accounts {
    final AtomicInteger finds = new AtomicInteger();
    private final Map<String, Account> accounts = new ConcurrentSkipListMap<>();
    final AtomicInteger replacements = new AtomicInteger();
    /** Happens between the reading of an account and its replacement. */
    volatile Runnable beforeReplacement = () -> {};

    volatile @Nullable StoreException replacementFailure;
    private volatile @Nullable StoreException failure;

    /** What is known without a look. */
    private final Map<String, Account> recent = new ConcurrentSkipListMap<>();

    /** From now on, whatever happens to the account. */
    void keepInMind(String user) {
        recent.put(user, Objects.requireNonNull(accounts.get(user)));
    }

    @Override
    public Optional<Account> recent(UserName user) {
        return Optional.ofNullable(recent.get(user.value()));
    }

    void set(String user, String hash, boolean enabled) {
        accounts.put(user, new Account(new UserName(user), hash, enabled));
    }

    String hash(String user) {
        return Objects.requireNonNull(accounts.get(user)).passwordHash();
    }

    void failWith(StoreException e) {
        failure = e;
    }

    @Override
    public Publisher<Account> find(UserName user) {
        return Mono.defer(() -> {
            finds.incrementAndGet();
            StoreException e = failure;
            return e != null ? Mono.error(e) : Mono.justOrEmpty(accounts.get(user.value()));
        });
    }

    @Override
    public Publisher<Void> put(Account account) {
        return Mono.fromRunnable(() -> accounts.put(account.user().value(), account));
    }

    @Override
    public Publisher<Boolean> replace(Account expected, Account replacement) {
        return Mono.fromSupplier(() -> {
            replacements.incrementAndGet();
            beforeReplacement.run();
            StoreException e = replacementFailure;
            if (e != null) {
                throw e;
            }
            return accounts.replace(expected.user().value(), expected, replacement);
        });
    }

    @Override
    public Publisher<Void> remove(UserName user) {
        return Mono.defer(() -> accounts.remove(user.value()) == null
                ? Mono.error(new StoreException(StoreException.Reason.NOT_FOUND, "no such user"))
                : Mono.empty());
    }

    @Override
    public Publisher<Account> list() {
        return Flux.defer(() -> {
            StoreException e = failure;
            return e != null ? Flux.error(e) : Flux.fromIterable(accounts.values());
        });
    }
}
