package org.pop2.storage.fs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import org.pop2.storage.Message;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.fs.format.FromLine;
import org.pop2.storage.fs.format.Quoting;
import org.pop2.storage.fs.io.StorageIo;
import org.pop2.storage.fs.io.StoreErrors;
import org.pop2.storage.fs.io.Work;
import org.pop2.storage.fs.journal.StoredMessage;
import org.pop2.storage.fs.lock.Pause;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Incoming messages. Each is gathered before its mailbox is locked, as its source may be slow. */
final class Incoming {
    private static final Logger LOG = LoggerFactory.getLogger(Incoming.class);

    private final StorageIo io;
    private final Path spool;
    private final Quoting quoting;
    private final Work work;
    private final Pause pause;

    /** @param spool an existing directory for what is too large for memory */
    Incoming(StorageIo io, Path spool, Quoting quoting, Work work, Pause pause) {
        this.io = io;
        this.spool = spool;
        this.quoting = quoting;
        this.work = work;
        this.pause = pause;
    }

    /** Removes files that a killed process left. */
    void sweep() throws IOException {
        for (String name : io.list(spool)) {
            io.unlink(spool.resolve(name));
        }
    }

    /** Appends a complete message. */
    interface Appending {
        void of(StoredMessage stored) throws IOException;
    }

    /**
     * Gathers a message at its source's pace, then appends it. Subscribe on the workers.
     *
     * @param appending called on the workers
     */
    Mono<Void> gather(Message message, Appending appending) {
        return gather(message, fromLine(message), appending);
    }

    private byte[] fromLine(Message message) {
        return FromLine.of(message.sender(), message.received().orElseGet(() -> Instant.ofEpochMilli(pause.now())));
    }

    /**
     * The same with a given From_ line.
     *
     * @param fromLine with its line feed
     */
    Mono<Void> gather(Message message, byte[] fromLine, Appending appending) {
        return gather(fromLine, stored -> receive(stored, message), appending);
    }

    /** The same for several messages, which are appended together. */
    Mono<Void> gather(List<Message> messages, Appending appending) {
        Message first = messages.get(0);
        Flux<Message> others = Flux.fromIterable(messages.subList(1, messages.size()));
        return gather(
                fromLine(first),
                stored -> receive(stored, first)
                        .thenMany(others.concatMap(message -> begin(stored, message), 0))
                        .then(),
                appending);
    }

    private Mono<Void> gather(byte[] fromLine, Function<StoredMessage, Mono<Void>> contents, Appending appending) {
        StoredMessage stored;
        try {
            stored = new StoredMessage(io, spool, quoting, fromLine);
        } catch (IOException e) {
            return Mono.error(StoreErrors.of(e));
        }
        return contents.apply(stored)
                .then(Mono.fromCallable(() -> {
                    appending.of(stored);
                    return null;
                }))
                .then()
                .doFinally(end -> work.submit(() -> discard(stored), () -> discard(stored)));
    }

    private Mono<Void> begin(StoredMessage stored, Message message) {
        return Mono.defer(() -> {
            try {
                stored.next(fromLine(message));
            } catch (IOException e) {
                return Mono.error(StoreErrors.of(e));
            }
            return receive(stored, message);
        });
    }

    private Mono<Void> receive(StoredMessage stored, Message message) {
        return Flux.from(message.content())
                .onErrorMap(e -> new StoreException(Reason.UNAVAILABLE, "the message could not be read: " + e, e))
                // one buffer at a time: the next is asked for when this one is stored
                .publishOn(work.scheduler(), 1)
                .concatMap(octets -> add(stored, octets), 0)
                .then(Mono.fromCallable(() -> {
                    stored.complete();
                    return null;
                }));
    }

    private static Mono<Void> add(StoredMessage stored, ByteBuffer octets) {
        try {
            stored.add(octets);
            return Mono.empty();
        } catch (IOException e) {
            return Mono.error(StoreErrors.of(e));
        }
    }

    private static void discard(StoredMessage stored) {
        try {
            stored.close();
        } catch (IOException e) {
            LOG.atWarn().addKeyValue("error", e.toString()).log("spool-file-left");
        }
    }
}
