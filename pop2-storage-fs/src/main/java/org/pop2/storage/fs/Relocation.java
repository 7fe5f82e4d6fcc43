package org.pop2.storage.fs;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import org.pop2.storage.fs.format.MboxIndex;

/**
 * Maps the messages of a mailbox to their places after another program has rewritten it. Messages are found by mark and
 * size; equal ones are distinguished by their order and their neighbours.
 *
 * <p>Sufficient for reading, as whatever is found has the announced length. Not sufficient for deleting, which also
 * compares what the client was shown.
 */
final class Relocation {
    static final int GONE = -1;

    /** Bits for the rows of the largest mailbox. */
    private static final int ROW_BITS = 26;

    private static final long ROW_MASK = (1L << ROW_BITS) - 1;

    private final int[] rows;
    /** Rows that have equals of which some were deleted or added. */
    private final BitSet doubtful = new BitSet();

    private Relocation(int rows) {
        this.rows = new int[rows];
        Arrays.fill(this.rows, GONE);
    }

    /** Maps rows of an index to rows of a later one of the same mailbox. */
    static Relocation of(MboxIndex before, MboxIndex after) {
        Relocation found = new Relocation(before.rows());
        long[] old = sorted(before);
        long[] now = sorted(after);
        BitSet openOld = new BitSet();
        BitSet openNow = new BitSet();
        int atNow = 0;
        for (int at = 0; at < old.length; ) {
            int end = endOfRun(old, at);
            long key = old[at] >>> ROW_BITS;
            while (atNow < now.length && now[atNow] >>> ROW_BITS < key) {
                atNow++;
            }
            int endNow = atNow < now.length && now[atNow] >>> ROW_BITS == key ? endOfRun(now, atNow) : atNow;
            if (end - at == endNow - atNow) {
                for (int i = 0; i < end - at; i++) {
                    found.put(before, row(old[at + i]), after, row(now[atNow + i]));
                }
            } else {
                Arrays.stream(old, at, end).forEach(each -> openOld.set(row(each)));
                Arrays.stream(now, atNow, endNow).forEach(each -> openNow.set(row(each)));
            }
            at = end;
            atNow = endNow;
        }
        if (!openNow.isEmpty()) {
            found.tellApart(before, openOld, after, openNow);
        }
        return found;
    }

    /** Keys and rows, sorted. */
    private static long[] sorted(MboxIndex index) {
        int first = index.pseudo() ? 1 : 0;
        long[] keys = new long[index.rows() - first];
        for (int row = first; row < index.rows(); row++) {
            keys[row - first] = (key(index, row) << ROW_BITS) | row;
        }
        Arrays.sort(keys);
        return keys;
    }

    /** A key in the remaining bits. Different messages with the same key are treated as equal. */
    private static long key(MboxIndex index, int row) {
        long mixed = ((long) index.mark(row) << Integer.SIZE) ^ (index.octets(row) * 0x9E3779B97F4A7C15L);
        mixed = (mixed ^ (mixed >>> 32)) * 0xD6E8FEB86659FD93L;
        return mixed >>> (ROW_BITS + 1);
    }

    private static int row(long keyAndRow) {
        return (int) (keyAndRow & ROW_MASK);
    }

    private static int endOfRun(long[] keys, int from) {
        int end = from + 1;
        while (end < keys.length && keys[end] >>> ROW_BITS == keys[from] >>> ROW_BITS) {
            end++;
        }
        return end;
    }

    private void put(MboxIndex before, int row, MboxIndex after, int now) {
        if (before.octets(row) == after.octets(now) && before.mark(row) == after.mark(now)) {
            rows[row] = now;
        } else {
            doubtful.set(row);
        }
    }

    /** Distinguishes equal messages of which some were deleted or added by their neighbours. */
    private void tellApart(MboxIndex before, BitSet openOld, MboxIndex after, BitSet openNow) {
        int[] gapsNow = new int[after.rows()];
        BitSet anchors = new BitSet();
        int last = GONE;
        boolean inOrder = true;
        for (int now : rows) {
            if (now != GONE) {
                inOrder &= now > last;
                last = now;
                anchors.set(now);
            }
        }
        int gap = 0;
        for (int now = 0; now < gapsNow.length; now++) {
            gapsNow[now] = inOrder ? gap : 0;
            gap += anchors.get(now) ? 1 : 0;
        }
        Map<Alike, BitSet> old = new HashMap<>();
        Map<Alike, BitSet> there = new HashMap<>();
        gap = 0;
        for (int row = 0; row < rows.length; row++) {
            if (openOld.get(row)) {
                old.computeIfAbsent(new Alike(key(before, row), inOrder ? gap : 0), key -> new BitSet())
                        .set(row);
            }
            gap += rows[row] == GONE ? 0 : 1;
        }
        for (int now = openNow.nextSetBit(0); now >= 0; now = openNow.nextSetBit(now + 1)) {
            there.computeIfAbsent(new Alike(key(after, now), gapsNow[now]), key -> new BitSet())
                    .set(now);
        }
        old.forEach((alike, group) -> pair(before, group, after, there.getOrDefault(alike, new BitSet())));
    }

    /** Equal messages after a given number of located ones. */
    private record Alike(long key, int gap) {}

    private void pair(MboxIndex before, BitSet group, MboxIndex after, BitSet there) {
        int now = there.nextSetBit(0);
        for (int row = group.nextSetBit(0); row >= 0 && now >= 0; row = group.nextSetBit(row + 1)) {
            put(before, row, after, now);
            now = there.nextSetBit(now + 1);
        }
        if (!there.isEmpty() && there.cardinality() != group.cardinality()) {
            doubtful.or(group);
        }
    }

    /** The current row, or {@link #GONE}. */
    int row(int before) {
        return rows[before];
    }

    /** Whether the row may be that of an equal message. */
    boolean isDoubtful(int before) {
        return doubtful.get(before);
    }
}
