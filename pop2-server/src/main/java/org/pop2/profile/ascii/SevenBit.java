package org.pop2.profile.ascii;

import java.nio.ByteBuffer;

/**
 * A message of which nothing is understood, made safe for a 7-bit screen: what is not ASCII becomes a question mark,
 * control characters go, lines end in CRLF and have at most {@value #LONGEST} octets. Any length, a piece at a time.
 */
public final class SevenBit {
    static final int LONGEST = 998;

    private boolean header = true;
    private boolean afterCr;
    private boolean afterHigh;
    private int column;

    /** What becomes of these octets; all of them are taken. */
    public ByteBuffer accept(ByteBuffer piece) {
        // an octet becomes at most four: the break of a line, the blank of its continuation, and itself
        ByteBuffer out =
                ByteBuffer.allocate(Math.max(4, 2 * piece.remaining() + 4 * (piece.remaining() / LONGEST + 2)));
        while (piece.hasRemaining()) {
            octet(piece.get() & 0xff, out);
        }
        return out.flip();
    }

    private void octet(int octet, ByteBuffer out) {
        boolean wasCr = afterCr;
        afterCr = octet == '\r';
        if (octet == '\r' || (octet == '\n' && !wasCr)) {
            endLine(out);
        } else if (octet >= 0x80) {
            // the octets of one character of UTF-8 are one question mark
            if (!afterHigh || octet >= 0xc0) {
                put('?', out);
            }
        } else if (octet == '\t' || (octet >= ' ' && octet < 0x7f)) {
            put(octet, out);
        }
        afterHigh = octet >= 0x80;
    }

    private void endLine(ByteBuffer out) {
        header &= column > 0;
        out.put((byte) '\r').put((byte) '\n');
        column = 0;
    }

    private void put(int octet, ByteBuffer out) {
        if (column == LONGEST) {
            out.put((byte) '\r').put((byte) '\n');
            column = 0;
            if (header) {
                out.put((byte) ' ');
                column = 1;
            }
        }
        out.put((byte) octet);
        column++;
    }
}
