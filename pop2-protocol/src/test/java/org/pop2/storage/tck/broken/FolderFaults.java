package org.pop2.storage.tck.broken;

import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.Comparator;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.pop2.storage.Account;
import org.pop2.storage.Accounts;
import org.pop2.storage.FolderName;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStore;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Message;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.UserName;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Faults of folders and names (S2, S3). */
final class FolderFaults {
    private static final byte[] NOTE = {'x'};

    private FolderFaults() {}

    /** Creates the folder that is looked at, as opening a file with the wrong flag does. */
    static MailStore creatingByLooking(MailStore healthy, Bench bench) {
        return new ForwardingStore(healthy) {
            @Override
            public Publisher<Mailbox> open(UserName user, FolderName folder) {
                return Mono.from(healthy.folders(user))
                        .hasElement()
                        .flatMap(any -> any ? create(user, folder) : Mono.empty())
                        .thenMany(super.open(user, folder));
            }

            private Mono<Void> create(UserName user, FolderName folder) {
                return Flux.from(healthy.folders(user))
                        .any(folder::equals)
                        .flatMap(known -> known
                                ? Mono.empty()
                                : Mono.from(healthy.deliver(user, folder, Message.of(Mono.just(ByteBuffer.wrap(NOTE)))))
                                        .then(bench.delete(user, folder, n -> true)));
            }
        };
    }

    /** Gives everybody an account who is looked for. */
    static MailStore creatingUsersByLooking(MailStore healthy) {
        return new ForwardingStore(healthy) {
            @Override
            public Publisher<Mailbox> open(UserName user, FolderName folder) {
                return Mono.from(healthy.accounts().find(user))
                        .hasElement()
                        .flatMap(known -> known
                                ? Mono.<Void>empty()
                                : Mono.from(healthy.accounts().put(new Account(user, "{PLAIN}x", true))))
                        .thenMany(super.open(user, folder));
            }
        };
    }

    static MailStore refusingUnknownFolders(MailStore healthy) {
        return new ForwardingStore(healthy) {
            @Override
            public Publisher<Mailbox> open(UserName user, FolderName folder) {
                return Flux.from(healthy.folders(user))
                        .any(folder::equals)
                        .flatMapMany(known -> known
                                ? super.open(user, folder)
                                : Mono.error(new StoreException(Reason.NOT_FOUND, "no folder " + folder)));
            }
        };
    }

    static Mailbox alwaysWritable(Mailbox healthy) {
        return new ForwardingMailbox(healthy) {
            @Override
            public boolean writable() {
                return true;
            }
        };
    }

    static MailStore listingFoldersBackwards(MailStore healthy) {
        return new ForwardingStore(healthy) {
            @Override
            public Publisher<FolderName> folders(UserName user) {
                return Flux.from(super.folders(user))
                        .sort(Comparator.comparing(FolderName::value).reversed());
            }
        };
    }

    /** Takes an emptied folder for an unknown one. */
    static MailStore forgettingEmptiedFolders(MailStore healthy, Bench bench) {
        return new ForwardingStore(healthy) {
            @Override
            public Publisher<FolderName> folders(UserName user) {
                return Flux.from(super.folders(user))
                        .filterWhen(folder -> Mono.from(
                                        bench.healthy(HoldPolicy.DEFAULT).open(user, folder))
                                .flatMap(mailbox ->
                                        Mono.from(mailbox.release(new BitSet())).thenReturn(mailbox.count() > 0)));
            }
        };
    }

    /** Takes {@code bob/INBOX} of anybody for the inbox of bob. */
    static MailStore readingNamesAsPaths(MailStore healthy) {
        return new ForwardingStore(healthy) {
            @Override
            public Publisher<Mailbox> open(UserName user, FolderName folder) {
                String[] parts = folder.value().split("/", 2);
                return parts.length == 2
                        ? UserName.of(parts[0])
                                .flatMap(owner -> FolderName.of(parts[1]).map(name -> super.open(owner, name)))
                                .orElseGet(() -> super.open(user, folder))
                        : super.open(user, folder);
            }
        };
    }

    /** Keeps folders as flat files: {@code a/b} and {@code a.b} are one. */
    static MailStore flattening(MailStore healthy) {
        return renaming(
                healthy, user -> user, folder -> new FolderName(folder.value().replace('/', '.')));
    }

    /** Keeps folders on a disk that folds case. */
    static MailStore foldingCase(MailStore healthy) {
        return renaming(
                healthy, user -> user, folder -> new FolderName(folder.value().toLowerCase(Locale.ROOT)));
    }

    /** Keeps all of {@code bob-saved}, {@code bob_saved} and {@code bob.saved} in one place. */
    static MailStore mixingUpUsers(MailStore healthy) {
        UnaryOperator<UserName> place = user -> new UserName(user.value().replaceAll("[^\\p{L}\\p{N}]", "_"));
        return new ForwardingStore(renaming(healthy, place, folder -> folder)) {
            @Override
            public Accounts accounts() {
                return new ForwardingAccounts(super.accounts()) {
                    @Override
                    public Publisher<Void> put(Account account) {
                        Account twin =
                                new Account(place.apply(account.user()), account.passwordHash(), account.enabled());
                        return Mono.from(super.put(account)).then(Mono.from(super.put(twin)));
                    }
                };
            }
        };
    }

    private static MailStore renaming(
            MailStore healthy, UnaryOperator<UserName> users, UnaryOperator<FolderName> folders) {
        return new ForwardingStore(healthy) {
            @Override
            public Publisher<Mailbox> open(UserName user, FolderName folder) {
                return super.open(users.apply(user), folders.apply(folder));
            }

            @Override
            public Publisher<Void> deliver(UserName user, FolderName folder, Message message) {
                return super.deliver(users.apply(user), folders.apply(folder), message);
            }

            @Override
            public Publisher<FolderName> folders(UserName user) {
                return super.folders(users.apply(user));
            }
        };
    }
}
