package org.pop2.storage.fs.format;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * A From_ line that came with a message, before its header: some mail systems put one there (Postfix's local(8)), and
 * some POP servers send that of their mailbox file (NOS).
 *
 * <p>It is not part of the message. One that {@link FromLine} knows is always such a line; any other that begins with
 * {@code From } is if a header field follows it: no field's name has a space in it, so it is no field itself, but for
 * the {@code From : } that RFC 822 allowed. Without a header it may be the text of somebody's letter.
 */
public final class LeadingFromLine {
    /** The longest name of a field that is looked for. */
    static final int NAME = 128;

    /** Octets of a message's beginning that suffice to recognise it. */
    public static final int MOST = FromLine.MAX_OCTETS + 2 + NAME;

    private final byte[] line;
    private final int octets;
    private final boolean dated;

    private LeadingFromLine(byte[] line, int octets, boolean dated) {
        this.line = line;
        this.octets = octets;
        this.dated = dated;
    }

    /**
     * The leading line, if there is one.
     *
     * @param start the beginning of a message: all of it, or {@link #MOST} octets
     */
    public static Optional<LeadingFromLine> of(byte[] start, int length) {
        if (Quoting.from(start, 0, length) != Quoting.Match.YES || isSpacedField(start, length)) {
            return Optional.empty();
        }
        int lineFeed = LineFeeds.indexOf(start, 0, length);
        if (lineFeed < 0) {
            return Optional.empty();
        }
        int end = LineFeeds.bareEnd(start, 0, lineFeed);
        if (end > FromLine.MAX_OCTETS) {
            return Optional.empty();
        }
        boolean dated = FromLine.begins(start, 0, end);
        if (!dated && !isField(start, lineFeed + 1, length)) {
            return Optional.empty();
        }
        byte[] line = new byte[end + 1];
        System.arraycopy(start, 0, line, 0, end);
        line[end] = '\n';
        return Optional.of(new LeadingFromLine(line, lineFeed + 1, dated));
    }

    /** {@code From : postel@isi.edu}. */
    private static boolean isSpacedField(byte[] start, int length) {
        int at = Quoting.FROM_LENGTH;
        while (at < length && (start[at] == ' ' || start[at] == '\t')) {
            at++;
        }
        return at < length && start[at] == ':';
    }

    /** Whether a header field begins there (RFC 5322, 2.2). */
    static boolean isField(byte[] octets, int from, int length) {
        int to = Math.min(length, from + NAME);
        int at = from;
        while (at < to && octets[at] > ' ' && octets[at] < 0x7f && octets[at] != ':') {
            at++;
        }
        return at > from && at < to && octets[at] == ':';
    }

    /** Octets of the line, with its line end. */
    public int octets() {
        return octets;
    }

    /** The envelope's sender; empty for a bounce, or if the line names none. */
    public String sender() {
        return FromLine.sender(new String(line, StandardCharsets.UTF_8), dated);
    }

    /**
     * The line, with its line feed, if it can begin a message in an mbox; empty if readers would not recognise it, or
     * would mistake it for one of git's.
     */
    public Optional<byte[]> separator() {
        boolean clean = true;
        for (int i = 0; i < line.length - 1; i++) {
            clean &= (line[i] < 0 || line[i] >= ' ' || line[i] == '\t') && line[i] != 0x7f;
        }
        return dated && clean && !FromLine.isOfGit(line, 0, line.length - 1)
                ? Optional.of(line.clone())
                : Optional.empty();
    }
}
