package org.pop2.storage;

import org.reactivestreams.Publisher;

/**
 * A mailbox in which it is a judgement where messages begin: {@link Mailbox#doubtful} gives it. Work starts at
 * subscription; errors are {@link StoreException}s.
 */
public interface Doubtful {
    /** So many doubts are told at most. */
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

    /** All that is doubtful, in its order; the first {@link #MOST}. Nothing is changed. */
    Publisher<Doubt> doubts();
}
