package org.pop2.storage.fs.exchange;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.Doubtful;
import org.pop2.storage.Enveloped;
import org.pop2.storage.Mailbox;
import org.pop2.storage.StoreException;
import org.pop2.storage.transfer.Fingerprint;
import org.pop2.storage.transfer.Header;
import org.pop2.storage.transfer.OctetSink;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** A mailbox that is held for reading. Never deletes; sessions of its user wait meanwhile. */
public final class OpenMailbox implements AutoCloseable {
    private static final Duration RELEASE = Duration.ofMinutes(1);
    private static final Duration ENVELOPE = Duration.ofMinutes(1);
    private static final Duration DOUBTS = Duration.ofHours(1);
    private static final int AHEAD = 4;

    private final Mailbox mailbox;
    private final String name;

    OpenMailbox(Mailbox mailbox, String name) {
        this.mailbox = mailbox;
        this.name = name;
    }

    public int count() {
        return mailbox.count();
    }

    /** Octets of a message on the wire, as announced to clients. */
    public long octets(int number) {
        return mailbox.octets(number);
    }

    /** Octets of all messages. */
    public long octets() {
        long sum = 0;
        for (int number = 1; number <= mailbox.count(); number++) {
            sum += mailbox.octets(number);
        }
        return sum;
    }

    /**
     * Reads a message to its end. Not for several threads at once.
     *
     * @throws StoreException with {@link StoreException.Reason#CORRUPT} if its length is not the announced one, with
     *     {@link StoreException.Reason#BUSY} if the hold was lost
     * @throws IOException as the sink throws it
     */
    public void read(int number, OctetSink sink) throws IOException {
        try {
            checked(number)
                    // a sink may block, and the storage's threads must not
                    .publishOn(Schedulers.boundedElastic(), AHEAD)
                    .doOnNext(buffer -> {
                        try {
                            sink.accept(buffer.octets());
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        } finally {
                            buffer.release();
                        }
                    })
                    .doOnDiscard(ContentBuffer.class, ContentBuffer::release)
                    .then()
                    .block();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /**
     * The message as a stream for another storage; fails as {@link #read} does. The buffers belong to the subscriber.
     *
     * @param witness called with every octet
     */
    Flux<ByteBuffer> stream(int number, Consumer<ByteBuffer> witness) {
        return checked(number)
                .map(buffer -> {
                    ByteBuffer octets = buffer.octets();
                    ByteBuffer copy =
                            ByteBuffer.allocate(octets.remaining()).put(octets).flip();
                    buffer.release();
                    witness.accept(copy.duplicate());
                    return copy;
                })
                .doOnDiscard(ContentBuffer.class, ContentBuffer::release);
    }

    /** The beginning of a message, with its header unless that is absurdly long. */
    byte[] head(int number) {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        stream(number, octets -> {
                    byte[] copy = new byte[octets.remaining()];
                    octets.get(copy);
                    head.writeBytes(copy);
                })
                .takeUntil(octets -> head.size() >= Header.MOST)
                .then()
                .block();
        return head.toByteArray();
    }

    /** The envelope of a message, if the storage keeps envelopes. */
    Optional<Enveloped.Envelope> envelope(int number) {
        return mailbox.envelopes()
                .flatMap(envelopes -> Mono.from(envelopes.envelope(number)).blockOptional(ENVELOPE));
    }

    /** Doubts about where messages begin; none if the format leaves none. */
    public List<Doubtful.Doubt> doubts() {
        return mailbox.doubtful()
                .map(doubtful -> Flux.from(doubtful.doubts())
                        .collectList()
                        .blockOptional(DOUBTS)
                        .orElseThrow())
                .orElse(List.of());
    }

    private Flux<ContentBuffer> checked(int number) {
        Mono<ContentBuffer> lost = Mono.from(mailbox.lost())
                .then(Mono.error(() -> new StoreException(
                        StoreException.Reason.BUSY, name + ": the mailbox was taken over while it was read")));
        return Flux.defer(() -> {
            AtomicLong got = new AtomicLong();
            return Flux.from(mailbox.content(number))
                    .takeUntilOther(lost)
                    .doOnNext(buffer -> {
                        mailbox.active();
                        got.addAndGet(buffer.octets().remaining());
                    })
                    .concatWith(Mono.fromRunnable(() -> check(number, got.get())));
        });
    }

    private void check(int number, long got) {
        long announced = mailbox.octets(number);
        if (got != announced) {
            throw new StoreException(
                    StoreException.Reason.CORRUPT,
                    name + ": message " + number + " has " + got + " octets, not the " + announced + " announced");
        }
    }

    /** The fingerprint of a message. */
    public Fingerprint fingerprint(int number) throws IOException {
        Fingerprint.Builder builder = new Fingerprint.Builder();
        read(number, builder::add);
        return builder.build();
    }

    @Override
    public void close() {
        OpenStore.await(mailbox.release(new BitSet()), RELEASE);
    }
}
