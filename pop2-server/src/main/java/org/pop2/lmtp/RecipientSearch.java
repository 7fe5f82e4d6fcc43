package org.pop2.lmtp;

import org.pop2.lmtp.LmtpSession.Event;
import org.pop2.net.StorageCalls;
import org.pop2.storage.FolderName;
import org.pop2.storage.MailStore;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Finds the mailbox for an address. */
final class RecipientSearch {
    private final MailStore store;
    private final LmtpSettings settings;

    RecipientSearch(MailStore store, LmtpSettings settings) {
        this.store = store;
        this.settings = settings;
    }

    /**
     * {@link Event.Found} or {@link Event.NotTaken}; fails as the storage does.
     *
     * @param size the message's octets as announced by the client; 0 if not announced
     */
    Mono<Event> find(Address address, long size) {
        if (!Recipients.isLocal(address, settings.addressing())) {
            return Mono.just(new Event.NotTaken(LmtpReply.of(550, "5.7.1 mail for that domain is not taken here")));
        }
        return Flux.fromIterable(Recipients.candidates(address, settings.addressing()))
                .concatMap(
                        candidate -> StorageCalls.of(() -> store.accounts().find(candidate.user()))
                                .map(account -> candidate),
                        0)
                .next()
                .flatMap(this::existingFolder)
                .<Event>flatMap(target -> size == 0 ? Mono.just(new Event.Found(target)) : ifNotFull(target, size))
                .defaultIfEmpty(new Event.NotTaken(LmtpReply.UNKNOWN_USER));
    }

    private Mono<Target> existingFolder(Target target) {
        if (target.folder().isInbox() || settings.addressing().createFolders()) {
            return Mono.just(target);
        }
        return StorageCalls.of(() -> Flux.from(store.folders(target.user())).any(target.folder()::equals))
                .map(exists -> exists ? target : new Target(target.user(), FolderName.INBOX));
    }

    /**
     * Refuses a message that certainly does not fit: it is larger than the quota, or the quota is exceeded already. One
     * that merely does not fit beside the mail that is there may be a repeated delivery of some of that mail, whose
     * sender must not be told that it was refused; the storage decides once it has the message.
     */
    private Mono<Event> ifNotFull(Target target, long size) {
        return StorageCalls.of(() -> store.usage(target.user()))
                .map(usage -> usage.quota().allows(Math.max(1, usage.messages()), Math.max(size, usage.octets()))
                        ? new Event.Found(target)
                        : new Event.NotTaken(LmtpReply.full(settings.overQuota())));
    }
}
