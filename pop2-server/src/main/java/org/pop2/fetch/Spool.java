package org.pop2.fetch;

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
import org.pop2.storage.transfer.Fingerprint;
import org.pop2.storage.transfer.Header;
import org.pop2.storage.transfer.OctetSink;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.SynchronousSink;

/**
 * A message on its way, in a private file. Only a complete message can be recognised as fetched before, and only
 * complete messages are delivered.
 *
 * <p>A {@link LeadingLine} is removed and not part of the fingerprint: the copy in the target must have the same
 * fingerprint, and in some servers, pop2d among them, that line changes with each session.
 */
final class Spool implements Closeable, FetchedMessage {
    /** Senders that any envelope can have. Names without a host, and routes of UUCP, are valid in an mbox only. */
    private static final Pattern ADDRESS =
            Pattern.compile("[A-Za-z0-9#$&'*+/=?^_`{|}~-][A-Za-z0-9.#$&'*+/=?^_`{|}~-]*@[A-Za-z0-9][A-Za-z0-9.-]*");

    private final Path path;
    private final FileChannel file;
    private final LeadingLine.Finder finder;
    private final Fingerprint.Builder builder = new Fingerprint.Builder();

    /** The beginning, until it is known whether a line has to be removed. */
    private final ByteArrayOutputStream start = new ByteArrayOutputStream();

    /** Octets of the message that are kept. */
    private final long most;

    /** Octets that the file may still get. */
    private long room;

    private boolean begun;
    private Optional<LeadingLine> leading = Optional.empty();

    private Spool(Path path, FileChannel file, LeadingLine.Finder finder, long most) {
        this.path = path;
        this.file = file;
        this.finder = finder;
        this.most = most;
        // a line that is taken off does not count
        this.room = most > Long.MAX_VALUE - LeadingLine.MOST ? most : most + LeadingLine.MOST;
    }

    static Spool open(LeadingLine.Finder finder) throws IOException {
        return open(finder, Long.MAX_VALUE);
    }

    /** @param most octets to keep; those beyond are part of the fingerprint only */
    static Spool open(LeadingLine.Finder finder, long most) throws IOException {
        Path path = Files.createTempFile("pop2d-fetch", ".eml");
        FileChannel file = FileChannel.open(
                path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
        return new Spool(path, file, finder, most);
    }

    /** Uses up the buffer. */
    void write(ByteBuffer octets) throws IOException {
        ByteBuffer view = octets.duplicate();
        if (!begun) {
            byte[] some = new byte[Math.min(view.remaining(), LeadingLine.MOST - start.size())];
            view.get(some);
            start.writeBytes(some);
            if (start.size() == LeadingLine.MOST) {
                begin();
            }
        }
        builder.add(view);
        int end = octets.limit();
        octets.limit(octets.position() + (int) Math.min(octets.remaining(), room));
        room -= octets.remaining();
        try {
            while (octets.hasRemaining()) {
                file.write(octets);
            }
        } catch (IOException e) {
            // a full disk is said without a name
            throw new IOException(path + ": " + e.getMessage(), e);
        }
        octets.limit(end).position(end);
    }

    private void begin() {
        begun = true;
        byte[] octets = start.toByteArray();
        leading = finder.find(octets);
        int from = offset();
        builder.add(ByteBuffer.wrap(octets, from, octets.length - from));
    }

    /** Where the message begins in the file. */
    private int offset() {
        return leading.map(LeadingLine::octets).orElse(0);
    }

    /** The fingerprint. Call once, after everything was written and before it is read. */
    Fingerprint fingerprint() {
        if (!begun) {
            begin();
        }
        return builder.build();
    }

    /** Writes more behind what was kept. Call after {@link #fingerprint()}. Returns the fingerprint of both. */
    Fingerprint append(ByteBuffer more) throws IOException {
        file.truncate(offset() + most);
        file.position(file.size());
        while (more.hasRemaining()) {
            file.write(more);
        }
        Fingerprint.Builder kept = new Fingerprint.Builder();
        to(kept::add);
        return kept.build();
    }

    @Override
    public Optional<byte[]> fromLine() {
        return leading.flatMap(LeadingLine::fromLine);
    }

    @Override
    public String sender() throws IOException {
        String named = leading.map(LeadingLine::sender).orElse("");
        return ADDRESS.matcher(named).matches() ? named : headerSender();
    }

    /** Its parsed header. */
    Header header() throws IOException {
        ByteBuffer header = ByteBuffer.allocate(Header.MOST);
        int length = 0;
        for (int more = 0; more >= 0 && header.hasRemaining(); length += Math.max(0, more)) {
            more = file.read(header, offset() + length);
        }
        return Header.of(header.array(), length);
    }

    private String headerSender() throws IOException {
        String sender = header().sender();
        return sender.contains("<") || sender.contains(">") ? "" : sender;
    }

    @Override
    public void to(OctetSink sink) throws IOException {
        Reader reader = new Reader();
        for (ByteBuffer octets = reader.next(); octets.hasRemaining(); octets = reader.next()) {
            sink.accept(octets);
        }
    }

    @Override
    public Publisher<ByteBuffer> content() {
        return Flux.generate(Reader::new, (reader, sink) -> {
            reader.next(sink);
            return reader;
        });
    }

    /** Reads it in pieces, from the start of the message. */
    private final class Reader {
        private long position = offset();

        /** A new buffer; an empty one at the end. */
        ByteBuffer next() throws IOException {
            ByteBuffer octets = ByteBuffer.allocate(Header.MOST);
            position += Math.max(0, file.read(octets, position));
            return octets.flip();
        }

        void next(SynchronousSink<ByteBuffer> sink) {
            try {
                ByteBuffer octets = next();
                if (octets.hasRemaining()) {
                    sink.next(octets);
                } else {
                    sink.complete();
                }
            } catch (IOException e) {
                sink.error(e);
            }
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
