package org.pop2.client;

import io.netty.buffer.ByteBuf;

/**
 * Line ends of a message that are a bare LF. JNOS counts two octets for each line end and sends one, so its messages
 * never seem to end. For one message at a time, on one thread.
 */
final class BareLineFeeds {
    private static final byte CR = '\r';
    private static final byte LF = '\n';

    private long seen;
    private boolean afterCr;

    void begin() {
        seen = 0;
        afterCr = false;
    }

    /** Bare line feeds since the message began. */
    long seen() {
        return seen;
    }

    /** Counts the bare line feeds in the readable octets, without reading them. */
    void count(ByteBuf octets) {
        octets.forEachByte(octet -> {
            if (octet == LF && !afterCr) {
                seen++;
            }
            afterCr = octet == CR;
            return true;
        });
    }

    /**
     * Reads octets and turns bare line feeds into CRLF.
     *
     * @param most octets to return at most: those still missing of the message
     * @return 1 to {@code most} octets, the caller's to release
     * @throws IllegalArgumentException if the message would end within a line end
     */
    ByteBuf mended(ByteBuf octets, long most) {
        ByteBuf mended = octets.alloc().buffer();
        boolean good = false;
        try {
            while (octets.isReadable() && mended.readableBytes() < most) {
                byte octet = octets.readByte();
                if (octet == LF && !afterCr) {
                    if (most - mended.readableBytes() < 2) {
                        throw new IllegalArgumentException("half a line end");
                    }
                    mended.writeByte(CR);
                    seen++;
                }
                mended.writeByte(octet);
                afterCr = octet == CR;
            }
            good = true;
            return mended;
        } finally {
            if (!good) {
                mended.release();
            }
        }
    }
}
