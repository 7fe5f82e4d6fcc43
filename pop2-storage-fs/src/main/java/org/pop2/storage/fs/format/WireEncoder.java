package org.pop2.storage.fs.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;

/**
 * One message as it goes over the wire, a buffer at a time: LF becomes CRLF, a quoted {@code >From } loses its mark,
 * fields that are the format's are left out, the last line gets an end. Holds no octets between two buffers: what did
 * not fit is read again.
 */
public final class WireEncoder {
    /** Room for some octets as they are stored, and as they are sent. */
    public static final class Blocks {
        private final byte[] stored;
        private final byte[] wire;

        /** @param size of each, in octets; at least 64, for a name to be known by */
        public Blocks(int size) {
            this.stored = new byte[size];
            this.wire = new byte[size];
        }
    }

    private final OctetSource file;
    private final long end;
    private final boolean plain;
    private final Quoting quoting;

    private long at;
    private boolean atLineStart = true;
    private boolean afterCr;
    private boolean lineEndToAdd;
    /** Of a message with lines that are not sent. */
    private final @Nullable FormatFields fields;

    private boolean hiding;

    public WireEncoder(OctetSource file, MboxIndex index, int row, Quoting quoting) {
        this.file = file;
        this.at = index.contentStart(row);
        this.end = index.contentEnd(row);
        this.plain = index.is(row, MboxIndex.PLAIN);
        this.quoting = index.is(row, MboxIndex.QUOTED) ? quoting : Quoting.NONE;
        this.lineEndToAdd = index.is(row, MboxIndex.UNTERMINATED);
        this.fields = index.is(row, MboxIndex.FIELDS) ? new FormatFields() : null;
    }

    public boolean finished() {
        return at == end && !lineEndToAdd;
    }

    /**
     * Fills the buffer as far as there are octets (but for one that half a CRLF would have needed).
     *
     * @param blocks to work in; not used after the call
     */
    public void encode(Blocks blocks, ByteBuffer out) throws IOException {
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
        byte[] block = blocks.stored;
        // lines that are not sent need no room
        while (at < end && (out.remaining() >= 2 || (fields != null && fields.inHeader()))) {
            int length = (int) Math.min(Math.min(block.length, out.remaining()), end - at);
            // a mark needs six octets to be seen, a field's name some more
            length = (int) Math.min(Math.max(length, Math.min(block.length, 2 * FormatFields.TELLING)), end - at);
            if (!file.readFully(ByteBuffer.wrap(block, 0, length), at)) {
                throw shorter();
            }
            int used = encode(blocks, length, at + length == end, out);
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

    /** Returns how many of the stored octets were used; {@code atLineStart} is what holds after them. */
    private int encode(Blocks blocks, int length, boolean complete, ByteBuffer out) {
        byte[] stored = blocks.stored;
        byte[] wire = blocks.wire;
        int room = Math.min(wire.length, out.remaining());
        int from = 0;
        int to = 0;
        while (from < length) {
            if (fields != null && fields.inHeader()) {
                int shown = hide(fields, stored, from, length, complete);
                if (shown < 0) {
                    break;
                }
                if (shown > from) {
                    from = shown;
                    continue;
                }
            }
            if (to >= room) {
                break;
            }
            if (atLineStart && stored[from] == '>' && quoting != Quoting.NONE) {
                Quoting.Match match = quoting.quoted(stored, from, length);
                if (match == Quoting.Match.UNDECIDED && !complete) {
                    // any mark of the run will do as the first one
                    int marks = Math.min(quoting.resumeAt(stored, from, length) - from, room - to);
                    System.arraycopy(stored, from, wire, to, marks);
                    out.put(wire, 0, to + marks);
                    return from + marks;
                }
                if (match == Quoting.Match.YES) {
                    from++;
                }
            }
            atLineStart = false;
            int most = from + Math.min(length - from, room - to);
            int lineFeed = LineFeeds.indexOf(stored, from, most);
            int moved = (lineFeed < 0 ? most : lineFeed) - from;
            System.arraycopy(stored, from, wire, to, moved);
            from += moved;
            to += moved;
            if (lineFeed < 0) {
                break;
            }
            boolean crlf = from > 0 ? stored[from - 1] == '\r' : afterCr;
            if (to + (crlf ? 1 : 2) > room) {
                break;
            }
            if (!crlf) {
                wire[to++] = '\r';
            }
            wire[to++] = '\n';
            from++;
            atLineStart = true;
        }
        out.put(wire, 0, to);
        return from;
    }

    /**
     * Skips a line of the header that is not sent, as far as it is there.
     *
     * @return where to go on; where it was, if the line is sent; -1 if that is not known yet
     */
    private int hide(FormatFields header, byte[] stored, int from, int length, boolean complete) {
        if (atLineStart && !hiding) {
            Quoting.Match match = header.hides(stored, from, length);
            if (match == Quoting.Match.UNDECIDED && complete) {
                match = header.hidesCut(stored, from, length);
            }
            if (match == Quoting.Match.UNDECIDED) {
                return -1;
            }
            hiding = match == Quoting.Match.YES;
        }
        if (!hiding) {
            return from;
        }
        int lineFeed = LineFeeds.indexOf(stored, from, length);
        hiding = lineFeed < 0;
        return lineFeed < 0 ? length : lineFeed + 1;
    }

    private static StoreException shorter() {
        return new StoreException(Reason.CORRUPT, "the mailbox became shorter while it was held");
    }
}
