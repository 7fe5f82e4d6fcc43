package org.pop2.profile.ascii;

import java.util.BitSet;
import java.util.List;

/**
 * Which words a text has, by their hashes: enough to see whether another text says the same. Addresses of the web do
 * not count, for they differ where texts do not; nor do single letters.
 */
final class Vocabulary {
    /** A long letter has two thousand words; that a few share a place does not matter. */
    private static final int PLACES = 1 << 16;

    private final BitSet words = new BitSet();

    /** Adds the words of some lines of ASCII. */
    void add(List<String> lines) {
        lines.forEach(this::add);
    }

    void add(Vocabulary other) {
        words.or(other.words);
    }

    int size() {
        return words.cardinality();
    }

    /** Whether another has so many in a hundred of these words. */
    boolean isCoveredBy(Vocabulary other, int percent) {
        BitSet there = (BitSet) words.clone();
        there.and(other.words);
        return there.cardinality() * 100L >= (long) size() * percent;
    }

    private void add(String line) {
        int hash = 0;
        int length = 0;
        for (int i = 0; i <= line.length(); i++) {
            char c = i < line.length() ? line.charAt(i) : ' ';
            int lower = c >= 'A' && c <= 'Z' ? c + 32 : c;
            if ((lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9')) {
                hash = 31 * hash + lower;
                length++;
                continue;
            }
            if (c == ':' && (line.startsWith("//", i + 1) || line.startsWith("mailto", i - 6))) {
                while (i < line.length() && line.charAt(i) > ' ') {
                    i++;
                }
            } else if (length > 1) {
                words.set((hash ^ (hash >>> 12)) & (PLACES - 1));
            }
            hash = 0;
            length = 0;
        }
    }
}
