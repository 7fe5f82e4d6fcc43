package org.pop2.profile.ascii;

import java.io.InputStream;

/**
 * Detects text among base64. The decoder stops at the padding, behind which mailing lists put text of their own, and
 * skips octets that are not in its alphabet. A plain word is in the alphabet; so all lines but the last must have the
 * same length and no blanks, and the total must match.
 */
final class Base64Watch extends WatchedStream {
    private boolean padded;
    private boolean blank;
    private long octets;
    private int column;
    private int width;
    private boolean shortLine;
    private boolean seen;

    Base64Watch(InputStream in) {
        super(in);
    }

    /** Valid at the end. */
    boolean hasSeenOther() {
        return seen || octets % 4 != 0;
    }

    @Override
    boolean look(byte octet) {
        if (octet == '\n') {
            endOfLine();
        } else if (isDigit(octet)) {
            seen |= padded || blank || shortLine;
            column++;
            octets++;
        } else if (octet == '=') {
            padded = true;
            octets++;
        } else {
            seen |= octet < 0 || octet > ' ';
            blank |= octet == ' ' || octet == '\t';
        }
        return !seen;
    }

    private void endOfLine() {
        if (column > 0) {
            width = width == 0 ? column : width;
            shortLine = column != width;
        }
        column = 0;
        blank = false;
    }

    private static boolean isDigit(byte octet) {
        return (octet >= 'A' && octet <= 'Z')
                || (octet >= 'a' && octet <= 'z')
                || (octet >= '0' && octet <= '9')
                || octet == '+'
                || octet == '/';
    }
}
