package org.pop2.storage.fs.format;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Instant;

/**
 * Writes messages as an mbox whose quoting can be undone (mboxrd): a From_ line, the message with its lines ended by LF
 * and {@code >} before every {@code From }, an empty line. {@link MboxReader} and the storage give back the same
 * messages. Blocks; not for several threads at once.
 *
 * <p>A CRLF becomes LF, except after another CR: {@code CR CR LF} has to come back as it was, and a line that was
 * stored as {@code CR LF} would come back as just that.
 */
public final class MboxWriter {
    private static final int BLOCK = 64 * 1024;

    private final OutputStream out;
    private final byte[] buffer = new byte[BLOCK];
    private int fill;

    /** The line so far is marks and {@code matched} octets of {@code From }, which are not written yet. */
    private boolean lineStart = true;

    private int matched;
    private long crs;
    private boolean empty = true;

    /** @param out the caller flushes and closes it */
    public MboxWriter(OutputStream out) {
        this.out = out;
    }

    /**
     * Begins a message.
     *
     * @param sender the envelope's sender; empty: a bounce, or unknown
     * @param received when it came in
     */
    public void begin(String sender, Instant received) throws IOException {
        begin(FromLine.of(sender, received));
    }

    /**
     * Begins a message.
     *
     * @param fromLine its From_ line, with the line feed
     */
    public void begin(byte[] fromLine) throws IOException {
        for (byte octet : fromLine) {
            put(octet);
        }
        newLine();
    }

    /** Adds octets of the message in wire form; uses them up. */
    public void write(ByteBuffer octets) throws IOException {
        while (octets.hasRemaining()) {
            write(octets.get());
        }
    }

    /** Ends the message; its octets are with the stream when this returns. */
    public void end() throws IOException {
        if (!empty) {
            endLine();
        }
        put((byte) '\n');
        out.write(buffer, 0, fill);
        fill = 0;
    }

    private void write(byte octet) throws IOException {
        if (octet == '\n') {
            endLine();
            return;
        }
        empty = false;
        if (octet == '\r') {
            crs++;
            return;
        }
        if (crs > 0) {
            flushMatched();
            flushCrs();
        }
        if (lineStart) {
            if (octet == '>' && matched == 0) {
                put(octet);
                return;
            }
            if (octet == "From ".charAt(matched)) {
                matched++;
                if (matched == Quoting.FROM_LENGTH) {
                    put((byte) '>');
                    flushMatched();
                }
                return;
            }
            flushMatched();
        }
        put(octet);
    }

    private void endLine() throws IOException {
        flushMatched();
        if (crs > 1) {
            flushCrs();
        }
        put((byte) '\n');
        newLine();
    }

    private void newLine() {
        lineStart = true;
        matched = 0;
        crs = 0;
        empty = true;
    }

    private void flushMatched() throws IOException {
        for (int i = 0; i < matched; i++) {
            put((byte) "From ".charAt(i));
        }
        matched = 0;
        lineStart = false;
    }

    private void flushCrs() throws IOException {
        for (; crs > 0; crs--) {
            put((byte) '\r');
        }
    }

    private void put(byte octet) throws IOException {
        if (fill == BLOCK) {
            out.write(buffer, 0, fill);
            fill = 0;
        }
        buffer[fill++] = octet;
    }
}
