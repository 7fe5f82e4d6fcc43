package org.pop2.fetch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.BitSet;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeoutException;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.FolderName;
import org.pop2.storage.MailStore;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Message;
import org.pop2.storage.StoreException;
import org.pop2.storage.UserName;
import org.pop2.storage.transfer.Fingerprint;
import reactor.core.Exceptions;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** A folder of a storage; the caller closes the storage. */
public final class StoreTarget implements Target {
    /** A limit for storages that have none of their own. */
    private static final Duration LIMIT = Duration.ofMinutes(30);

    /** Room for header fields that mbox programs add and that are not part of the fingerprint. */
    private static final long NOTES = 4096;

    private final MailStore store;
    private final UserName user;
    private final FolderName folder;

    public StoreTarget(MailStore store, UserName user, FolderName folder) {
        this.store = store;
        this.user = user;
        this.folder = folder;
    }

    @Override
    public void deliver(FetchedMessage message, String id) throws IOException {
        // who asks for octets may be a thread that must not read files
        Flux<ByteBuffer> content = Flux.from(message.content()).subscribeOn(Schedulers.boundedElastic());
        try {
            within(Mono.from(store.deliver(user, folder, new Message(content, message.sender(), Optional.of(id)))));
        } catch (StoreException e) {
            String why = String.valueOf(e.getMessage());
            switch (e.reason()) {
                case OVER_QUOTA, NO_SPACE -> throw new DeliveryException(DeliveryException.Kind.TEMPORARY, why, e);
                case NOT_FOUND -> throw new DeliveryException(DeliveryException.Kind.NO_RECIPIENT, why, e);
                default -> throw e;
            }
        }
    }

    private static <T> Optional<T> within(Mono<T> work) throws IOException {
        try {
            return work.timeout(LIMIT).blockOptional();
        } catch (RuntimeException e) {
            Throwable cause = Exceptions.unwrap(e);
            if (cause instanceof IOException known) {
                throw known;
            }
            if (cause instanceof TimeoutException) {
                throw new StoreException(StoreException.Reason.UNAVAILABLE, "the storage does not answer", cause);
            }
            throw e;
        }
    }

    @Override
    public OptionalInt count(Fingerprint wanted) throws IOException {
        Mailbox mailbox = within(Mono.from(store.open(user, folder))).orElseThrow();
        try {
            int found = 0;
            for (int number = 1; number <= mailbox.count(); number++) {
                long octets = mailbox.octets(number);
                if (octets >= wanted.octets() && octets <= wanted.octets() + NOTES) {
                    found += is(mailbox, number, wanted) ? 1 : 0;
                }
            }
            return OptionalInt.of(found);
        } finally {
            within(Mono.from(mailbox.release(new BitSet())));
        }
    }

    private static boolean is(Mailbox mailbox, int number, Fingerprint wanted) throws IOException {
        Mono<Fingerprint> fingerprint = Flux.from(mailbox.content(number))
                .limitRate(1)
                .reduce(new Fingerprint.Builder(), (builder, buffer) -> {
                    add(builder, buffer);
                    return builder;
                })
                .map(Fingerprint.Builder::build);
        return Objects.equals(within(fingerprint).orElse(null), wanted);
    }

    private static void add(Fingerprint.Builder builder, ContentBuffer buffer) {
        try {
            builder.add(buffer.octets());
        } finally {
            buffer.release();
        }
    }

    @Override
    public void close() {
        // nothing is open between two messages
    }
}
