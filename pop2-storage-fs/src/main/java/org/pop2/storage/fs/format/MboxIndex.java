package org.pop2.storage.fs.format;

import java.util.Arrays;
import java.util.BitSet;

/**
 * For each message of a mailbox, in three longs: where it is, how many octets it has on the wire, and a mark by which
 * it is recognised.
 *
 * <p>Row 0 may be c-client's pseudo message, which no client sees. Rows count from 0, message numbers from 1.
 */
public final class MboxIndex {
    public static final int WORDS = 3;

    private static final int NO_ROW = Integer.MAX_VALUE;

    /** Octets can be sent as they are: every line ends with CRLF, nothing is quoted. */
    static final int PLAIN = 1;
    /** Some line has a quoting mark to remove. */
    static final int QUOTED = 2;
    /** The last line has no line end, one is added. */
    static final int UNTERMINATED = 4;
    /** Some lines of the header are the format's ({@link FormatFields}), and not sent. */
    static final int FIELDS = 8;
    /** Some of them are notes of mail programs. */
    static final int NOTES = 16;
    /** Some of these are numbers that Dovecot or c-client gave. */
    static final int NUMBERS = 32;

    /** Longest mailbox, in octets: 64 TiB. */
    static final long MAX_END = 1L << 46;

    // the first word, from its lowest bit on
    private static final int FROM_LENGTH_MASK = (1 << 13) - 1;
    private static final int SEPARATOR_SHIFT = 13;
    private static final int FLAG_SHIFT = 15;
    private static final int START_SHIFT = 18;
    private static final long REST_MASK = (1L << START_SHIFT) - 1;
    private static final int LOW_FLAGS = 7;

    /**
     * Length of the From_ line and of the separating line, flags, and where the From_ line begins; octets on the wire;
     * the rest of the flags, and above them the mark.
     */
    private final long[] words;

    private final int rows;
    private final long end;
    private final boolean pseudo;
    /** The first row that may turn out to be longer when the file grows; larger than any row if there is none. */
    private final int claimant;

    public MboxIndex(long[] words, int rows, long end, boolean pseudo, int claimant) {
        this.claimant = claimant;
        this.words = words;
        this.rows = rows;
        this.end = end;
        this.pseudo = pseudo;
    }

    public int rows() {
        return rows;
    }

    /** Octets of the file that were scanned. */
    public long end() {
        return end;
    }

    public boolean pseudo() {
        return pseudo;
    }

    public int claimant() {
        return claimant;
    }

    /** Messages that clients see. */
    public int count() {
        return pseudo ? rows - 1 : rows;
    }

    public int rowOf(int number) {
        return pseudo ? number : number - 1;
    }

    public long start(int row) {
        return words[row * WORDS] >>> START_SHIFT;
    }

    /** Where the next message begins or the file ends. */
    public long next(int row) {
        return row + 1 < rows ? start(row + 1) : end;
    }

    public long octets(int row) {
        return words[row * WORDS + 1];
    }

    /** Octets of all messages that clients see. */
    public long octetsInAll() {
        long octets = 0;
        for (int row = pseudo ? 1 : 0; row < rows; row++) {
            octets += octets(row);
        }
        return octets;
    }

    long contentStart(int row) {
        return start(row) + (words[row * WORDS] & FROM_LENGTH_MASK);
    }

    /** Without the separating empty line. */
    long contentEnd(int row) {
        return next(row) - ((words[row * WORDS] >>> SEPARATOR_SHIFT) & 3);
    }

    boolean is(int row, int flag) {
        long flags = ((words[row * WORDS] >>> FLAG_SHIFT) & LOW_FLAGS) | (words[row * WORDS + 2] & ~LOW_FLAGS);
        return (flags & flag) != 0;
    }

    /**
     * A checksum of the message's From_ line and header, without fields of the format. Together with the length it
     * distinguishes neighbours, but proves nothing.
     */
    public int mark(int row) {
        return (int) (words[row * WORDS + 2] >>> Integer.SIZE);
    }

    /**
     * Whether mail programs have left their notes in some message. Then the ends of the file do not tell that all
     * between them is where it was: such programs move messages by a few octets and fill up what is left.
     */
    public boolean hasNotes() {
        return has(NOTES);
    }

    /** Whether Dovecot or c-client have numbered some message, so that it is also read by IMAP. */
    public boolean hasNumbers() {
        return has(NUMBERS);
    }

    private boolean has(int flag) {
        for (int row = 0; row < rows; row++) {
            if (is(row, flag)) {
                return true;
            }
        }
        return false;
    }

    public long[] words() {
        return words;
    }

    MboxIndex withPseudo(boolean first) {
        return new MboxIndex(words, rows, end, first, claimant);
    }

    /**
     * The index after a release, without looking at the file: {@code deleted} rows are gone, what followed moved down.
     */
    public MboxIndex without(BitSet deleted) {
        Builder kept = new Builder(rows - deleted.cardinality());
        long shift = 0;
        for (int row = 0; row < rows; row++) {
            if (deleted.get(row)) {
                shift += next(row) - start(row);
            } else {
                kept.add(
                        start(row) - shift,
                        words[row * WORDS] & REST_MASK,
                        words[row * WORDS + 1],
                        words[row * WORDS + 2]);
            }
        }
        // rows have other numbers now: whoever extends this begins with the first
        return kept.build(end - shift, pseudo, claimant == NO_ROW ? NO_ROW : 0);
    }

    /** The first rows of this index, as if the file ended where the next begins. */
    Builder toBuilder(int keep) {
        Builder builder = new Builder(rows);
        builder.words = Arrays.copyOf(words, Math.max(rows, 1) * WORDS);
        builder.rows = keep;
        return builder;
    }

    static final class Builder {
        private long[] words;
        private int rows;

        Builder(int expected) {
            words = new long[Math.max(expected, 4) * WORDS];
        }

        int rows() {
            return rows;
        }

        void add(long start, long octets, int fromLength, int separator, int flags, int mark) {
            int rest = fromLength | (separator << SEPARATOR_SHIFT) | ((flags & LOW_FLAGS) << FLAG_SHIFT);
            add(start, rest, octets, ((long) mark << Integer.SIZE) | (flags & ~LOW_FLAGS));
        }

        private void add(long start, long rest, long octets, long more) {
            int at = rows * WORDS;
            if (at + WORDS > words.length) {
                words = Arrays.copyOf(words, Math.addExact(words.length, (rows / 2 + 4) * WORDS));
            }
            words[at] = (start << START_SHIFT) | rest;
            words[at + 1] = octets;
            words[at + 2] = more;
            rows++;
        }

        MboxIndex build(long end, boolean pseudo, int claimant) {
            return new MboxIndex(Arrays.copyOf(words, rows * WORDS), rows, end, pseudo, claimant);
        }
    }
}
