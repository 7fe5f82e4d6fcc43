package org.pop2.storage.fs.exchange;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.Message;
import org.pop2.storage.transfer.Fingerprint;
import org.pop2.storage.transfer.Header;
import org.pop2.storage.transfer.Progress;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/**
 * A message on its way from a source to the storage. A small one is in memory; others are read while they are
 * delivered, or from a file. Its fingerprint is computed as it passes. One thread at a time.
 */
final class ImportedMessage implements Closeable {
    /** Most octets that are kept in memory. */
    private static final int MEMORY = 1024 * 1024;

    private final MessageSource.Item item;
    private final String deliveryId;
    private final Progress progress;
    private final BooleanSupplier stopped;
    private final Fingerprint.Builder builder = new Fingerprint.Builder();
    private final List<ByteBuffer> memory = new ArrayList<>();
    private long octets;
    private boolean ended;
    private @Nullable FileChannel spool;
    private @Nullable Fingerprint fingerprint;
    private volatile @Nullable IOException failure;

    /** @param stopped whether the import was stopped */
    ImportedMessage(MessageSource.Item item, String deliveryId, Progress progress, BooleanSupplier stopped) {
        this.item = item;
        this.deliveryId = deliveryId;
        this.progress = progress;
        this.stopped = stopped;
    }

    /** Reads the message into memory if it is small; whether it is. Otherwise its beginning is in memory. */
    boolean fitsInMemory() throws IOException {
        while (octets <= MEMORY) {
            ByteBuffer next = read();
            if (next == null) {
                return true;
            }
            // a reader's block is larger than many a message
            memory.add(ByteBuffer.allocate(next.remaining()).put(next).flip());
        }
        return false;
    }

    /** Reads all of it without keeping anything. */
    Fingerprint skim() throws IOException {
        while (read() != null) {
            // looked at as it passes
        }
        return fingerprint();
    }

    /** Reads all of it into a file. */
    void spool() throws IOException {
        Path path = Files.createTempFile("pop2d-import", ".eml");
        FileChannel file = FileChannel.open(
                path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
        spool = file;
        // for those systems where an open file can go
        Files.deleteIfExists(path);
        for (ByteBuffer kept : memory) {
            write(file, kept.duplicate());
        }
        for (ByteBuffer next = read(); next != null; next = read()) {
            write(file, next);
        }
        file.position(0);
    }

    private static void write(FileChannel file, ByteBuffer octets) throws IOException {
        while (octets.hasRemaining()) {
            file.write(octets);
        }
    }

    private @Nullable ByteBuffer read() throws IOException {
        if (stopped.getAsBoolean()) {
            throw new IOException("stopped");
        }
        ByteBuffer next = ended ? null : item.read();
        if (next == null && stopped.getAsBoolean()) {
            // what gave it was stopped as well: it may not be whole
            throw new IOException("stopped");
        }
        if (next == null) {
            ended = true;
        } else {
            octets += next.remaining();
            progress.octets(next.remaining());
            builder.add(next.duplicate());
        }
        return next;
    }

    /** Octets read so far. */
    long octets() {
        return octets;
    }

    /** The fingerprint; valid once all of it was read. */
    Fingerprint fingerprint() {
        Fingerprint known = fingerprint;
        if (known == null) {
            known = builder.build();
            fingerprint = known;
        }
        return known;
    }

    /** The message for the storage; if it is in memory, usable repeatedly. */
    Message message() {
        Flux<ByteBuffer> beginning =
                spool == null ? Flux.fromIterable(memory).map(ByteBuffer::duplicate) : Flux.empty();
        Flux<ByteBuffer> rest = Flux.<ByteBuffer>generate(sink -> {
                    try {
                        ByteBuffer next = rest();
                        if (next == null) {
                            sink.complete();
                        } else {
                            sink.next(next);
                        }
                    } catch (IOException e) {
                        failure = e;
                        sink.error(e);
                    }
                })
                .subscribeOn(Schedulers.boundedElastic());
        boolean inMemory = ended && spool == null;
        return new Message(
                inMemory ? beginning : beginning.concatWith(rest), item.sender(), Optional.of(deliveryId), received());
    }

    /** When it came in, according to its source or its header. */
    private Optional<Instant> received() {
        Optional<Instant> known = item.received();
        if (known.isPresent() || memory.isEmpty()) {
            return known;
        }
        ByteBuffer start = memory.get(0).duplicate();
        byte[] head = new byte[Math.min(start.remaining(), Header.MOST)];
        start.get(head);
        return Header.of(head, head.length).received();
    }

    private @Nullable ByteBuffer rest() throws IOException {
        FileChannel file = spool;
        if (file == null) {
            return read();
        }
        ByteBuffer next = ByteBuffer.allocate(Header.MOST);
        return file.read(next) < 0 ? null : next.flip();
    }

    /** Why reading the source failed during the delivery. */
    @Nullable
    IOException failure() {
        return failure;
    }

    @Override
    public void close() throws IOException {
        if (spool != null) {
            spool.close();
        }
    }
}
