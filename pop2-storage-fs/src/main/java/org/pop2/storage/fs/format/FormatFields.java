package org.pop2.storage.fs.format;

import java.nio.charset.StandardCharsets;

/**
 * Header fields that belong to the mailbox format, not to the message: flags and numbers of mail programs, and the
 * length of the body. Programs add, change and drop them whenever somebody reads the mailbox, so they are not sent to
 * clients and not part of a message's identity.
 *
 * <p>{@code Lines}, which senders write too, is one of them behind a {@code Content-Length}: mutt writes the two so.
 *
 * <p>Examines one header, line by line.
 */
final class FormatFields {
    /** Octets of a line that suffice to recognise it. */
    static final int TELLING = 32;

    /** The kind of a line, by its name. */
    enum Kind {
        OTHER,
        NOTE,
        /** A note by which Dovecot and c-client number messages. */
        NUMBER,
        LENGTH,
        LINES
    }

    private static final byte[][] NOTES = {name("status"), name("x-status"), name("x-keywords")};
    private static final byte[][] NUMBERS = {name("x-uid"), name("x-imap"), name("x-imapbase")};
    private static final byte[] LENGTH = name("content-length");
    private static final byte[] LINES = name("lines");

    private boolean inHeader = true;
    /** Whether the current field is one of them. */
    private boolean hidden;

    private boolean afterLength;
    private boolean notes;
    private boolean numbers;

    /** Another header begins. */
    void begin() {
        inHeader = true;
        hidden = false;
        afterLength = false;
        notes = false;
        numbers = false;
    }

    /** Whether the empty line that ends the header is still to come. */
    boolean inHeader() {
        return inHeader;
    }

    /** Whether the last line is part of one of them. */
    boolean hidden() {
        return hidden;
    }

    /**
     * Whether any were found. Programs that write them move later messages by a few octets when they change, and absorb
     * the difference elsewhere, so that the length of the file stays.
     */
    boolean notes() {
        return notes;
    }

    /** Whether a program that numbers messages wrote some of them. */
    boolean numbers() {
        return numbers;
    }

    /**
     * Looks at a line of the header. If that is undecided nothing has changed, and it is to be asked again with
     * {@value #TELLING} octets; or with fewer, where the message ends, and then the answer stands.
     */
    Quoting.Match hides(byte[] octets, int line, int end) {
        int first = octets[line];
        if (first == ' ' || first == '\t') {
            return hidden ? Quoting.Match.YES : Quoting.Match.NO;
        }
        if (first == '\n' || first == '\r') {
            return hidesEmpty(octets, line, end);
        }
        if (first != 's'
                && first != 'S'
                && first != 'x'
                && first != 'X'
                && first != 'c'
                && first != 'C'
                && first != 'l'
                && first != 'L') {
            return answer(Kind.OTHER);
        }
        int known = Math.min(end, line + TELLING);
        int lineFeed = LineFeeds.indexOf(octets, line, known);
        if (lineFeed < 0 && known < line + TELLING) {
            return Quoting.Match.UNDECIDED;
        }
        return answer(kind(octets, line, lineFeed < 0 ? known : lineFeed));
    }

    /** The decision where the message ends. */
    Quoting.Match hidesCut(byte[] octets, int line, int end) {
        return octets[line] == '\r' ? answer(Kind.OTHER) : answer(kind(octets, line, end));
    }

    private Quoting.Match hidesEmpty(byte[] octets, int line, int end) {
        if (octets[line] == '\r' && line + 1 >= end) {
            return Quoting.Match.UNDECIDED;
        }
        if (octets[line] == '\n' || octets[line + 1] == '\n') {
            inHeader = false;
        }
        return answer(Kind.OTHER);
    }

    private Quoting.Match answer(Kind kind) {
        hidden = isHidden(kind, afterLength);
        afterLength = kind == Kind.LENGTH;
        notes |= kind == Kind.NOTE || kind == Kind.NUMBER;
        numbers |= kind == Kind.NUMBER;
        return hidden ? Quoting.Match.YES : Quoting.Match.NO;
    }

    /** What a line is by its name, of which at most {@value #TELLING} octets are looked at. */
    static Kind kind(byte[] octets, int line, int end) {
        if (isNamed(octets, line, end, NOTES)) {
            return Kind.NOTE;
        }
        if (isNamed(octets, line, end, NUMBERS)) {
            return Kind.NUMBER;
        }
        if (isNamed(octets, line, end, LENGTH)) {
            return Kind.LENGTH;
        }
        return isNamed(octets, line, end, LINES) ? Kind.LINES : Kind.OTHER;
    }

    /** Whether such a line is the format's. */
    static boolean isHidden(Kind kind, boolean afterLength) {
        return switch (kind) {
            case NOTE, NUMBER, LENGTH -> true;
            case LINES -> afterLength;
            case OTHER -> false;
        };
    }

    private static boolean isNamed(byte[] octets, int line, int end, byte[][] names) {
        for (byte[] name : names) {
            if (isNamed(octets, line, end, name)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isNamed(byte[] octets, int line, int end, byte[] name) {
        int limit = Math.min(end, line + TELLING);
        int at = line;
        for (byte wanted : name) {
            if (at == limit) {
                return false;
            }
            int octet = octets[at++];
            if ((octet >= 'A' && octet <= 'Z' ? octet + 'a' - 'A' : octet) != wanted) {
                return false;
            }
        }
        while (at < limit && (octets[at] == ' ' || octets[at] == '\t')) {
            at++;
        }
        return at < limit && octets[at] == ':';
    }

    private static byte[] name(String name) {
        return name.getBytes(StandardCharsets.US_ASCII);
    }
}
