package org.pop2.storage.tck.broken;

import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.pop2.storage.Account;
import org.pop2.storage.Accounts;
import org.pop2.storage.FolderName;
import org.pop2.storage.MailStore;
import org.pop2.storage.StoreException;
import org.pop2.storage.UserName;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Faults of accounts (S1). */
final class AccountFaults {
    private AccountFaults() {}

    /** A change of an account that exists stays in the memory of the instance. */
    static MailStore changesLostOnReopen(MailStore healthy) {
        Map<UserName, Account> changed = new ConcurrentHashMap<>();
        return ForwardingStore.withAccounts(healthy, accounts -> new ForwardingAccounts(accounts) {
            @Override
            public Publisher<Account> find(UserName user) {
                return Flux.from(super.find(user)).map(this::current);
            }

            @Override
            public Publisher<Account> list() {
                return Flux.from(super.list()).map(this::current);
            }

            @Override
            public Publisher<Void> put(Account account) {
                return Mono.from(super.find(account.user()))
                        .hasElement()
                        .flatMap(known -> known ? change(account) : Mono.from(super.put(account)));
            }

            private Mono<Void> change(Account account) {
                return Mono.fromRunnable(() -> changed.put(account.user(), account));
            }

            private Account current(Account account) {
                return changed.getOrDefault(account.user(), account);
            }
        });
    }

    /** Keeps the first 64 characters of a hash. */
    static Accounts cuttingHashes(Accounts healthy) {
        return new ForwardingAccounts(healthy) {
            @Override
            public Publisher<Void> put(Account account) {
                String hash = account.passwordHash();
                return super.put(account.withPasswordHash(hash.substring(0, Math.min(64, hash.length()))));
            }
        };
    }

    static Accounts forgettingThatAnAccountIsDisabled(Accounts healthy) {
        return new ForwardingAccounts(healthy) {
            @Override
            public Publisher<Void> put(Account account) {
                return super.put(account.withEnabled(true));
            }
        };
    }

    static Accounts forgettingQuotas(Accounts healthy) {
        return new ForwardingAccounts(healthy) {
            @Override
            public Publisher<Void> put(Account account) {
                return super.put(account.withQuota(Optional.empty()));
            }
        };
    }

    /** Looks a user up once and remembers the answer, or that there was none. */
    static MailStore remembering(MailStore healthy) {
        Map<UserName, Optional<Account>> seen = new ConcurrentHashMap<>();
        return ForwardingStore.withAccounts(healthy, accounts -> new ForwardingAccounts(accounts) {
            @Override
            public Publisher<Account> find(UserName user) {
                return Mono.defer(() -> {
                    Optional<Account> known = seen.get(user);
                    return known != null
                            ? Mono.justOrEmpty(known)
                            : Mono.from(super.find(user))
                                    .singleOptional()
                                    .doOnNext(found -> seen.put(user, found))
                                    .flatMap(Mono::justOrEmpty);
                });
            }
        });
    }

    /** What was found first is recent for ever. */
    static MailStore knowingTheFirst(MailStore healthy) {
        Map<UserName, Account> seen = new ConcurrentHashMap<>();
        return ForwardingStore.withAccounts(healthy, accounts -> new ForwardingAccounts(accounts) {
            @Override
            public Publisher<Account> find(UserName user) {
                return Mono.from(super.find(user)).doOnNext(found -> seen.putIfAbsent(user, found));
            }

            @Override
            public Optional<Account> recent(UserName user) {
                return Optional.ofNullable(seen.get(user));
            }
        });
    }

    static Accounts listingBackwards(Accounts healthy) {
        return new ForwardingAccounts(healthy) {
            @Override
            public Publisher<Account> list() {
                return Flux.from(super.list())
                        .sort(Comparator.comparing(
                                        (Account account) -> account.user().value())
                                .reversed());
            }
        };
    }

    /** Takes the beginning of a name for the name. */
    static Accounts findingByPrefix(Accounts healthy) {
        return new ForwardingAccounts(healthy) {
            @Override
            public Publisher<Account> find(UserName user) {
                return Flux.from(super.list())
                        .filter(account -> account.user().value().startsWith(user.value()))
                        .next();
            }
        };
    }

    /** Never looks at what it replaces, as long as there is something. */
    static Accounts replacingWhateverIsThere(Accounts healthy) {
        return new ForwardingAccounts(healthy) {
            @Override
            public Publisher<Boolean> replace(Account expected, Account replacement) {
                return Mono.from(healthy.find(expected.user()))
                        .flatMap(known -> Mono.from(healthy.put(replacement)).thenReturn(true))
                        .defaultIfEmpty(false);
            }
        };
    }

    /** Compares the hashes only. */
    static Accounts replacingOfEqualHash(Accounts healthy) {
        return new ForwardingAccounts(healthy) {
            @Override
            public Publisher<Boolean> replace(Account expected, Account replacement) {
                return Mono.from(healthy.find(expected.user()))
                        .filter(known -> known.passwordHash().equals(expected.passwordHash()))
                        .flatMap(known -> Mono.from(healthy.replace(known, replacement)))
                        .defaultIfEmpty(false);
            }
        };
    }

    /** Looks, and then writes: others do so in between. */
    static Accounts replacingInTwoSteps(Accounts healthy) {
        return new ForwardingAccounts(healthy) {
            @Override
            public Publisher<Boolean> replace(Account expected, Account replacement) {
                return Mono.from(healthy.find(expected.user()))
                        .filter(expected::equals)
                        .delayElement(Duration.ofMillis(100))
                        .flatMap(known -> Mono.from(healthy.put(replacement)).thenReturn(true))
                        .defaultIfEmpty(false);
            }
        };
    }

    /** Works when it is called. */
    static Accounts replacingEagerly(Accounts healthy) {
        return new ForwardingAccounts(healthy) {
            @Override
            public Publisher<Boolean> replace(Account expected, Account replacement) {
                Mono<Boolean> done =
                        Mono.from(super.replace(expected, replacement)).cache();
                done.subscribe();
                return done;
            }
        };
    }

    static Accounts removingNobodyGladly(Accounts healthy) {
        return new ForwardingAccounts(healthy) {
            @Override
            public Publisher<Void> remove(UserName user) {
                return Mono.from(super.remove(user)).onErrorComplete(StoreException.class);
            }
        };
    }

    static MailStore removingTheMailToo(MailStore healthy, Bench bench) {
        return ForwardingStore.withAccounts(healthy, accounts -> new ForwardingAccounts(accounts) {
            @Override
            public Publisher<Void> remove(UserName user) {
                return bench.delete(user, FolderName.INBOX, n -> true).then(Mono.from(super.remove(user)));
            }
        });
    }
}
