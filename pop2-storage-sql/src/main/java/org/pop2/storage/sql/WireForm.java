package org.pop2.storage.sql;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns a message into the form in which it is transmitted, and cuts that into chunks: every bare LF becomes CRLF, and
 * the last line is ended with one. Everything else passes unchanged. Not safe for several threads at once.
 */
final class WireForm {
    /** Octets of every chunk but the last. */
    static final int CHUNK_OCTETS = 64 * 1024;

    private final int mostChunks;
    private final MessageDigest digest = MailboxId.sha256();
    private List<Bytea> full = new ArrayList<>();
    private byte[] chunk = new byte[1024];
    private int length;
    private long octets;
    private byte beforeLast;
    private byte last;

    /** @param mostChunks how many full chunks to hold before they must be {@linkplain #take taken} */
    WireForm(int mostChunks) {
        this.mostChunks = mostChunks;
    }

    /** Takes octets until the buffer is empty or enough chunks are full. */
    void add(ByteBuffer buffer) {
        while (buffer.hasRemaining() && full.size() < mostChunks) {
            byte next = buffer.get();
            if (next == '\n' && last != '\r') {
                put((byte) '\r');
            }
            put(next);
        }
    }

    /** Ends the last line; afterwards {@link #take} also gives the last chunk. */
    void end() {
        if (octets == 0 || beforeLast != '\r' || last != '\n') {
            put((byte) '\r');
            put((byte) '\n');
        }
        cut();
    }

    boolean isFull() {
        return full.size() >= mostChunks;
    }

    /** The chunks filled since the last call. */
    List<Bytea> take() {
        List<Bytea> taken = full;
        full = new ArrayList<>();
        return taken;
    }

    /** Octets so far, as transmitted. */
    long octets() {
        return octets;
    }

    /** The SHA-256 of everything; to be called once, after {@link #end}. */
    byte[] sha256() {
        return digest.digest();
    }

    private void put(byte octet) {
        if (length == chunk.length) {
            grow();
        }
        chunk[length++] = octet;
        octets++;
        beforeLast = last;
        last = octet;
        if (length == CHUNK_OCTETS) {
            cut();
        }
    }

    /** A small message gets by with a small array. */
    private void grow() {
        byte[] larger = new byte[Math.min(CHUNK_OCTETS, chunk.length * 4)];
        System.arraycopy(chunk, 0, larger, 0, length);
        chunk = larger;
    }

    private void cut() {
        if (length > 0) {
            digest.update(chunk, 0, length);
            full.add(new Bytea(chunk, length));
            chunk = new byte[octets >= CHUNK_OCTETS ? CHUNK_OCTETS : 1024];
            length = 0;
        }
    }
}
