package org.pop2.storage.fs.format;

/**
 * The {@code Content-Length} of a message. Programs that rely on it (Dovecot, mail.local) do not quote {@code From },
 * so that a letter with such a line would be split. It is accepted if the body that it claims ends where another
 * message begins or the file ends, apart from the line ends between messages.
 */
final class ContentLength {
    static final long NONE = -1;
    /** In longer headers it is not looked for; MTAs refuse such. */
    static final int LONGEST_HEADER = 256 * 1024;
    /** Octets to examine around the claimed end: the octet before, two line ends and a From_ line. */
    static final int WINDOW = 1 + 4 + FromLine.MAX_OCTETS + 2;

    private static final String FIELD = "content-length:";
    private static final int MOST_DIGITS = 15;

    private ContentLength() {}

    /**
     * The end of the body that a message claims.
     *
     * @param from where its header begins
     * @param to where to stop looking
     * @param base offset of the array's first octet in the file
     * @return {@link #NONE} if the field is missing or ambiguous, or the header is incomplete
     */
    static long claimedEnd(byte[] octets, int from, int to, long base) {
        long claimed = NONE;
        int fields = 0;
        int line = from;
        while (line < to) {
            int lineFeed = LineFeeds.indexOf(octets, line, to);
            if (lineFeed < 0) {
                return NONE;
            }
            int end = LineFeeds.bareEnd(octets, line, lineFeed);
            if (end == line) {
                return fields == 1 && claimed >= 0 ? base + lineFeed + 1 + claimed : NONE;
            }
            if (isField(octets, line, end)) {
                fields++;
                claimed = number(octets, line + FIELD.length(), end);
            }
            line = lineFeed + 1;
        }
        return NONE;
    }

    /** Whether a line of a header is the field. */
    static boolean isField(byte[] octets, int from, int to) {
        if (to - from < FIELD.length()) {
            return false;
        }
        for (int i = 0; i < FIELD.length(); i++) {
            int octet = octets[from + i];
            if ((octet >= 'A' && octet <= 'Z' ? octet + 'a' - 'A' : octet) != FIELD.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private static long number(byte[] octets, int from, int to) {
        int at = from;
        int end = to;
        while (at < end && isBlank(octets[at])) {
            at++;
        }
        while (end > at && isBlank(octets[end - 1])) {
            end--;
        }
        if (at == end || end - at > MOST_DIGITS) {
            return NONE;
        }
        long number = 0;
        for (; at < end; at++) {
            if (octets[at] < '0' || octets[at] > '9') {
                return NONE;
            }
            number = 10 * number + octets[at] - '0';
        }
        return number;
    }

    private static boolean isBlank(byte octet) {
        return octet == ' ' || octet == '\t';
    }

    /**
     * Whether at the claimed end another message begins, or the file ends.
     *
     * @param at the end; the octet before is in the array
     * @param to where the array ends: so far, or for good
     * @param last whether the file ends there too
     * @param ofGit whether the message is one that git wrote
     */
    static boolean isEnd(byte[] octets, int at, int to, boolean last, boolean ofGit) {
        int line = at;
        for (int lineEnds = 0; ; lineEnds++) {
            if (line == to) {
                return last;
            }
            if (octets[line - 1] == '\n' && isSeparator(octets, line, to, ofGit)) {
                return true;
            }
            if (lineEnds == 2) {
                return false;
            }
            if (octets[line] == '\n') {
                line++;
            } else if (octets[line] == '\r' && line + 1 < to && octets[line + 1] == '\n') {
                line += 2;
            } else {
                return false;
            }
        }
    }

    private static boolean isSeparator(byte[] octets, int line, int to, boolean ofGit) {
        int lineFeed = LineFeeds.indexOf(octets, line, to);
        int bare = LineFeeds.bareEnd(octets, line, lineFeed < 0 ? to : lineFeed);
        return FromLine.begins(octets, line, bare) && (ofGit || !FromLine.isOfGit(octets, line, bare));
    }
}
