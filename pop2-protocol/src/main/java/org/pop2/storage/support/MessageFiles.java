package org.pop2.storage.support;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.Executor;
import java.util.function.LongConsumer;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.reactivestreams.Publisher;

/** Messages for a storage that has a file for each, with any line ends. */
public final class MessageFiles {
    private static final int BUFFER_OCTETS = 8 * 1024;

    private MessageFiles() {}

    /** Octets of a message on the wire. Reads the file; blocks. */
    public static long octets(Path file) {
        Content content = new Content(file, -1);
        try {
            long octets = 0;
            while (content.hasNext()) {
                octets += content.next().octets().remaining();
            }
            return octets;
        } finally {
            content.close();
        }
    }

    /**
     * The content of a message, as {@link org.pop2.storage.Mailbox#content} requires.
     *
     * @param octets as counted before; if there are more or fewer, or the file is gone, it fails with
     *     {@link Reason#CORRUPT}
     */
    public static Publisher<ContentBuffer> content(Executor executor, Path file, long octets) {
        return Flows.emit(executor, () -> new Content(file, octets));
    }

    /**
     * Writes a message to a new file, which it opens at once. Blocks.
     *
     * @param unfinished the file; must not exist, and is removed if the message is aborted
     * @param commit called with the octets once they are safely on the disk; moves the file to its place, or throws
     */
    public static Incoming.Sink sink(Path unfinished, LongConsumer commit) {
        try {
            return new Writing(
                    unfinished,
                    FileChannel.open(unfinished, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                    commit);
        } catch (IOException e) {
            throw DurableFiles.failed(e);
        }
    }

    private record Writing(Path file, FileChannel channel, LongConsumer commit) implements Incoming.Sink {
        @Override
        public void write(byte[] wire) {
            ByteBuffer left = ByteBuffer.wrap(wire);
            try {
                while (left.hasRemaining()) {
                    channel.write(left);
                }
            } catch (IOException e) {
                throw DurableFiles.failed(e);
            }
        }

        @Override
        public void commit(long octets) {
            try {
                channel.force(true);
                channel.close();
            } catch (IOException e) {
                throw DurableFiles.failed(e);
            }
            commit.accept(octets);
        }

        @Override
        public void abort() {
            try {
                channel.close();
                Files.deleteIfExists(file);
            } catch (IOException e) {
                throw DurableFiles.failed(e);
            }
        }
    }

    private static final class Content implements Flows.Source<ContentBuffer> {
        private final InputStream in;
        private final WireForm form = new WireForm();
        private final long expected;
        private byte[] next = {};
        private boolean ended;

        Content(Path file, long expected) {
            this.expected = expected;
            try {
                in = Files.newInputStream(file);
            } catch (IOException e) {
                throw new StoreException(Reason.CORRUPT, "the message is gone: " + file, e);
            }
        }

        @Override
        public boolean hasNext() {
            try {
                while (next.length == 0 && !ended) {
                    byte[] octets = in.readNBytes(BUFFER_OCTETS);
                    ended = octets.length == 0;
                    next = ended ? form.end() : form.encode(ByteBuffer.wrap(octets));
                    if (expected >= 0 && (ended ? form.octets() != expected : form.octets() > expected)) {
                        throw new StoreException(Reason.CORRUPT, "the message is not the one that was counted");
                    }
                }
            } catch (IOException e) {
                throw DurableFiles.failed(e);
            }
            return next.length > 0;
        }

        @Override
        public ContentBuffer next() {
            ContentBuffer buffer = ContentBuffer.unpooled(ByteBuffer.wrap(next));
            next = new byte[0];
            return buffer;
        }

        @Override
        public void close() {
            try {
                in.close();
            } catch (IOException e) {
                throw DurableFiles.failed(e);
            }
        }
    }
}
