package org.pop2.profile.ascii;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Ends each header before its first line that is no field, with an empty line: of the message, of its parts, and of the
 * messages within it. mime4j drops such a line, or the one after it; mail programs show it as the beginning of the
 * text, and what is not shown must not be deleted.
 *
 * <p>Where this and mime4j take something else for a boundary, a text has an empty line more, and loses nothing.
 */
final class HeaderEnds extends InputStream {
    /** Longest piece of a line that is looked at. */
    private static final int PIECE = 4 * 1024;

    private static final int MOST_BOUNDARIES = 1_000;
    private static final int LONGEST_TYPE = 8 * 1024;
    private static final byte[] CRLF = {'\r', '\n'};
    private static final Pattern TYPE = Pattern.compile("\\s*[^\\s/;]+\\s*/\\s*[^\\s/;]+");
    private static final Pattern BOUNDARY =
            Pattern.compile("(?is);\\s*boundary\\s*=\\s*(?:\"((?:[^\"\\\\]|\\\\.)*)\"|([^\\s;]+))");

    private static final int LONGEST_FROM_LINE = 500;
    private static final Pattern FROM_LINE = Pattern.compile(">?From +\\S+ [^\r\n]*\\d:\\d\\d");

    private final InputStream in;
    private final Set<String> boundaries = new HashSet<>();
    private final StringBuilder type = new StringBuilder();
    private final byte[] buffer = new byte[4 * PIECE];
    private int at;
    private int limit;
    /** What may be given now, without another look: up to there. */
    private int looked;

    /** Octets of a line end that are to be given first. */
    private int inserted;

    private boolean lineStart = true;
    private boolean inHeader = true;
    private boolean firstLine = true;
    private boolean anyField;
    private boolean inType;
    private boolean inEpilogue;
    private long epilogue;

    HeaderEnds(InputStream in) {
        this.in = in;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] to, int start, int length) throws IOException {
        int count = 0;
        // as much as is wanted: mime4j takes a short read behind the last boundary for the end
        while (count < length && (inserted > 0 || at < looked || look())) {
            if (inserted > 0) {
                to[start + count++] = CRLF[inserted-- % CRLF.length];
                continue;
            }
            int part = Math.min(length - count, looked - at);
            System.arraycopy(buffer, at, to, start + count, part);
            at += part;
            count += part;
        }
        return count == 0 && length > 0 ? -1 : count;
    }

    /** Looks at what comes next; says whether there is any. */
    private boolean look() throws IOException {
        int end = endOfLine();
        if (end == at) {
            return false;
        }
        if (lineStart) {
            line(end);
        } else {
            if (inHeader && inType) {
                continueType(end);
            }
            epilogue += inEpilogue ? visible(buffer, at, end) : 0;
        }
        lineStart = buffer[end - 1] == '\n';
        if (!inHeader && !inEpilogue && lineStart) {
            // a body: nothing in it matters before a line that may delimit
            end = beforeDelimiter(end);
            lineStart = buffer[end - 1] == '\n';
        }
        looked = end;
        return true;
    }

    /**
     * The end of the line that begins there, with its line end, or of a piece of it; the same place at the end of all.
     */
    private int endOfLine() throws IOException {
        int from = at;
        while (true) {
            for (int i = from; i < limit; i++) {
                if (buffer[i] == '\n') {
                    return i + 1;
                }
            }
            if (limit - at >= PIECE) {
                return limit;
            }
            from = limit - at;
            System.arraycopy(buffer, at, buffer, 0, limit - at);
            limit -= at;
            at = 0;
            looked = 0;
            int more = in.read(buffer, limit, buffer.length - limit);
            if (more < 0) {
                return limit;
            }
            limit += more;
        }
    }

    /** As far as lines are there that do not begin with a hyphen. */
    private int beforeDelimiter(int lineStart) {
        for (int i = lineStart; i < limit; i++) {
            if (buffer[i] == '-' && buffer[i - 1] == '\n') {
                return i;
            }
        }
        return limit;
    }

    /** A line, or the first piece of a long one. */
    private void line(int end) {
        boolean first = firstLine;
        firstLine = false;
        if (delimit(end)) {
            return;
        }
        if (!inHeader) {
            return;
        }
        if (isEmpty(end)) {
            endHeader();
        } else if (anyField && (buffer[at] == ' ' || buffer[at] == '\t')) {
            if (inType) {
                continueType(end);
            }
        } else if (isField(end)) {
            field(end);
        } else if (!first || !isFromLine(end)) {
            // the From_ line of a mailbox file is no field, and no text either
            endHeader();
            // a message that begins with such a line has no header
            inserted = inHeader ? 2 * CRLF.length : CRLF.length;
            inHeader = false;
            // the header's own boundary, which is known only now
            delimit(end);
        }
    }

    /** Whether a line begins a part. If it ends the last one, what follows is the epilogue. */
    private boolean delimit(int end) {
        String delimiter = delimiter(end);
        if (!delimiter.isEmpty() && boundaries.contains(delimiter)) {
            inEpilogue = false;
            beginHeader();
            return true;
        }
        if (delimiter.endsWith("--") && boundaries.contains(delimiter.substring(0, delimiter.length() - 2))) {
            inEpilogue = true;
        } else if (inEpilogue) {
            epilogue += visible(buffer, at, end);
        }
        return false;
    }

    private void beginHeader() {
        inHeader = true;
        anyField = false;
        inType = false;
        type.setLength(0);
    }

    /** What follows is a body; if that is a message, or the first part of a multipart, it begins with a header. */
    private void endHeader() {
        String declared = type.toString();
        Matcher boundary = BOUNDARY.matcher(declared);
        if (boundary.find() && boundaries.size() < MOST_BOUNDARIES) {
            String quoted = boundary.group(1);
            boundaries.add((quoted == null ? boundary.group(2) : quoted.replaceAll("\\\\(.)", "$1")).stripTrailing());
        }
        boolean message = declared.strip().toLowerCase(Locale.ROOT).startsWith("message/rfc822")
                || declared.strip().toLowerCase(Locale.ROOT).startsWith("message/global");
        beginHeader();
        inHeader = message;
        firstLine = message;
    }

    private void field(int end) {
        anyField = true;
        int colon = at;
        while (buffer[colon] != ':') {
            colon++;
        }
        inType = text(at, colon).strip().equalsIgnoreCase("content-type") && !isUsableType(type.toString());
        if (inType) {
            type.setLength(0);
            type.append(text(colon + 1, end));
        }
    }

    /** Of two types the first counts, but for a multipart without a boundary, as mime4j has it. */
    static boolean isUsableType(String type) {
        return TYPE.matcher(type).lookingAt()
                && (!type.strip().toLowerCase(Locale.ROOT).startsWith("multipart/")
                        || BOUNDARY.matcher(type).find());
    }

    private void continueType(int end) {
        if (type.length() < LONGEST_TYPE) {
            type.append(text(at, end));
        }
    }

    private String text(int from, int to) {
        return new String(buffer, from, to - from, StandardCharsets.ISO_8859_1);
    }

    /** What stands behind the two hyphens of a line that may delimit parts; empty if it begins with none. */
    private String delimiter(int end) {
        return boundaries.isEmpty() || end - at < 3 || buffer[at] != '-' || buffer[at + 1] != '-'
                ? ""
                : text(at + 2, end).stripTrailing();
    }

    /** Octets that are more than blanks and line ends. */
    static long visible(byte[] octets, int from, int to) {
        long visible = 0;
        for (int i = from; i < to; i++) {
            visible += octets[i] < 0 || octets[i] > ' ' ? 1 : 0;
        }
        return visible;
    }

    /**
     * Such octets behind the last parts. mime4j does not give all of them: not where its buffer ends with the last
     * delimiter.
     */
    long epilogue() {
        return epilogue;
    }

    private boolean isEmpty(int end) {
        return buffer[at] == '\n' || (buffer[at] == '\r' && (end - at == 1 || buffer[at + 1] == '\n'));
    }

    /** Printable ASCII, perhaps blanks, and a colon (RFC 5322 p. 8 and 34). */
    private boolean isField(int end) {
        int name = at;
        while (name < end && buffer[name] > ' ' && buffer[name] < 0x7f && buffer[name] != ':') {
            name++;
        }
        int colon = name;
        while (colon < end && (buffer[colon] == ' ' || buffer[colon] == '\t')) {
            colon++;
        }
        return name > at && colon < end && buffer[colon] == ':';
    }

    private boolean isFromLine(int end) {
        return isFromLine(text(at, Math.min(end, at + LONGEST_FROM_LINE)));
    }

    /**
     * Whether a first line is that of a mailbox file: a sender, and a time of day. A field that lost its colon is none.
     */
    static boolean isFromLine(String line) {
        return FROM_LINE.matcher(line).lookingAt();
    }
}
