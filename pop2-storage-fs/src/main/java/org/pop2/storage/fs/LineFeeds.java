package org.pop2.storage.fs;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Finds line feeds eight octets at a time. */
final class LineFeeds {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long LINE_FEEDS = 0x0a0a0a0a0a0a0a0aL;
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGH_BITS = 0x8080808080808080L;
    private static final long LOW_BITS = ~HIGH_BITS;

    /** Octets that {@link #in} looks at. */
    static final int STEP = 8 * Long.BYTES;

    private LineFeeds() {}

    /** The index of the first line feed in {@code [from, to)}, or -1. */
    static int indexOf(byte[] octets, int from, int to) {
        int at = from;
        for (; at <= to - Long.BYTES; at += Long.BYTES) {
            long marked = marked(word(octets, at));
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

    /** Eight octets, of which the first is the lowest. */
    static long word(byte[] octets, int at) {
        return (long) LONG.get(octets, at);
    }

    static void put(byte[] octets, int at, long word) {
        LONG.set(octets, at, word);
    }

    /** Not zero if there is a line feed in a word: {@link #first} says where then. */
    static long marked(long word) {
        long other = word ^ LINE_FEEDS;
        // the lowest bit set marks the first zero octet exactly; false marks can only lie above it
        return (other - ONES) & ~other & HIGH_BITS;
    }

    static int first(long marked) {
        return Long.numberOfTrailingZeros(marked) >>> 3;
    }

    /**
     * The line feeds among the {@link #STEP} octets from {@code at}: a bit for each, not in their order;
     * {@link #offset} says where the lowest one is.
     */
    static long in(byte[] octets, int at) {
        return marks(octets, at) >>> 7
                | marks(octets, at + 8) >>> 6
                | marks(octets, at + 16) >>> 5
                | marks(octets, at + 24) >>> 4
                | marks(octets, at + 32) >>> 3
                | marks(octets, at + 40) >>> 2
                | marks(octets, at + 48) >>> 1
                | marks(octets, at + 56);
    }

    static int offset(long bits) {
        int bit = Long.numberOfTrailingZeros(bits);
        // bit w of octet i of the word is for octet i of word w
        return ((bit & 7) << 3) + (bit >>> 3);
    }

    /** The highest bit of each octet of a word that is a line feed; exact, unlike the shorter test above. */
    private static long marks(byte[] octets, int at) {
        long word = word(octets, at) ^ LINE_FEEDS;
        return ~(((word & LOW_BITS) + LOW_BITS) | word) & HIGH_BITS;
    }
}
