package org.pop2.storage.support;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/**
 * Makes of octets what goes over the wire, and counts it (rules S4, S5): every line end is CRLF, the last line is
 * ended. Give it a message in any pieces, then {@link #end}. For one thread at a time.
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

    /** The next piece; takes all of the buffer. */
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

    /** What ends the last line, if that is not ended. A CR alone ends none. */
    public byte[] end() {
        byte[] end = last == '\n' ? new byte[0] : new byte[] {'\r', '\n'};
        last = '\n';
        octets += end.length;
        return end;
    }

    /** How many octets came out so far: after {@link #end}, what a mailbox tells of the message. */
    public long octets() {
        return octets;
    }
}
