package org.pop2.storage.fs.exchange;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Optional;
import org.pop2.storage.Enveloped;
import org.pop2.storage.transfer.Header;
import org.pop2.storage.transfer.OctetFeed;
import org.pop2.storage.transfer.Progress;

/** Writes messages to a destination. Deletes nothing at their source. */
public abstract sealed class Export implements Closeable permits MboxExport, MaildirExport {
    Export() {}

    /** Adds all messages of a mailbox; returns how many. */
    public int add(OpenMailbox mailbox, Progress progress) throws IOException {
        for (int number = 1; number <= mailbox.count(); number++) {
            int here = number;
            add(
                    sink -> mailbox.read(here, octets -> {
                        progress.octets(octets.remaining());
                        sink.accept(octets);
                    }),
                    new Start(Optional.empty(), mailbox.envelope(number)));
            progress.message();
        }
        return mailbox.count();
    }

    /** Adds a message. */
    public void add(OctetFeed message) throws IOException {
        add(message, Optional.empty());
    }

    /**
     * Adds a message.
     *
     * @param fromLine its From_ line, with the line feed; empty: for an mbox, one is made from the header
     */
    public void add(OctetFeed message, Optional<byte[]> fromLine) throws IOException {
        add(message, new Start(fromLine, Optional.empty()));
    }

    private void add(OctetFeed message, Start start) throws IOException {
        message.to(start::accept);
        start.begin();
        end();
    }

    /** Makes everything durable and visible under its name. Without it, some or all may be missing. */
    public abstract void commit() throws IOException;

    abstract void begin(String sender, Instant received) throws IOException;

    /** The same with a given From_ line. */
    abstract void begin(byte[] fromLine) throws IOException;

    /** Writes octets in wire form. */
    abstract void write(ByteBuffer octets) throws IOException;

    abstract void end() throws IOException;

    /** Holds back the beginning of a message until its header is complete. */
    private final class Start {
        private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
        private final Optional<byte[]> fromLine;
        private final Optional<Enveloped.Envelope> envelope;
        private boolean begun;

        Start(Optional<byte[]> fromLine, Optional<Enveloped.Envelope> envelope) {
            this.fromLine = fromLine;
            this.envelope = envelope;
        }

        void accept(ByteBuffer octets) throws IOException {
            while (!begun && octets.hasRemaining()) {
                byte[] some = new byte[Math.min(octets.remaining(), Header.MOST - kept.size())];
                octets.get(some);
                kept.write(some);
                if (kept.size() == Header.MOST) {
                    begin();
                }
            }
            if (begun) {
                write(octets);
            }
        }

        void begin() throws IOException {
            if (!begun) {
                begun = true;
                byte[] start = kept.toByteArray();
                if (fromLine.isPresent()) {
                    Export.this.begin(fromLine.get());
                } else {
                    Header header = Header.of(start, start.length);
                    Export.this.begin(
                            envelope.map(Enveloped.Envelope::sender)
                                    .filter(sender -> !sender.isEmpty())
                                    .orElse(header.sender()),
                            envelope.flatMap(Enveloped.Envelope::received)
                                    .or(header::received)
                                    .orElseGet(Instant::now));
                }
                write(ByteBuffer.wrap(start));
            }
        }
    }
}
