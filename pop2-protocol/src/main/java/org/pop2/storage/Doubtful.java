package org.pop2.storage;

import org.reactivestreams.Publisher;

/**
 * A mailbox whose format leaves room for doubt about where messages begin; see {@link Mailbox#doubtful}. Work starts at
 * subscription; errors are {@link StoreException}s.
 */
public interface Doubtful {
    /** Most doubts that are reported. */
    int MOST = 1000;

    /**
     * A line that may have been judged wrongly.
     *
     * @param offset where it begins in the mailbox, in octets
     * @param separates whether it was taken for the beginning of a message
     * @param why what speaks against that, in words
     * @param line the line, printable and cut
     */
    record Doubt(long offset, boolean separates, String why, String line) {}

    /** The first {@link #MOST} doubts, in the order of the mailbox. Changes nothing. */
    Publisher<Doubt> doubts();
}
