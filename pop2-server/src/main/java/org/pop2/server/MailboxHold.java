package org.pop2.server;

import java.time.Duration;
import java.time.Instant;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pop2.net.Connections;
import org.pop2.net.StorageCalls;
import org.pop2.profile.ClientProfile;
import org.pop2.profile.ProfiledMailbox;
import org.pop2.profile.Quirk;
import org.pop2.profile.ShownOnce;
import org.pop2.protocol.Event;
import org.pop2.server.DeletionLog.Deleted;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.FolderName;
import org.pop2.storage.MailStore;
import org.pop2.storage.Mailbox;
import org.pop2.storage.StoreException;
import org.pop2.storage.UserName;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;

/**
 * The mailbox that a session holds: selects, measures, reads and releases it. For the session's thread; needs no
 * network.
 *
 * <p>Opening and releasing are independent of the connection. Once begun, they run to completion whatever the client
 * does, so that it is always known who holds the mailbox.
 */
final class MailboxHold {
    /** The session that holds the mailbox. Called on its thread, except for {@link #later}. */
    interface Owner {
        /** Runs a task on the session's thread: at once if called there. */
        void later(Runnable task);

        /** The outcome of a selection, a measurement or a release. */
        void outcome(Event event);

        /** Another session has the mailbox now; this one has to end. */
        void lost();

        /** A note for operators who watch the session. */
        void note(String what);

        /** A release is complete, and its outcome was passed on. */
        void letGo();
    }

    private final MailStore store;
    private final Connections connections;
    private final ServerObserver observer;
    private final SessionRecord record;
    private final boolean logDeletions;
    private final Owner owner;

    private @Nullable Mailbox mailbox;
    /** The mailbox as this client sees it. */
    private @Nullable ProfiledMailbox shown;

    /** The folder's name as the client gave it. */
    private @Nullable String folder;

    /** Set on any thread, if the mailbox is lost; commands are refused from then on. */
    private volatile @Nullable Mailbox lostMailbox;

    private final Disposable.Swap lossWatch = Disposables.swap();
    private final Disposable.Swap measuring = Disposables.swap();
    private int releases;

    MailboxHold(
            MailStore store,
            Connections connections,
            ServerObserver observer,
            SessionRecord record,
            boolean logDeletions,
            Owner owner) {
        this.store = store;
        this.connections = connections;
        this.observer = observer;
        this.record = record;
        this.logDeletions = logDeletions;
        this.owner = owner;
    }

    // ---- what there is to see of it

    /** The mailbox that is held. */
    @Nullable
    Mailbox mailbox() {
        return mailbox;
    }

    /** The last folder, as the client named it. */
    Optional<String> folder() {
        return Optional.ofNullable(folder);
    }

    /** Whether a release is under way. */
    boolean isReleasing() {
        return releases > 0;
    }

    // ---- what a session wants

    void select(UserName user, String name, ClientProfile profile) {
        folder = name;
        Optional<FolderName> resolved = FolderNames.resolve(user, name);
        if (resolved.isEmpty()) {
            owner.outcome(new Event.Selected(NoMailbox.INSTANCE));
            return;
        }
        connections.begins();
        StorageCalls.of(() -> store.open(user, resolved.get()))
                .switchIfEmpty(Mono.error(() -> new IllegalStateException("the storage opened nothing")))
                .flatMap(opened -> profile.has(Quirk.ONCE) ? withoutShown(opened, profile.name()) : Mono.just(opened))
                .doFinally(signal -> owner.later(connections::ends))
                .subscribe(
                        opened -> owner.later(() -> selected(opened, profile)),
                        error -> failed("mailbox " + resolved.get(), error));
    }

    /** Leaves out messages that were shown before; if that cannot be determined, nothing. */
    private Mono<Mailbox> withoutShown(Mailbox opened, String client) {
        return StorageCalls.of(() -> ShownOnce.of(opened, client)).onErrorResume(error -> {
            StorageFailures.told(record, "notes of " + folder, error);
            return Mono.just(opened);
        });
    }

    private void selected(Mailbox opened, ClientProfile profile) {
        mailbox = opened;
        lossWatch.update(Mono.from(opened.lost()).subscribe(nothing -> {}, error -> lost(opened), () -> lost(opened)));
        ProfiledMailbox seen = new ProfiledMailbox(opened, profile, Instant.now());
        shown = seen;
        record.opened(folder, opened.count());
        owner.outcome(new Event.Selected(seen));
    }

    private void lost(Mailbox held) {
        lostMailbox = held;
        owner.later(() -> {
            if (mailbox == held) {
                tellLost();
            }
        });
    }

    /** To be called for each command. {@code false}: the mailbox is lost, and the owner was told. */
    boolean isKept() {
        Mailbox held = mailbox;
        if (held == null) {
            return true;
        }
        held.active();
        if (held == lostMailbox) {
            // the storage found out just now, or shortly before and the news waits behind this command
            tellLost();
            return false;
        }
        return true;
    }

    private void tellLost() {
        record.lost(folder);
        owner.lost();
    }

    /** A client that receives a long message is not silent. */
    void active() {
        if (mailbox != null) {
            mailbox.active();
        }
    }

    void measure(int number) {
        measuring.update(shown().measure(number)
                .subscribe(
                        octets -> owner.later(() -> owner.outcome(new Event.Measured(octets))),
                        error -> failed("message " + number, error)));
    }

    /** Reads a message. */
    void content(int number, CoreSubscriber<ContentBuffer> to) {
        shown().content(number).subscribe(to);
    }

    /**
     * Releases the mailbox. Independent of the connection, so that it runs to completion.
     *
     * @param kept messages that the client has and that stay
     */
    void release(BitSet deleted, BitSet kept) {
        measuring.update(Disposables.disposed());
        Mailbox released = mailbox;
        mailbox = null;
        shown = null;
        lossWatch.update(Disposables.disposed());
        if (released == null) {
            // a folder that cannot exist was never opened
            owner.outcome(Event.RELEASED);
            return;
        }
        releases++;
        int count = deleted.cardinality();
        long since = System.nanoTime();
        connections.begins();
        Mono<Void> noted = released instanceof ShownOnce once ? StorageCalls.of(() -> once.note(kept)) : Mono.empty();
        Mono<List<Deleted>> looked = logDeletions && count > 0
                ? StorageCalls.of(() -> DeletionLog.of(released, deleted))
                : Mono.just(List.of());
        String from = folder;
        noted.then(looked)
                .flatMap(each -> StorageCalls.of(() -> released.release(deleted))
                        .doOnSuccess(nothing -> record.deleted(from, each, count)))
                .subscribe(nothing -> {}, error -> released(count, since, error), () -> released(count, since, null));
    }

    private void released(int count, long since, @Nullable Throwable error) {
        Duration took = Duration.ofNanos(System.nanoTime() - since);
        owner.later(() -> {
            releases--;
            try {
                if (error == null) {
                    observer.released(
                            count > 0 ? ServerObserver.Release.DELETED : ServerObserver.Release.KEPT, count, took);
                    released(count, took);
                } else {
                    observer.released(ServerObserver.Release.FAILED, 0, took);
                    notReleased(count, error);
                }
            } finally {
                owner.letGo();
                connections.ends();
            }
        });
    }

    private void released(int count, Duration took) {
        record.released(folder, count, took);
        if (count > 0) {
            owner.note(count + (count == 1 ? " message is deleted" : " messages are deleted"));
        }
        owner.outcome(Event.RELEASED);
    }

    private void notReleased(int count, Throwable error) {
        boolean unknown =
                error instanceof StoreException store && store.reason() == StoreException.Reason.UNKNOWN_OUTCOME;
        if (!unknown) {
            record.discarded(count);
        }
        owner.note("the mailbox could not be let go of as it should: "
                + (unknown ? "whether messages are deleted is not known" : "nothing is deleted"));
        failed("release", error);
    }

    /** Passes a failure of the storage to the session. On any thread. */
    void failed(String what, Throwable cause) {
        owner.later(() -> owner.outcome(StorageFailures.told(record, what, cause)));
    }

    private ProfiledMailbox shown() {
        if (shown == null) {
            throw new IllegalStateException("a message without a mailbox");
        }
        return shown;
    }
}
