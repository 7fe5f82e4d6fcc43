package org.pop2.storage.fs.format;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Finds line feeds, and copies lines, eight octets at a time. */
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
            long marked = marked((long) LONG.get(octets, at));
            if (marked != 0) {
                return at + first(marked);
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
     * Copies what stands before the first line feed of some octets, or all of them. Up to seven more octets behind the
     * copy may be written over.
     *
     * @param octets how many there are, and how many have room
     * @return how many were copied
     */
    static int copyLine(byte[] from, int at, byte[] to, int into, int octets) {
        int copied = 0;
        for (; copied <= octets - Long.BYTES; copied += Long.BYTES) {
            long word = (long) LONG.get(from, at + copied);
            LONG.set(to, into + copied, word);
            long marked = marked(word);
            if (marked != 0) {
                return copied + first(marked);
            }
        }
        for (; copied < octets && from[at + copied] != '\n'; copied++) {
            to[into + copied] = from[at + copied];
        }
        return copied;
    }

    /** Not zero if there is a line feed in a word: {@link #first} says where then. */
    private static long marked(long word) {
        long other = word ^ LINE_FEEDS;
        // the lowest bit set marks the first zero octet exactly; false marks can only lie above it
        return (other - ONES) & ~other & HIGH_BITS;
    }

    private static int first(long marked) {
        return Long.numberOfTrailingZeros(marked) >>> 3;
    }
}
