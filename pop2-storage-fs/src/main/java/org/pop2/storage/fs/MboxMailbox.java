package org.pop2.storage.fs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.Doubtful;
import org.pop2.storage.Enveloped;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Notes;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.Unsettled;
import org.pop2.storage.fs.format.FromFields;
import org.pop2.storage.fs.format.FromLine;
import org.pop2.storage.fs.format.MboxDoubts;
import org.pop2.storage.fs.format.MboxIndex;
import org.pop2.storage.fs.format.WireEncoder;
import org.pop2.storage.fs.io.BufferPool;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.io.StoreErrors;
import org.pop2.storage.fs.io.Work;
import org.pop2.storage.fs.lock.Holds;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** A mailbox held by a session. */
final class MboxMailbox implements Mailbox, Enveloped, Doubtful {
    private static final Logger LOG = LoggerFactory.getLogger(MboxMailbox.class);

    /** Attempts to read while other programs write to the mailbox. */
    private static final int TRIES = 10;

    private final MboxFiles files;
    private final @Nullable Counted counted;
    private final Holds.Hold hold;
    private final Work work;
    private final BufferPool buffers;
    private final String name;
    private final Optional<Notes> notes;
    private final Consumer<MboxMailbox> onEnd;
    private final @Nullable SmallMessages small;

    private final AtomicBoolean releasing = new AtomicBoolean();
    private final Sinks.Empty<Void> released = Sinks.empty();
    /** Set once nothing may be deleted any more. */
    private final AtomicReference<@Nullable StoreException> spoilt = new AtomicReference<>();

    /**
     * @param counted {@code null} for a folder that does not exist
     * @param notes empty for such a folder
     */
    MboxMailbox(
            MboxFiles files,
            @Nullable Counted counted,
            Holds.Hold hold,
            Work work,
            BufferPool buffers,
            ReadAhead budget,
            String name,
            Optional<Notes> notes,
            Consumer<MboxMailbox> onEnd) {
        this.files = files;
        this.counted = counted;
        this.hold = hold;
        this.work = work;
        this.buffers = buffers;
        this.name = name;
        this.notes = notes;
        this.onEnd = onEnd;
        small = counted == null
                ? null
                : new SmallMessages(
                        name,
                        counted.index(),
                        (first, last) -> openSmall(counted, first, last),
                        error -> spoilt.compareAndSet(null, error),
                        counted.shown(),
                        buffers,
                        budget,
                        work.readers());
    }

    @Override
    public int count() {
        return counted == null ? 0 : counted.index().count();
    }

    @Override
    public long octets(int number) {
        MboxIndex index = existing(number).index();
        return index.octets(index.rowOf(number));
    }

    private Counted existing(int number) {
        Objects.checkIndex(number - 1, count());
        return Objects.requireNonNull(counted);
    }

    @Override
    public boolean writable() {
        return counted != null && counted.writable();
    }

    @Override
    public Publisher<ContentBuffer> content(int number) {
        Counted mailbox = existing(number);
        int row = mailbox.index().rowOf(number);
        long octets = mailbox.index().octets(row);
        if (small != null && SmallMessages.isSmall(octets)) {
            return small.content(number);
        }
        return new Content(name + ", message " + number, () -> open(mailbox, number), octets, buffers, work.readers());
    }

    @Override
    public Publisher<Envelope> envelope(int number) {
        Counted mailbox = existing(number);
        int row = mailbox.index().rowOf(number);
        return Mono.fromCallable(() -> {
                    for (int tries = 0; tries < TRIES; tries++) {
                        try (Counted.Place place = place(mailbox, row, row)) {
                            MboxIndex index = place.index();
                            Envelope envelope = envelope(place.file(), index.start(place.row(row)), index.end());
                            if (place.isStill()) {
                                return envelope;
                            }
                        }
                    }
                    throw mailbox.changed("is changed all the time");
                })
                .subscribeOn(work.scheduler())
                .onErrorMap(e -> StoreErrors.about(name, e));
    }

    private Envelope envelope(IoFile file, long start, long end) throws IOException {
        ByteBuffer line = ByteBuffer.allocate((int) Math.min(FromLine.MAX_OCTETS, end - start));
        if (!file.readFully(line, start)) {
            throw new StoreException(Reason.CORRUPT, name + ": became shorter while it was read");
        }
        FromFields fields = FromFields.of(line.array(), 0, line.capacity());
        return new Envelope(fields.sender(), fields.date());
    }

    @Override
    public Publisher<Doubt> doubts() {
        Counted mailbox = counted;
        if (mailbox == null) {
            return Flux.empty();
        }
        return Mono.fromCallable(() -> {
                    if (mailbox.index().rows() == 0) {
                        return List.<Doubt>of();
                    }
                    try (Counted.Place place = place(mailbox, 0, 0)) {
                        return MboxDoubts.of(place.file(), place.index(), files.format());
                    }
                })
                .subscribeOn(work.scheduler())
                .onErrorMap(e -> StoreErrors.about(name, e))
                .flatMapMany(Flux::fromIterable);
    }

    /** The place of some rows. Its channel survives a release that comes during a read. */
    private Counted.Place place(Counted mailbox, int firstRow, int lastRow) throws IOException {
        if (releasing.get()) {
            throw new StoreException(Reason.UNAVAILABLE, name + ": read after the release");
        }
        return mailbox.place(firstRow, lastRow);
    }

    private SmallMessages.Source openSmall(Counted mailbox, int firstRow, int lastRow) throws IOException {
        Counted.Place place = place(mailbox, firstRow, lastRow);
        return new SmallMessages.Source() {
            @Override
            public boolean isThere(int row) {
                return place.row(row) != Relocation.GONE;
            }

            @Override
            public WireEncoder encoder(int row) {
                return place.encoder(row, files.format().quoting());
            }

            @Override
            public boolean isStill() throws IOException {
                return place.isStill();
            }

            @Override
            public void close() {
                place.close();
            }
        };
    }

    private Content.Source open(Counted mailbox, int number) throws IOException {
        int row = mailbox.index().rowOf(number);
        Counted.Place place = place(mailbox, row, row);
        return new Content.Source() {
            @Override
            public boolean isStill() throws IOException {
                return place.isStill();
            }

            @Override
            public WireEncoder encoder() {
                return place.encoder(row, files.format().quoting());
            }

            @Override
            public void close() {
                place.close();
            }

            @Override
            public void given(Fingerprint.Value all) {
                mailbox.shown().record(number, all);
            }

            @Override
            public void failed(StoreException error) {
                spoilt.compareAndSet(null, error);
            }
        };
    }

    @Override
    public Optional<Unsettled> unsettled() {
        SmallMessages read = small;
        return counted == null || read == null
                ? Optional.empty()
                : Optional.of(new Unsettled() {
                    @Override
                    public boolean isKept(int number) {
                        return read.isKnown(number);
                    }

                    @Override
                    public Publisher<Boolean> look(int number) {
                        return MboxMailbox.this.look(number, read);
                    }
                });
    }

    /** Looks for a message and reads it ahead, as it will probably be requested next. */
    private Publisher<Boolean> look(int number, SmallMessages read) {
        Counted mailbox = existing(number);
        int row = mailbox.index().rowOf(number);
        return Mono.fromCallable(() -> !releasing.get() && (read.readNext(number) || mailbox.isThere(row)))
                .subscribeOn(work.reading())
                .onErrorMap(e -> StoreErrors.about(name, e));
    }

    @Override
    public Publisher<Void> release(BitSet deleted) {
        BitSet numbers = (BitSet) deleted.clone();
        if (numbers.get(0) || numbers.length() > count() + 1) {
            throw new IllegalArgumentException("a message to delete is not one of 1 to " + count());
        }
        if (!numbers.isEmpty() && !writable()) {
            throw new IllegalArgumentException("deletion from a mailbox that is not writable");
        }
        return Mono.defer(() -> {
            if (!releasing.compareAndSet(false, true)) {
                return released.asMono();
            }
            work.submit(() -> end(numbers), () -> {
                // nothing is queued: a few small calls on the caller's thread, rather than a hold for ever
                close();
                released.tryEmitError(new StoreException(Reason.BUSY, "the storage has too much to do, or is closed"));
            });
            return released.asMono();
        });
    }

    private void end(BitSet numbers) {
        StoreException failed = null;
        try {
            delete(numbers);
        } catch (IOException | RuntimeException e) {
            failed = StoreErrors.about(name, e);
        }
        close();
        if (failed == null) {
            released.tryEmitEmpty();
        } else {
            released.tryEmitError(failed);
        }
    }

    private void delete(BitSet numbers) throws IOException {
        if (numbers.isEmpty()) {
            return;
        }
        StoreException reason = spoilt.get();
        if (reason != null) {
            throw reason;
        }
        files.delete(Objects.requireNonNull(counted), numbers, hold::check);
        LOG.atDebug()
                .addKeyValue("mailbox", name)
                .addKeyValue("deleted", numbers.cardinality())
                .addKeyValue("messages", count())
                .addKeyValue("numbers", numbers)
                .log("messages-deleted");
    }

    private void close() {
        if (small != null) {
            small.close();
        }
        onEnd.accept(this);
        hold.end();
        if (counted != null) {
            counted.closeOrWarn();
        }
    }

    /** Releases a mailbox that no subscriber got. */
    void giveUp() {
        if (releasing.compareAndSet(false, true)) {
            close();
            released.tryEmitEmpty();
        }
    }

    @Override
    public void active() {
        hold.active();
    }

    @Override
    public Publisher<Void> lost() {
        return hold.lost();
    }

    @Override
    public Optional<Enveloped> envelopes() {
        return Optional.of(this);
    }

    @Override
    public Optional<Doubtful> doubtful() {
        return Optional.of(this);
    }

    @Override
    public Optional<Notes> notes() {
        return notes;
    }
}
