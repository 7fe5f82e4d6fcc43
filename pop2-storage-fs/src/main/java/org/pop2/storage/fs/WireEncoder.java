package org.pop2.storage.fs;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;

/**
 * One message as it goes over the wire, a buffer at a time: LF becomes CRLF, a quoted {@code >From } loses its mark,
 * the last line gets an end. Holds no octets between two buffers: what did not fit is read again.
 */
final class WireEncoder {
    private final IoFile file;
    private final long end;
    private final boolean plain;
    private final Quoting quoting;

    private long at;
    private boolean atLineStart = true;
    private boolean afterCr;
    private boolean lineEndToAdd;

    WireEncoder(IoFile file, MboxIndex index, int row, Quoting quoting) {
        this.file = file;
        this.at = index.contentStart(row);
        this.end = index.contentEnd(row);
        this.plain = index.is(row, MboxIndex.PLAIN);
        this.quoting = index.is(row, MboxIndex.QUOTED) ? quoting : Quoting.NONE;
        this.lineEndToAdd = index.is(row, MboxIndex.UNTERMINATED);
    }

    boolean finished() {
        return at == end && !lineEndToAdd;
    }

    /**
     * Fills the buffer as far as there are octets (but for one that half a CRLF would have needed).
     *
     * @param block to read into; not used after the call
     */
    void encode(byte[] block, ByteBuffer out) throws IOException {
        if (plain) {
            int limit = out.limit();
            out.limit((int) Math.min(limit, out.position() + end - at));
            int before = out.position();
            if (!file.readFully(out, at)) {
                throw shorter();
            }
            at += out.position() - before;
            out.limit(limit);
            return;
        }
        while (at < end && out.remaining() >= 2) {
            int length = (int) Math.min(Math.min(block.length, out.remaining()), end - at);
            // a mark needs six octets to be seen
            length = (int) Math.min(Math.max(length, Math.min(block.length, 16)), end - at);
            if (!file.readFully(ByteBuffer.wrap(block, 0, length), at)) {
                throw shorter();
            }
            int used = encode(block, length, at + length == end, out);
            if (used == 0) {
                return;
            }
            afterCr = block[used - 1] == '\r';
            at += used;
        }
        if (at == end && lineEndToAdd && out.remaining() >= 2) {
            out.put((byte) '\r').put((byte) '\n');
            lineEndToAdd = false;
        }
    }

    /** Returns how many octets of the block were used; {@code atLineStart} is what holds after them. */
    private int encode(byte[] block, int length, boolean complete, ByteBuffer out) {
        int copied = 0;
        int p = 0;
        while (p < length) {
            if (atLineStart) {
                if (block[p] == '>' && quoting != Quoting.NONE) {
                    Quoting.Match match = quoting.quoted(block, p, length);
                    if (match == Quoting.Match.UNDECIDED && !complete) {
                        int resume = quoting.resumeAt(block, p, length);
                        int used = copied + copy(block, copied, resume, out);
                        // any mark of the run will do as the first one
                        atLineStart = used >= p || isLineStart(block, used, p);
                        return used;
                    }
                    if (match == Quoting.Match.YES) {
                        int used = copied + copy(block, copied, p, out);
                        if (used < p) {
                            atLineStart = isLineStart(block, used, p);
                            return used;
                        }
                        copied = p + 1;
                    }
                }
                atLineStart = false;
            }
            int lineFeed = LineFeeds.indexOf(block, p, length);
            if (lineFeed < 0) {
                break;
            }
            boolean crlf = lineFeed > 0 ? block[lineFeed - 1] == '\r' : afterCr;
            if (!crlf) {
                int used = copied + copy(block, copied, lineFeed, out);
                if (used < lineFeed || out.remaining() < 2) {
                    atLineStart = isLineStart(block, used, lineFeed);
                    return used;
                }
                out.put((byte) '\r').put((byte) '\n');
                copied = lineFeed + 1;
            }
            p = lineFeed + 1;
            atLineStart = true;
        }
        int used = copied + copy(block, copied, length, out);
        if (used < length) {
            atLineStart = isLineStart(block, used, length);
        }
        return used;
    }

    /** Whether the octet at an index that was not reached begins a line. */
    private static boolean isLineStart(byte[] block, int at, int limit) {
        return at > 0 && at <= limit && block[at - 1] == '\n';
    }

    private static int copy(byte[] block, int from, int to, ByteBuffer out) {
        int length = Math.min(to - from, out.remaining());
        out.put(block, from, length);
        return length;
    }

    private static StoreException shorter() {
        return new StoreException(Reason.CORRUPT, "the mailbox became shorter while it was held");
    }
}
