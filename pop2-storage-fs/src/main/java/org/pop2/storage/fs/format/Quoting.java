package org.pop2.storage.fs.format;

import java.util.Locale;

/** How lines of a message that begin with {@code From } are quoted, to distinguish them from separators. */
public enum Quoting {
    /** {@code ^>*From } gets one more {@code >}: reversible. */
    MBOXRD,
    /** Only {@code ^From } gets a {@code >}: what was {@code >From } before comes back as {@code From }. */
    MBOXO,
    /** No quoting. */
    NONE;

    /** Answer about a line of which perhaps only the beginning is known. */
    public enum Match {
        YES,
        NO,
        /** More octets are needed. */
        UNDECIDED
    }

    public static final int FROM_LENGTH = 5;

    public static Quoting of(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "mboxrd" -> MBOXRD;
            case "mboxo" -> MBOXO;
            case "none" -> NONE;
            default -> throw new IllegalArgumentException("quoting: expected mboxrd, mboxo or none");
        };
    }

    /** Whether {@code From } stands at an index. */
    public static Match from(byte[] octets, int at, int end) {
        int known = Math.min(FROM_LENGTH, end - at);
        for (int i = 0; i < known; i++) {
            if (octets[at + i] != "From ".charAt(i)) {
                return Match.NO;
            }
        }
        return known == FROM_LENGTH ? Match.YES : Match.UNDECIDED;
    }

    /** Whether to remove one {@code >} from a stored line. */
    Match quoted(byte[] octets, int line, int end) {
        if (this == NONE || line >= end || octets[line] != '>') {
            return this != NONE && line >= end ? Match.UNDECIDED : Match.NO;
        }
        int at = this == MBOXO ? line + 1 : lastMark(octets, line, end) + 1;
        return from(octets, at, end);
    }

    /**
     * From where to look again at a line about which {@link #quoted} was undecided: {@code >>>From } less its first
     * octet is the same as less its last {@code >}, so a run of any length needs no memory.
     */
    int resumeAt(byte[] octets, int line, int end) {
        return this == MBOXRD ? lastMark(octets, line, end) : line;
    }

    /** Whether a line to be stored gets a {@code >}. */
    Match needsMark(byte[] octets, int line, int end) {
        if (this == NONE) {
            return Match.NO;
        }
        int at = line;
        while (this == MBOXRD && at < end && octets[at] == '>') {
            at++;
        }
        return from(octets, at, end);
    }

    private static int lastMark(byte[] octets, int line, int end) {
        int at = line;
        while (at + 1 < end && octets[at + 1] == '>') {
            at++;
        }
        return at;
    }
}
