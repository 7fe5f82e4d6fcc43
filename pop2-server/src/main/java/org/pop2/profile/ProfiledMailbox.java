package org.pop2.profile;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.pop2.profile.ascii.Conversion;
import org.pop2.profile.ascii.Converted;
import org.pop2.profile.ascii.SevenBit;
import org.pop2.protocol.MailboxView;
import org.pop2.protocol.OnDisconnect;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Unsettled;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A mailbox as a client with a given profile sees it. The owner of the {@link Mailbox} releases it.
 *
 * <p>Only the message that was {@linkplain #measure measured} last has a known length, unless it is sent as it is
 * stored. Safe for the threads of the storage and of the connection, one call at a time.
 */
public final class ProfiledMailbox implements MailboxView {
    private static final int PIECE = 16 * 1024;

    /** The date format of asctime(3) and of mailbox files. A class of its own, since most sessions do not need it. */
    private static final class Asctime {
        private static final DateTimeFormatter FORMAT = DateTimeFormatter.ofPattern(
                        "EEE MMM ppd HH:mm:ss yyyy", Locale.US)
                .withZone(ZoneOffset.UTC);
    }

    private final Mailbox mailbox;
    private final ClientProfile profile;
    private final Instant now;
    /** Whether messages are sent unchanged, apart from those that are cut: needed for every command. */
    private final boolean asIs;

    private final @Nullable Unsettled unsettled;

    /**
     * @param converted what the message became, if it is converted. Kept to be sent, as it is the same then, and as a
     *     long message need not be read again; it is no more than the buffers that a client which takes nothing holds
     *     of any message. So no thread of the conversion waits for a client
     */
    private record Measure(
            int number,
            long octets,
            boolean deletable,
            @Nullable Converted converted) {}

    private volatile Measure measured = new Measure(0, 0, false, null);

    /** @param now the time of fetching, which becomes the date of mail in the client's mailbox file */
    public ProfiledMailbox(Mailbox mailbox, ClientProfile profile, Instant now) {
        this.mailbox = mailbox;
        this.profile = profile;
        this.now = now;
        this.asIs = profile.leavesAsIs();
        this.unsettled = mailbox.unsettled().orElse(null);
    }

    @Override
    public int count() {
        int all = mailbox.count();
        return profile.maxMessages() == 0 ? all : Math.min(all, profile.maxMessages());
    }

    @Override
    public boolean writable() {
        return mailbox.writable() && !profile.has(Quirk.KEEP);
    }

    @Override
    public boolean deletable(int number) {
        if (!profile.has(Quirk.ASCII)) {
            return writable() && !profile.cuts(mailbox.octets(number));
        }
        // what was left out is known when it has been converted
        Measure last = measured;
        return writable() && last.number == number && last.deletable;
    }

    @Override
    public Optional<OnDisconnect> onDisconnect() {
        return profile.onDisconnect();
    }

    @Override
    public boolean saysNoMail() {
        return profile.has(Quirk.NO_MAIL);
    }

    @Override
    public boolean lengthKnown(int number) {
        if (unsettled != null && !unsettled.isKept(number)) {
            return false;
        }
        return leftAsIs(number) || measured.number == number;
    }

    /** @throws IllegalStateException if the length is not known yet */
    @Override
    public long octets(int number) {
        if (leftAsIs(number)) {
            return mailbox.octets(number);
        }
        Measure last = measured;
        if (last.number != number) {
            throw new IllegalStateException("message " + number + " has not been measured");
        }
        return last.octets;
    }

    private boolean leftAsIs(int number) {
        return leavesAsIs(mailbox.octets(number));
    }

    private boolean leavesAsIs(long octets) {
        return asIs && !profile.cuts(octets);
    }

    /**
     * Determines the length of a message as this client gets it, by reading it if it is changed. 0 if another program
     * has deleted it. Fails as reading does.
     */
    public Mono<Long> measure(int number) {
        if (unsettled == null) {
            return measureWhatIsThere(number);
        }
        return Mono.from(unsettled.look(number)).flatMap(there -> there ? measureWhatIsThere(number) : Mono.just(0L));
    }

    private Mono<Long> measureWhatIsThere(int number) {
        if (leftAsIs(number)) {
            return Mono.just(mailbox.octets(number));
        }
        if (!profile.has(Quirk.ASCII)) {
            return octets(content(number)).doOnNext(octets -> measured = new Measure(number, octets, false, null));
        }
        return convert(number)
                .flatMap(converted -> octets(content(number, converted))
                        .doOnNext(octets -> measured = new Measure(
                                number,
                                octets,
                                converted.complete() && !profile.cuts(length(number, converted)),
                                converted)));
    }

    private static Mono<Long> octets(Flux<ContentBuffer> content) {
        return content.map(buffer -> {
                    long octets = buffer.octets().remaining();
                    buffer.release();
                    return octets;
                })
                .reduce(0L, Long::sum);
    }

    /** A message as this client gets it; otherwise as {@link Mailbox#content}. */
    public Flux<ContentBuffer> content(int number) {
        if (profile.has(Quirk.ASCII)) {
            Measure last = measured;
            Converted kept = last.number == number ? last.converted : null;
            return (kept == null ? convert(number) : Mono.just(kept))
                    .flatMapMany(converted -> content(number, converted));
        }
        Publisher<ContentBuffer> stored = mailbox.content(number);
        long octets = mailbox.octets(number);
        return leavesAsIs(octets) ? Flux.from(stored) : rewritten(Flux.from(stored), octets);
    }

    private Mono<Converted> convert(int number) {
        // one less, for a > before what looks like a From_ line
        int width = profile.width() - (profile.has(Quirk.FROM_LINE) ? 1 : 0);
        return Conversion.of(
                mailbox.content(number), width, profile.has(Quirk.FULL_HEADER), profile.has(Quirk.DROP_ATTACHMENTS));
    }

    private Flux<ContentBuffer> content(int number, Converted converted) {
        long octets = length(number, converted);
        return switch (converted.form()) {
            case TEXT -> rewritten(pieces(converted.octets()), octets);
            case AS_STORED -> rewritten(Flux.from(mailbox.content(number)), octets);
            case AS_STORED_IN_7_BIT ->
                Flux.defer(() -> {
                    SevenBit safe = new SevenBit();
                    return rewritten(Flux.from(mailbox.content(number)), octets, safe::accept);
                });
        };
    }

    /** The length of a message before the client's other quirks apply. */
    private long length(int number, Converted converted) {
        return converted.form() == Converted.Form.TEXT ? converted.octets().length : mailbox.octets(number);
    }

    private static Flux<ContentBuffer> pieces(byte[] octets) {
        return Flux.range(0, (octets.length + PIECE - 1) / PIECE)
                .map(i -> ContentBuffer.unpooled(
                        ByteBuffer.wrap(octets, i * PIECE, Math.min(PIECE, octets.length - i * PIECE))
                                .slice()));
    }

    private Flux<ContentBuffer> rewritten(Flux<ContentBuffer> stored, long octets) {
        return rewritten(stored, octets, UnaryOperator.identity());
    }

    /** @param before applied to the octets first */
    private Flux<ContentBuffer> rewritten(Flux<ContentBuffer> stored, long octets, UnaryOperator<ByteBuffer> before) {
        return Flux.defer(() -> {
            Pieces pieces = new Pieces();
            Rewriter rewriter = new Rewriter(profile, octets, Asctime.FORMAT.format(now), pieces);
            // not fused: a fused one goes on after it was completed
            return stored.hide()
                    .<List<ContentBuffer>>handle((buffer, sink) -> {
                        try {
                            rewriter.accept(before.apply(buffer.octets().duplicate()));
                        } catch (Error e) {
                            // Reactor throws some of them on, into the storage's thread, and tells nobody
                            sink.error(new IllegalStateException("a message cannot be rewritten", e));
                            return;
                        } finally {
                            buffer.release();
                        }
                        sink.next(pieces.take(PIECE));
                        if (rewriter.isFinished()) {
                            sink.complete();
                        }
                    })
                    .concatMapIterable(list -> list, 1)
                    .concatWith(Flux.defer(() -> {
                        rewriter.end();
                        return Flux.fromIterable(pieces.take(1));
                    }))
                    .doOnDiscard(ContentBuffer.class, ContentBuffer::release);
        });
    }

    /** The output, in pieces of equal size. */
    private static final class Pieces implements Rewriter.Out {
        private final List<ContentBuffer> full = new ArrayList<>();
        private ByteBuffer filling = ByteBuffer.allocate(PIECE);

        @Override
        public void octets(byte[] from, int start, int length) {
            int at = start;
            int end = start + length;
            while (at < end) {
                int part = Math.min(end - at, filling.remaining());
                filling.put(from, at, part);
                at += part;
                if (!filling.hasRemaining()) {
                    next();
                }
            }
        }

        private void next() {
            full.add(ContentBuffer.unpooled(filling.flip()));
            filling = ByteBuffer.allocate(PIECE);
        }

        /** @param least least size of an incomplete piece that is sent */
        List<ContentBuffer> take(int least) {
            if (filling.position() >= least) {
                next();
            }
            List<ContentBuffer> taken = List.copyOf(full);
            full.clear();
            return taken;
        }
    }
}
