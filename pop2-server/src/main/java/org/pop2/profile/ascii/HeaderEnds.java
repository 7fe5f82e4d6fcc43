package org.pop2.profile.ascii;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
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
    private static final byte[] LINE_END = {'\r', '\n'};
    private static final Pattern BOUNDARY =
            Pattern.compile("(?is);\\s*boundary\\s*=\\s*(?:\"((?:[^\"\\\\]|\\\\.)*)\"|([^\\s;]+))");
    private static final String TYPE = "content-type:";

    private final InputStream in;
    private final Set<String> boundaries = new HashSet<>();
    private final StringBuilder type = new StringBuilder();
    private byte[] ready = new byte[0];
    private int at;
    private boolean lineStart = true;
    private boolean inHeader = true;
    private boolean firstLine = true;
    private boolean anyField;
    private boolean inType;
    private boolean inEpilogue;
    private long epilogue;

    HeaderEnds(InputStream in) {
        this.in = new BufferedInputStream(in, 2 * PIECE);
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
        while (count < length && more()) {
            int part = Math.min(length - count, ready.length - at);
            System.arraycopy(ready, at, to, start + count, part);
            at += part;
            count += part;
        }
        return count == 0 && length > 0 ? -1 : count;
    }

    private boolean more() throws IOException {
        if (at == ready.length) {
            byte[] piece = piece();
            ready = piece.length == 0 ? piece : looked(piece);
            at = 0;
        }
        return at < ready.length;
    }

    /** A line with its end, or a piece of a long one; empty at the end of all. */
    private byte[] piece() throws IOException {
        ByteArrayOutputStream piece = new ByteArrayOutputStream(128);
        int octet = 0;
        while (octet != '\n' && piece.size() < PIECE) {
            octet = in.read();
            if (octet < 0) {
                break;
            }
            piece.write(octet);
        }
        return piece.toByteArray();
    }

    private byte[] looked(byte[] piece) {
        boolean whole = lineStart;
        lineStart = piece[piece.length - 1] == '\n';
        if (!whole) {
            if (inHeader && inType) {
                continueType(piece);
            }
            epilogue += inEpilogue ? visible(piece) : 0;
            return piece;
        }
        boolean first = firstLine;
        firstLine = false;
        String delimiter = delimiter(piece);
        if (boundaries.contains(delimiter)) {
            inEpilogue = false;
            beginHeader();
            return piece;
        }
        if (delimiter.endsWith("--") && boundaries.contains(delimiter.substring(0, delimiter.length() - 2))) {
            inEpilogue = true;
        } else if (inEpilogue) {
            epilogue += visible(piece);
        }
        if (!inHeader) {
            return piece;
        }
        if (isEmpty(piece)) {
            endHeader();
            return piece;
        }
        if (anyField && (piece[0] == ' ' || piece[0] == '\t')) {
            if (inType) {
                continueType(piece);
            }
            return piece;
        }
        if (isField(piece)) {
            field(piece);
            return piece;
        }
        if (first && isFromLine(piece)) {
            // of a mailbox file: no field, and no text either
            return piece;
        }
        endHeader();
        inHeader = false;
        byte[] ended = Arrays.copyOf(LINE_END, LINE_END.length + piece.length);
        System.arraycopy(piece, 0, ended, LINE_END.length, piece.length);
        return ended;
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

    private void field(byte[] piece) {
        anyField = true;
        String start = new String(piece, 0, Math.min(piece.length, TYPE.length() + 8), StandardCharsets.ISO_8859_1);
        int colon = start.indexOf(':');
        inType = type.isEmpty() && colon > 0 && (start.substring(0, colon).strip() + ":").equalsIgnoreCase(TYPE);
        if (inType) {
            type.append(new String(piece, StandardCharsets.ISO_8859_1), colon + 1, piece.length);
        }
    }

    private void continueType(byte[] piece) {
        if (type.length() < LONGEST_TYPE) {
            type.append(new String(piece, StandardCharsets.ISO_8859_1));
        }
    }

    /** What stands behind the two hyphens of a line that may delimit parts; empty if it begins with none. */
    private String delimiter(byte[] line) {
        return boundaries.isEmpty() || line.length < 3 || line[0] != '-' || line[1] != '-'
                ? ""
                : new String(line, 2, line.length - 2, StandardCharsets.ISO_8859_1).stripTrailing();
    }

    /** Octets that are more than blanks and line ends. */
    static long visible(byte[] octets) {
        long visible = 0;
        for (byte octet : octets) {
            visible += octet < 0 || octet > ' ' ? 1 : 0;
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

    private static boolean isEmpty(byte[] line) {
        return line[0] == '\n' || (line[0] == '\r' && (line.length == 1 || line[1] == '\n'));
    }

    /** Printable ASCII, perhaps blanks, and a colon (RFC 5322 p. 8 and 34). */
    private static boolean isField(byte[] line) {
        int end = 0;
        while (end < line.length && line[end] > ' ' && line[end] < 0x7f && line[end] != ':') {
            end++;
        }
        int colon = end;
        while (colon < line.length && (line[colon] == ' ' || line[colon] == '\t')) {
            colon++;
        }
        return end > 0 && colon < line.length && line[colon] == ':';
    }

    private static boolean isFromLine(byte[] line) {
        String start = new String(line, 0, Math.min(line.length, 6), StandardCharsets.ISO_8859_1);
        return start.startsWith("From ") || start.startsWith(">From ");
    }
}
