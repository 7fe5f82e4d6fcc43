package org.pop2.lmtp;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.pop2.net.StorageCalls;
import org.pop2.storage.MailStore;
import org.pop2.storage.Message;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Stores a message for each of its recipients. */
final class Deliveries {
    /** Mailboxes that one message is delivered to at a time. */
    private static final int CONCURRENT = 4;

    private final MailStore store;
    private final LmtpSettings settings;
    private final LmtpRecord record;
    private final BooleanSupplier gone;

    /**
     * @param gone whether the client is gone; deliveries that have not begun are then left out. Called on any thread
     */
    Deliveries(MailStore store, LmtpSettings settings, LmtpRecord record, BooleanSupplier gone) {
        this.store = store;
        this.settings = settings;
        this.record = record;
        this.gone = gone;
    }

    /**
     * Emits the reply for each recipient, in order, as soon as it is known. Independent of the connection: the
     * subscriber must not cancel. Never fails because of a recipient.
     *
     * @param key identifies repeated deliveries to a recipient
     */
    Flux<LmtpReply> deliver(
            SpooledMessage message, String sender, Function<Target, Optional<String>> key, List<Target> targets) {
        // named twice, delivered once, and told twice
        Map<Target, Mono<LmtpReply>> once = new HashMap<>();
        for (Target target : targets) {
            once.computeIfAbsent(
                    target,
                    to -> deliver(to, new Message(message.content(), sender, key.apply(to)), message.octets())
                            .cache());
        }
        return Flux.fromIterable(targets).flatMapSequential(once::get, CONCURRENT, 1);
    }

    private Mono<LmtpReply> deliver(Target target, Message message, long octets) {
        return Mono.defer(() -> {
                    if (gone.getAsBoolean()) {
                        return Mono.just(LmtpReply.STOPPING);
                    }
                    return StorageCalls.of(() -> store.deliver(target.user(), target.folder(), message))
                            .then(Mono.fromSupplier(() -> {
                                record.stored(target, octets);
                                return LmtpReply.DELIVERED;
                            }));
                })
                .onErrorResume(error -> {
                    record.notStored(target, error);
                    return Mono.just(LmtpReply.to(error, settings.overQuota()));
                });
    }
}
