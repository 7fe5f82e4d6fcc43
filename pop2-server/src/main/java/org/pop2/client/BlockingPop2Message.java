package org.pop2.client;

import java.io.InputStream;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/** A {@link Pop2Message} whose calls block. */
public final class BlockingPop2Message {
    private final Pop2Message message;
    private @Nullable Content content;
    private boolean acknowledged;

    BlockingPop2Message(Pop2Message message) {
        this.message = message;
    }

    /** The number in the mailbox, from 1. Valid in this session only. */
    public int number() {
        return message.number();
    }

    /** Octets that the server announced, 1 or more. */
    public long octets() {
        return message.octets();
    }

    /**
     * The message's octets, read from the connection while the stream is read: the message is never in memory as a
     * whole. Call once. Closing the stream reads the rest, since POP2 cannot go on otherwise. Reading throws
     * {@link Pop2ClientException}, and ends only after exactly as many octets as were announced.
     */
    public InputStream content() {
        Content reading = new Content(message.bytes().toIterable(1).iterator());
        content = reading;
        return reading;
    }

    /** {@link #acknowledge} with {@link Acknowledgement#KEEP}. */
    public void keep() {
        acknowledge(Acknowledgement.KEEP);
    }

    /** {@link #acknowledge} with {@link Acknowledgement#DELETE}. */
    public void delete() {
        acknowledge(Acknowledgement.DELETE);
    }

    /** {@link #acknowledge} with {@link Acknowledgement#AGAIN}. */
    public void again() {
        acknowledge(Acknowledgement.AGAIN);
    }

    /**
     * Acknowledges the message, once. <b>That it is deleted is certain only when {@link BlockingPop2Session#quit} or a
     * {@link BlockingPop2Session#fold} has returned.</b>
     *
     * @throws IllegalStateException for a message to delete that was not read to its end, or one that was acknowledged
     *     before
     */
    public void acknowledge(Acknowledgement choice) {
        Content reading = content;
        if (choice == Acknowledgement.DELETE && reading != null && !reading.isRead()) {
            throw new IllegalStateException("a message that was not read to its end cannot be deleted");
        }
        if (reading != null) {
            reading.close();
        }
        message.acknowledge(choice).block();
        acknowledged = true;
    }

    /** Keeps it, unless it was acknowledged. */
    void settle() {
        if (!acknowledged) {
            keep();
        }
    }

    private static final class Content extends InputStream {
        private final Iterator<byte[]> pieces;
        private byte[] piece = {};
        private int at;

        Content(Iterator<byte[]> pieces) {
            this.pieces = pieces;
        }

        /** Whether there is nothing left; waits for the server to know. */
        boolean isRead() {
            return !fill();
        }

        /** Whether there is another octet. */
        private boolean fill() {
            while (at == piece.length) {
                if (!pieces.hasNext()) {
                    return false;
                }
                piece = pieces.next();
                at = 0;
            }
            return true;
        }

        @Override
        public int read() {
            return fill() ? piece[at++] & 0xff : -1;
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            if (length == 0) {
                return 0;
            }
            if (!fill()) {
                return -1;
            }
            int octets = Math.min(length, piece.length - at);
            System.arraycopy(piece, at, into, offset, octets);
            at += octets;
            return octets;
        }

        @Override
        public void close() {
            while (fill()) {
                at = piece.length;
            }
        }
    }
}
