package org.pop2.app.fetch;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.pop2.storage.fs.exchange.Export;
import org.pop2.storage.fs.exchange.Fingerprint;
import org.pop2.storage.fs.exchange.Header;
import org.pop2.storage.fs.exchange.OctetSink;

/**
 * A message on its way, in a file that nobody else sees: whether it was fetched before shows when all of it is there,
 * and what is delivered is never half a message.
 */
final class Spool implements Closeable, Export.Feed {
    private final FileChannel file;
    private final Fingerprint.Builder builder = new Fingerprint.Builder();

    private Spool(FileChannel file) {
        this.file = file;
    }

    static Spool open() throws IOException {
        Path path = Files.createTempFile("pop2d-fetch", ".eml");
        return new Spool(FileChannel.open(
                path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE));
    }

    /** Uses up the buffer. */
    void write(ByteBuffer octets) throws IOException {
        builder.add(octets.duplicate());
        while (octets.hasRemaining()) {
            file.write(octets);
        }
    }

    /** What identifies it. Once, when all of it is written. */
    Fingerprint fingerprint() {
        return builder.build();
    }

    /** The envelope's sender, as far as the header tells; empty if it does not, or it would fit into no envelope. */
    String sender() throws IOException {
        ByteBuffer start = ByteBuffer.allocate(Header.MOST);
        int length = 0;
        for (int more = 0; more >= 0 && start.hasRemaining(); length += Math.max(0, more)) {
            more = file.read(start, length);
        }
        String sender = Header.of(start.array(), length).sender();
        return sender.contains("<") || sender.contains(">") ? "" : sender;
    }

    @Override
    public void to(OctetSink sink) throws IOException {
        Reader reader = reader();
        for (ByteBuffer octets = reader.next(); octets.hasRemaining(); octets = reader.next()) {
            sink.accept(octets);
        }
    }

    /** From the start. */
    Reader reader() {
        return new Reader();
    }

    /** Reads it in pieces. */
    final class Reader {
        private long position;

        /** A new buffer; an empty one at the end. */
        ByteBuffer next() throws IOException {
            ByteBuffer octets = ByteBuffer.allocate(Header.MOST);
            position += Math.max(0, file.read(octets, position));
            return octets.flip();
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
