package org.pop2.profile;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Notes;
import org.pop2.storage.Unsettled;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A mailbox without the messages that clients of a profile have been shown and cannot delete ({@link Quirk#ONCE}). The
 * others are numbered from 1. The mailbox's {@link Notes} record which were shown, under the profile's name. A message
 * is recognised by its content and, if the storage keeps the envelope, by its sender and time of arrival, so that this
 * works with any storage. Of several equal messages, as many are skipped as were shown.
 */
public final class ShownOnce implements Mailbox {
    private static final Logger LOG = LoggerFactory.getLogger(ShownOnce.class);

    private static final byte VERSION = 1;
    private static final int HASH = 16;
    private static final int ENTRY = Long.BYTES + HASH;
    /** Most messages that are recorded; later ones are shown again. */
    static final int MAX_NOTED = (Notes.MAX_OCTETS - 1) / ENTRY;

    private final Mailbox all;
    private final Notes notes;
    private final String client;
    /** Recorded messages that are still there. */
    private final List<Seen> known;
    /** Numbers of {@link #all} that are offered. */
    private final int[] offered;

    private final boolean isPruned;

    /** What identifies a message. */
    private record Seen(long octets, ByteBuffer hash) {}

    private ShownOnce(Mailbox all, Notes notes, String client, List<Seen> known, BitSet passedOver, boolean isPruned) {
        this.all = all;
        this.notes = notes;
        this.client = client;
        this.known = known;
        this.offered = IntStream.rangeClosed(1, all.count())
                .filter(number -> !passedOver.get(number))
                .toArray();
        this.isPruned = isPruned;
    }

    /**
     * Wraps a mailbox, unless the storage keeps no notes. The subscriber must not cancel: the emitted mailbox has to be
     * released.
     *
     * @param client the profile's name
     */
    public static Mono<Mailbox> of(Mailbox mailbox, String client) {
        Optional<Notes> notes = mailbox.notes();
        if (notes.isEmpty()) {
            return Mono.just(mailbox);
        }
        return Mono.from(notes.get().read(client))
                .map(ShownOnce::parse)
                .defaultIfEmpty(List.of())
                .flatMap(noted -> look(mailbox, notes.get(), client, noted));
    }

    private static Mono<Mailbox> look(Mailbox mailbox, Notes notes, String client, List<Seen> noted) {
        Map<Seen, Integer> wanted = new HashMap<>();
        BitSet candidates = new BitSet();
        noted.forEach(seen -> wanted.merge(seen, 1, Integer::sum));
        long[] lengths = noted.stream().mapToLong(Seen::octets).sorted().toArray();
        for (int number = 1; number <= mailbox.count(); number++) {
            if (Arrays.binarySearch(lengths, mailbox.octets(number)) >= 0) {
                candidates.set(number);
            }
        }
        List<Seen> known = new ArrayList<>();
        BitSet passedOver = new BitSet();
        return Flux.fromStream(candidates.stream().boxed())
                .concatMap(number -> seen(mailbox, number).doOnNext(seen -> {
                    if (wanted.merge(seen, -1, Integer::sum) >= 0) {
                        known.add(seen);
                        passedOver.set(number);
                    }
                }))
                .takeUntil(seen -> known.size() == noted.size())
                .then(Mono.fromCallable(
                        () -> new ShownOnce(mailbox, notes, client, known, passedOver, known.size() < noted.size())));
    }

    /** Identifies a message by all of its content: another one with the same beginning has to be shown. */
    private static Mono<Seen> seen(Mailbox mailbox, int number) {
        return Mono.defer(() -> {
            MessageDigest digest = sha256();
            Mono<Void> envelope = mailbox.envelopes()
                    .map(known -> Mono.from(known.envelope(number))
                            .doOnNext(it -> digest.update(
                                    (it.received() + " " + it.sender() + "\n").getBytes(StandardCharsets.UTF_8)))
                            .then())
                    .orElse(Mono.empty());
            return envelope.thenMany(Flux.from(mailbox.content(number)))
                    .doOnNext(buffer -> {
                        digest.update(buffer.octets().duplicate());
                        buffer.release();
                    })
                    .then(Mono.fromSupplier(() ->
                            new Seen(mailbox.octets(number), ByteBuffer.wrap(Arrays.copyOf(digest.digest(), HASH)))));
        });
    }

    /**
     * Records that the client has these messages, so that they are not offered again. Failing to record is not an
     * error: they are then offered once more.
     *
     * @param shown their numbers here
     */
    public Mono<Void> note(BitSet shown) {
        if (shown.isEmpty() && !isPruned) {
            return Mono.empty();
        }
        return Flux.fromStream(shown.stream().boxed())
                .take(Math.max(MAX_NOTED - known.size(), 0))
                .concatMap(number -> seen(all, offered[number - 1]))
                .collectList()
                .flatMap(fresh -> {
                    List<Seen> noted = new ArrayList<>(known);
                    noted.addAll(fresh);
                    return Mono.from(notes.write(client, format(noted)));
                })
                .onErrorResume(error -> {
                    LOG.atWarn()
                            .addKeyValue("profile", client)
                            .addKeyValue("messages", shown.cardinality())
                            .addKeyValue("error", error.toString())
                            .log("shown-not-noted");
                    return Mono.empty();
                });
    }

    private static byte[] format(List<Seen> noted) {
        if (noted.isEmpty()) {
            return new byte[0];
        }
        ByteBuffer octets = ByteBuffer.allocate(1 + noted.size() * ENTRY).put(VERSION);
        noted.forEach(seen -> octets.putLong(seen.octets).put(seen.hash.duplicate()));
        return octets.array();
    }

    /** Empty if the note is malformed: then everything is offered. */
    private static List<Seen> parse(byte[] note) {
        List<Seen> noted = new ArrayList<>();
        ByteBuffer octets = ByteBuffer.wrap(note);
        if (note.length % ENTRY != 1 || octets.get() != VERSION) {
            return noted;
        }
        while (octets.hasRemaining()) {
            long length = octets.getLong();
            byte[] hash = new byte[HASH];
            octets.get(hash);
            noted.add(new Seen(length, ByteBuffer.wrap(hash)));
        }
        return noted;
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    // ---- the mailbox

    /** Messages that are skipped. */
    public int passedOver() {
        return all.count() - offered.length;
    }

    @Override
    public int count() {
        return offered.length;
    }

    @Override
    public long octets(int number) {
        return all.octets(offered[number - 1]);
    }

    @Override
    public boolean writable() {
        return all.writable();
    }

    @Override
    public Publisher<ContentBuffer> content(int number) {
        return all.content(offered[number - 1]);
    }

    @Override
    public Publisher<Void> release(BitSet deleted) {
        BitSet numbers = new BitSet();
        if (deleted.get(0) || deleted.length() > offered.length + 1) {
            throw new IllegalArgumentException("a message to delete is not one of 1 to " + offered.length);
        }
        deleted.stream().forEach(number -> numbers.set(offered[number - 1]));
        return all.release(numbers);
    }

    @Override
    public void active() {
        all.active();
    }

    @Override
    public Publisher<Void> lost() {
        return all.lost();
    }

    @Override
    public Optional<Unsettled> unsettled() {
        return all.unsettled().map(there -> new Unsettled() {
            @Override
            public boolean isKept(int number) {
                return there.isKept(offered[number - 1]);
            }

            @Override
            public Publisher<Boolean> look(int number) {
                return there.look(offered[number - 1]);
            }
        });
    }

    @Override
    public Optional<Notes> notes() {
        return all.notes();
    }
}
