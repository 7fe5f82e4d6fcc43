package org.pop2.storage.fs.format;

/**
 * What a message says of its own length. Programs that rely on it (Dovecot, mail.local) quote no {@code From }, so that
 * a letter with such a line would fall into two. It is believed if it is honest: if the body that it claims ends where
 * another message begins, or at the end of the file, but for the line ends that separate messages.
 */
final class ContentLength {
    static final long NONE = -1;
    /** A header that is longer has none; MTAs let no longer one through. */
    static final int LONGEST_HEADER = 256 * 1024;
    /** Octets to look at behind the end that is claimed: two line ends and a From_ line, and the octet before. */
    static final int WINDOW = 1 + 4 + FromLine.MAX_OCTETS + 2;

    private static final String FIELD = "content-length:";
    private static final int MOST_DIGITS = 15;

    private ContentLength() {}

    /**
     * Where a message says that its body ends.
     *
     * @param from where its header begins
     * @param to where to stop looking
     * @param base offset of the array's first octet in the file
     * @return {@link #NONE} if it says nothing, or several things, or its header is not over
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
     * Whether a body that ends there is followed by another message, or by nothing.
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
