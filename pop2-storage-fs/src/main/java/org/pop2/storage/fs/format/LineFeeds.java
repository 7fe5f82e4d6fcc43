package org.pop2.storage.fs.format;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Where lines end. Finds line feeds eight octets at a time. */
final class LineFeeds {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long LINE_FEEDS = 0x0a0a0a0a0a0a0a0aL;
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGH_BITS = 0x8080808080808080L;

    private LineFeeds() {}

    /** The index of the first line feed in {@code [from, to)}, or -1. */
    static int indexOf(byte[] octets, int from, int to) {
        int at = from;
        for (; at <= to - Long.BYTES; at += Long.BYTES) {
            long other = (long) LONG.get(octets, at) ^ LINE_FEEDS;
            // the lowest bit set marks the first zero octet exactly; false marks can only lie above it
            long marked = (other - ONES) & ~other & HIGH_BITS;
            if (marked != 0) {
                return at + (Long.numberOfTrailingZeros(marked) >>> 3);
            }
        }
        for (; at < to; at++) {
            if (octets[at] == '\n') {
                return at;
            }
        }
        return -1;
    }

    /**
     * Where the text of a line ends: at its line feed or the end of what is there, or before the CR that stands there.
     */
    static int bareEnd(byte[] octets, int line, int end) {
        return end > line && octets[end - 1] == '\r' ? end - 1 : end;
    }
}
