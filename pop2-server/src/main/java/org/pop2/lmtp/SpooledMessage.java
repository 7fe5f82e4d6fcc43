package org.pop2.lmtp;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.StoreException;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/**
 * A message that is received, then read once for each recipient. It stays in memory while it is small and memory is
 * free, and else goes to a file.
 *
 * <p>{@link #append} never waits. If it is {@link #full} afterwards, {@link #drain} must complete before more is
 * appended. One thread at a time until it is complete; then many may read {@link #content}.
 */
final class SpooledMessage {
    private static final Logger LOG = LoggerFactory.getLogger(SpooledMessage.class);

    private static final int FIRST_BLOCK = 4 * 1024;
    private static final int BLOCK = 64 * 1024;

    private final Spool spool;
    private List<ByteBuffer> blocks = new ArrayList<>();
    private long octets;
    private int reserved;

    /** Set when the message no longer fits into memory. */
    private boolean spilling;

    private int buffered;
    private long inFile;
    private @Nullable FileChannel file;

    SpooledMessage(Spool spool) {
        this.spool = spool;
    }

    long octets() {
        return octets;
    }

    void append(byte[] from, int offset, int length) {
        int at = offset;
        int left = length;
        while (left > 0) {
            ByteBuffer last = blocks.isEmpty() ? null : blocks.get(blocks.size() - 1);
            if (last == null || !last.hasRemaining()) {
                last = ByteBuffer.allocate(blocks.isEmpty() && !spilling ? FIRST_BLOCK : BLOCK);
                blocks.add(last);
                reserve(last.capacity());
            }
            int part = Math.min(left, last.remaining());
            last.put(from, at, part);
            at += part;
            left -= part;
        }
        octets += length;
        buffered += length;
    }

    private void reserve(int capacity) {
        if (!spilling) {
            if (reserved + capacity <= spool.memoryPerMessage() && spool.reserve(capacity)) {
                reserved += capacity;
            } else {
                spilling = true;
            }
        }
    }

    /** Whether {@link #drain} is needed before more is appended. */
    boolean full() {
        return spilling && (file == null || buffered >= BLOCK);
    }

    /** Whether part of the message is in a file. */
    boolean onDisk() {
        return spilling;
    }

    /** Writes the octets in memory to the file; then calls back, on another thread, with the error if it failed. */
    void drain(Consumer<@Nullable IOException> done) {
        spool.files().execute(() -> {
            IOException failure = null;
            try {
                write();
            } catch (IOException e) {
                failure = e;
            } catch (RuntimeException | Error e) {
                // whatever it is, the client is not to wait for ever
                failure = new IOException(e);
            }
            done.accept(failure);
        });
    }

    private void write() throws IOException {
        FileChannel channel = file;
        if (channel == null) {
            channel = spool.createFile();
            file = channel;
        }
        for (ByteBuffer block : blocks) {
            block.flip();
            while (block.hasRemaining()) {
                inFile += channel.write(block, inFile);
            }
        }
        blocks = new ArrayList<>();
        buffered = 0;
        spool.release(reserved);
        reserved = 0;
    }

    /**
     * The message, once it is complete and, if {@link #onDisk}, drained. Can be subscribed to repeatedly until it is
     * discarded.
     */
    Publisher<ByteBuffer> content() {
        FileChannel channel = file;
        if (channel == null) {
            return Flux.fromIterable(blocks)
                    .map(block -> block.duplicate().flip().asReadOnlyBuffer());
        }
        long size = octets;
        return Flux.<ByteBuffer, Long>generate(() -> 0L, (position, sink) -> {
                    if (position == size) {
                        sink.complete();
                        return position;
                    }
                    try {
                        ByteBuffer piece = read(channel, position, (int) Math.min(BLOCK, size - position));
                        sink.next(piece);
                        return position + piece.limit();
                    } catch (IOException | RuntimeException | Error e) {
                        sink.error(new StoreException(
                                StoreException.Reason.UNAVAILABLE, "a spooled message cannot be read", e));
                        return position;
                    }
                })
                .subscribeOn(Schedulers.fromExecutor(spool.files()));
    }

    private static ByteBuffer read(FileChannel channel, long position, int length) throws IOException {
        ByteBuffer piece = ByteBuffer.allocate(length);
        while (piece.hasRemaining()) {
            if (channel.read(piece, position + piece.position()) < 0) {
                throw new EOFException("the file is shorter than what was written");
            }
        }
        return piece.flip();
    }

    /** Frees everything. Nothing may be under way. */
    void discard() {
        blocks = new ArrayList<>();
        spool.release(reserved);
        reserved = 0;
        FileChannel channel = file;
        file = null;
        if (channel != null) {
            spool.files().execute(() -> {
                try {
                    channel.close();
                } catch (IOException e) {
                    LOG.atWarn().addKeyValue("error", e.toString()).log("lmtp-spool-file-not-closed");
                }
            });
        }
    }
}
