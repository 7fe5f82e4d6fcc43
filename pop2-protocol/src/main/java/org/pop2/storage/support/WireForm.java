package org.pop2.storage.support;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/**
 * Converts a message to the form that goes over the wire, and counts its octets (rules S4, S5): every line ends with
 * CRLF, the last one too. Pass the message in any pieces, then call {@link #end}. Not safe for threads.
 */
public final class WireForm {
    private byte last;
    private long octets;

    /** At the beginning of a message. */
    public WireForm() {}

    /** The whole message. */
    public static byte[] of(byte[] message) {
        WireForm form = new WireForm();
        ByteArrayOutputStream wire = new ByteArrayOutputStream(message.length + 2);
        wire.writeBytes(form.encode(ByteBuffer.wrap(message)));
        wire.writeBytes(form.end());
        return wire.toByteArray();
    }

    /** Converts the next piece; uses up the buffer. */
    public byte[] encode(ByteBuffer piece) {
        ByteArrayOutputStream wire = new ByteArrayOutputStream(piece.remaining() + piece.remaining() / 16 + 1);
        while (piece.hasRemaining()) {
            byte octet = piece.get();
            if (octet == '\n' && last != '\r') {
                wire.write('\r');
            }
            wire.write(octet);
            last = octet;
        }
        octets += wire.size();
        return wire.toByteArray();
    }

    /** The line end that the last line lacks, if it lacks one. A CR alone is not a line end. */
    public byte[] end() {
        byte[] end = last == '\n' ? new byte[0] : new byte[] {'\r', '\n'};
        last = '\n';
        octets += end.length;
        return end;
    }

    /** Octets converted so far; after {@link #end}, the length of the message. */
    public long octets() {
        return octets;
    }
}
