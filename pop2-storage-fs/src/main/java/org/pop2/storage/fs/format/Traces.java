package org.pop2.storage.fs.format;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * What the beginning of a mailbox shows of the programs that write it. For people, and for nobody to rely on.
 *
 * @param quoted whether a message that does not say how long it is has a line {@code >From }: Postfix, Exim, procmail
 *     and maildrop quote so
 * @param quotedTwice whether there is a line {@code >>From } among those: maildrop quotes what was quoted
 * @param plain whether a message that says how long it is has a line {@code From }: Dovecot, mutt and mail.local quote
 *     nothing, and rely on the length
 * @param numbered whether messages have numbers, as Dovecot and c-client give them
 */
public record Traces(boolean quoted, boolean quotedTwice, boolean plain, boolean numbered) {
    /** Octets that are looked at. */
    public static final int MOST_OCTETS = 1024 * 1024;

    private static final int MOST_MESSAGES = 1_000_000;

    /**
     * Looks at the first octets of a mailbox, which is not to change meanwhile.
     *
     * @param size of the file
     * @throws org.pop2.storage.StoreException if it is no mailbox, or becomes shorter
     */
    public static Traces of(OctetSource file, long size) throws IOException {
        byte[] octets = new byte[(int) Math.min(MOST_OCTETS, size)];
        if (!file.readFully(ByteBuffer.wrap(octets), 0)) {
            throw MboxScanner.noMailbox();
        }
        MboxFormat format = new MboxFormat(Quoting.NONE, false, MOST_MESSAGES, MboxFormat.BLOCK);
        OctetSource beginning = (into, at) -> {
            boolean there = into.remaining() <= octets.length - at;
            if (there) {
                into.put(octets, (int) at, into.remaining());
            }
            return there;
        };
        MboxIndex index = MboxScanner.scan(beginning, octets.length, format, () -> {});
        Traces found = new Traces(false, false, false, index.pseudo());
        for (int row = 0; row < index.rows(); row++) {
            found = found.and(of(octets, index, row));
        }
        return found;
    }

    private Traces and(Traces other) {
        return new Traces(
                quoted || other.quoted,
                quotedTwice || other.quotedTwice,
                plain || other.plain,
                numbered || other.numbered);
    }

    private static Traces of(byte[] octets, MboxIndex index, int row) {
        int end = (int) index.contentEnd(row);
        boolean inHeader = true;
        boolean length = false;
        boolean marked = false;
        boolean markedTwice = false;
        boolean plain = false;
        int line = (int) index.contentStart(row);
        while (line < end) {
            int lineFeed = LineFeeds.indexOf(octets, line, end);
            int bareEnd = LineFeeds.bareEnd(octets, line, lineFeed < 0 ? end : lineFeed);
            if (inHeader) {
                inHeader = bareEnd > line;
                length |= ContentLength.isField(octets, line, bareEnd);
            } else {
                int marks = line;
                while (marks < bareEnd && octets[marks] == '>') {
                    marks++;
                }
                if (Quoting.from(octets, marks, bareEnd) == Quoting.Match.YES) {
                    plain |= marks == line;
                    marked |= marks > line;
                    markedTwice |= marks > line + 1;
                }
            }
            line = lineFeed < 0 ? end : lineFeed + 1;
        }
        return new Traces(marked && !length, markedTwice && !length, plain && length, index.is(row, MboxIndex.NUMBERS));
    }
}
