package org.pop2.storage.tck.broken;

import java.time.Duration;
import java.util.BitSet;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.pop2.storage.Account;
import org.pop2.storage.Accounts;
import org.pop2.storage.FolderName;
import org.pop2.storage.MailStore;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Message;
import org.pop2.storage.Quota;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.Usage;
import org.pop2.storage.UserName;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Faults of quotas (S15). */
final class QuotaFaults {
    private QuotaFaults() {}

    /** Decides about a delivery, instead of the healthy storage, which knows no quotas. */
    private interface Deciding {
        Mono<Void> deliver(MailStore healthy, Quota quota, UserName user, FolderName folder, Message message);
    }

    private static MailStore deciding(MailStore healthy, Bench bench, Deciding decision) {
        return new ForwardingStore(healthy) {
            @Override
            public Accounts accounts() {
                return new ForwardingAccounts(healthy.accounts()) {
                    @Override
                    public Publisher<Void> put(Account account) {
                        return Mono.defer(() -> {
                            bench.quotas.put(account.user(), account.quota().orElse(Quota.UNLIMITED));
                            return Mono.from(super.put(account.withQuota(Optional.empty())));
                        });
                    }
                };
            }

            @Override
            public Publisher<Void> deliver(UserName user, FolderName folder, Message message) {
                return Mono.defer(() -> decision.deliver(
                        healthy, bench.quotas.getOrDefault(user, Quota.UNLIMITED), user, folder, message));
            }
        };
    }

    private static Mono<Void> decide(
            Quota quota,
            Usage before,
            MailStore healthy,
            UserName user,
            FolderName folder,
            byte[] octets,
            long counted) {
        return Mono.defer(() -> {
            quota.require(user, before.messages() + 1, before.octets() + counted);
            return Mono.from(healthy.deliver(user, folder, Message.of(Mono.just(java.nio.ByteBuffer.wrap(octets)))));
        });
    }

    static MailStore ignoring(MailStore healthy, Bench bench) {
        return deciding(
                healthy,
                bench,
                (store, quota, user, folder, message) -> Mono.from(store.deliver(user, folder, message)));
    }

    private static boolean isOverQuota(Throwable t) {
        return t instanceof StoreException e && e.reason() == Reason.OVER_QUOTA;
    }

    static MailStore sayingNoSpace(MailStore healthy) {
        return new ForwardingStore(healthy) {
            @Override
            public Publisher<Void> deliver(UserName user, FolderName folder, Message message) {
                return Mono.from(super.deliver(user, folder, message))
                        .onErrorMap(QuotaFaults::isOverQuota, e -> new StoreException(Reason.NO_SPACE, "quota"));
            }
        };
    }

    /** Stores, and looks then. */
    static MailStore keepingWhatIsRefused(MailStore healthy, Bench bench) {
        return deciding(
                healthy,
                bench,
                (store, quota, user, folder, message) -> Mono.from(store.deliver(user, folder, message))
                        .then(Mono.from(store.usage(user)))
                        .flatMap(now -> Mono.fromRunnable(() -> quota.require(user, now.messages(), now.octets()))));
    }

    static MailStore droppingQuietly(MailStore healthy) {
        return new ForwardingStore(healthy) {
            @Override
            public Publisher<Void> deliver(UserName user, FolderName folder, Message message) {
                return Mono.from(super.deliver(user, folder, message)).onErrorComplete(QuotaFaults::isOverQuota);
            }
        };
    }

    static MailStore countingOctetsAsDelivered(MailStore healthy, Bench bench) {
        return deciding(
                healthy,
                bench,
                (store, quota, user, folder, message) -> Bench.gather(message.content())
                        .flatMap(octets -> Mono.from(store.usage(user))
                                .flatMap(before -> decide(quota, before, store, user, folder, octets, octets.length))));
    }

    static MailStore countingTheFolder(MailStore healthy, Bench bench) {
        return deciding(
                healthy,
                bench,
                (store, quota, user, folder, message) -> Bench.gather(message.content())
                        .flatMap(octets -> usage(store, user, folder)
                                .flatMap(before ->
                                        decide(quota, before, store, user, folder, octets, wireOctets(octets)))));
    }

    private static Mono<Usage> usage(MailStore store, UserName user, FolderName folder) {
        return Mono.from(store.open(user, folder)).flatMap(mailbox -> {
            long octets = 0;
            for (int n = 1; n <= mailbox.count(); n++) {
                octets += mailbox.octets(n);
            }
            Usage usage = new Usage(mailbox.count(), octets, Quota.UNLIMITED);
            return Mono.from(mailbox.release(new BitSet())).thenReturn(usage);
        });
    }

    private static long wireOctets(byte[] octets) {
        return Octets.lineEndsOfOneSlice(octets).length;
    }

    /** Counts what came and never what went. */
    static MailStore countingArrivals(MailStore healthy, Bench bench) {
        Map<UserName, AtomicLong> arrived = new ConcurrentHashMap<>();
        return deciding(healthy, bench, (store, quota, user, folder, message) -> {
            long before = arrived.computeIfAbsent(user, any -> new AtomicLong()).get();
            quota.require(user, before + 1, 0);
            return Mono.from(store.deliver(user, folder, message))
                    .doOnSuccess(done -> arrived.computeIfAbsent(user, any -> new AtomicLong())
                            .incrementAndGet());
        });
    }

    /** Looks, and then stores: others do so in between. */
    static MailStore checkingBefore(MailStore healthy, Bench bench) {
        return deciding(
                healthy,
                bench,
                (store, quota, user, folder, message) -> Bench.gather(message.content())
                        .flatMap(octets -> Mono.from(store.usage(user))
                                .delayElement(Duration.ofMillis(100))
                                .flatMap(before ->
                                        decide(quota, before, store, user, folder, octets, wireOctets(octets)))));
    }

    static MailStore usingTheInbox(MailStore healthy) {
        return new ForwardingStore(healthy) {
            @Override
            public Publisher<Usage> usage(UserName user) {
                return Mono.from(super.usage(user))
                        .flatMap(all -> QuotaFaults.usage(healthy, user, FolderName.INBOX)
                                .map(inbox -> new Usage(inbox.messages(), inbox.octets(), all.quota())));
            }
        };
    }

    /** Deletes the oldest where a quota was lowered. */
    static MailStore makingRoom(MailStore healthy, Bench bench) {
        return new ForwardingStore(healthy) {
            @Override
            public Publisher<Mailbox> open(UserName user, FolderName folder) {
                return Flux.from(healthy.usage(user))
                        .concatMap(usage -> {
                            long most = usage.quota().messages();
                            return most == 0 || usage.messages() <= most
                                    ? Mono.empty()
                                    : bench.deleteIfFree(user, folder, n -> n <= usage.messages() - most);
                        })
                        .then(Mono.from(healthy.open(user, folder)))
                        .flux();
            }
        };
    }
}
