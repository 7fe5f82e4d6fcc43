package org.pop2.app.fetch;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.regex.Pattern;
import org.pop2.storage.fs.format.LeadingFromLine;
import org.pop2.storage.transfer.Fingerprint;
import org.pop2.storage.transfer.Header;
import org.pop2.storage.transfer.OctetFeed;
import org.pop2.storage.transfer.OctetSink;

/**
 * A message on its way, in a file that nobody else sees: whether it was fetched before shows when all of it is there,
 * and what is delivered is never half a message.
 *
 * <p>A From_ line that the server sends before the header is none of the message: it is taken off, and does not count
 * for the fingerprint. What is in the target has to have the same fingerprint, and pop2d itself puts the time of the
 * session there for clients that want such a line.
 */
final class Spool implements Closeable, OctetFeed {
    /** What an envelope takes wherever it goes: names without a host, and routes of UUCP, are for an mbox only. */
    private static final Pattern ADDRESS =
            Pattern.compile("[A-Za-z0-9#$&'*+/=?^_`{|}~-][A-Za-z0-9.#$&'*+/=?^_`{|}~-]*@[A-Za-z0-9][A-Za-z0-9.-]*");

    private final FileChannel file;
    private final Fingerprint.Builder builder = new Fingerprint.Builder();

    /** The beginning, until it is known whether a From_ line is there. */
    private final ByteArrayOutputStream start = new ByteArrayOutputStream();

    private boolean begun;
    private Optional<LeadingFromLine> leading = Optional.empty();

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
        ByteBuffer view = octets.duplicate();
        while (!begun && view.hasRemaining()) {
            start.write(view.get());
            boolean enough = start.size() == LeadingFromLine.MOST;
            if (enough || (start.size() <= LeadingFromLine.LEAST && !mayBeFromLine())) {
                begin();
            }
        }
        builder.add(view);
        while (octets.hasRemaining()) {
            file.write(octets);
        }
    }

    private boolean mayBeFromLine() {
        return LeadingFromLine.mayBegin(start.toByteArray(), start.size());
    }

    private void begin() {
        byte[] octets = start.toByteArray();
        leading = LeadingFromLine.of(octets, octets.length);
        begun = true;
        int from = offset();
        builder.add(ByteBuffer.wrap(octets, from, octets.length - from));
    }

    /** Where the message begins in the file. */
    private int offset() {
        return leading.map(LeadingFromLine::octets).orElse(0);
    }

    /** What identifies it. Once, when all of it is written, and before it is read. */
    Fingerprint fingerprint() {
        if (!begun) {
            begin();
        }
        return builder.build();
    }

    /** The From_ line that the server sent before the header, as it begins a message in an mbox. */
    Optional<byte[]> fromLine() {
        return leading.flatMap(LeadingFromLine::separator);
    }

    /**
     * The envelope's sender, as far as a From_ line or the header tells; empty if they do not, or it would fit into no
     * envelope.
     */
    String sender() throws IOException {
        String named = leading.map(LeadingFromLine::sender).orElse("");
        return ADDRESS.matcher(named).matches() ? named : headerSender();
    }

    private String headerSender() throws IOException {
        ByteBuffer header = ByteBuffer.allocate(Header.MOST);
        int length = 0;
        for (int more = 0; more >= 0 && header.hasRemaining(); length += Math.max(0, more)) {
            more = file.read(header, offset() + length);
        }
        String sender = Header.of(header.array(), length).sender();
        return sender.contains("<") || sender.contains(">") ? "" : sender;
    }

    @Override
    public void to(OctetSink sink) throws IOException {
        Reader reader = reader();
        for (ByteBuffer octets = reader.next(); octets.hasRemaining(); octets = reader.next()) {
            sink.accept(octets);
        }
    }

    /** From the start of the message. */
    Reader reader() {
        return new Reader();
    }

    /** Reads it in pieces. */
    final class Reader {
        private long position = offset();

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
