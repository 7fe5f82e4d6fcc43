package org.pop2.storage.fs.format;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * Puts a message into the form that it has in a mailbox: lines ended by LF and quoted, header fields that mail programs
 * believe removed, an empty line at the end. Where nothing is quoted the header gets a {@code Content-Length}, whose
 * digits are known only when the message is complete.
 *
 * <p>A CRLF becomes LF, except after another CR: {@code CR CR LF} has to come back as it was, and a line that was
 * stored as {@code CR LF} would come back as just that.
 */
public final class StoredForm {
    /** Where the octets go. */
    public interface Sink {
        /** Takes {@code [from, to)}, which is the caller's again then. */
        void put(byte[] octets, int from, int to) throws IOException;
    }

    private static final String LENGTH = "Content-Length: ";

    /** Octets of a line that are remembered; of more marks before a From, those in front are written through. */
    private static final int HEAD = 32;

    private final Quoting quoting;
    private final Sink sink;

    // the line that is coming in: its beginning until it is known what it is, and whether a CR waits for its LF
    private final byte[] head = new byte[HEAD];
    private int headLength;
    private boolean headOpen = true;
    /** Whether marks stand before it already. */
    private boolean marksWritten;

    private boolean inHeader = true;
    private boolean dropping;
    private boolean afterLength;
    private int pendingCrs;
    private boolean lineEmpty = true;
    private boolean any;
    /** Octets that went to the sink, and how many of them when the body began. */
    private long storedOctets;

    private long lengthAt = -1;
    private long bodyAt;
    private long bodyEnd;
    /** Octets that a client will be sent, without the line end that an empty message gets. */
    private long wireOctets;

    public StoredForm(Quoting quoting, Sink sink) {
        this.quoting = quoting;
        this.sink = sink;
    }

    /** Adds the first octets of a block, which is not used after the call. */
    public void add(byte[] block, int length) throws IOException {
        int at = 0;
        while (at < length) {
            if (!headOpen && pendingCrs == 0) {
                // the rest of a line whose beginning is written: up to the next line end at once
                int lineFeed = LineFeeds.indexOf(block, at, length);
                int end = lineFeed < 0 ? length : lineFeed;
                while (end > at && block[end - 1] == '\r') {
                    end--;
                }
                emit(block, at, end);
                at = end;
                if (at == length) {
                    break;
                }
            }
            add(block[at++]);
        }
    }

    private void add(byte octet) throws IOException {
        any = true;
        if (octet == '\r') {
            pendingCrs++;
        } else if (octet == '\n') {
            endLine(pendingCrs == 1 ? 0 : pendingCrs);
        } else {
            flushCrs(pendingCrs);
            text(octet);
        }
    }

    private void flushCrs(int count) throws IOException {
        pendingCrs = 0;
        for (int i = 0; i < count; i++) {
            text((byte) '\r');
        }
    }

    private void text(byte octet) throws IOException {
        lineEmpty = false;
        if (!headOpen) {
            emit(new byte[] {octet}, 0, 1);
            return;
        }
        head[headLength++] = octet;
        if (headLength == HEAD && !isDecided()) {
            writeMarks();
        } else if (headLength == HEAD || (!inHeader && isDecided())) {
            writeHead();
        }
    }

    /** Whether enough of the line is there to know of its marks. */
    private boolean isDecided() {
        return quoting.needsMark(head, 0, headLength) != Quoting.Match.UNDECIDED
                && quoting.quoted(head, 0, headLength) != Quoting.Match.UNDECIDED;
    }

    /** Decides what a line is by its beginning. */
    private void writeHead() throws IOException {
        headOpen = false;
        if (inHeader) {
            boolean continuation = !marksWritten && headLength > 0 && (head[0] == ' ' || head[0] == '\t');
            dropping = continuation ? dropping : isRemoved();
        }
        if (quoting.needsMark(head, 0, headLength) == Quoting.Match.YES) {
            emit(new byte[] {'>'}, 0, 1);
            // a reader takes it off again
            wireOctets -= dropping ? 0 : 1;
        } else if (quoting.quoted(head, 0, headLength) == Quoting.Match.YES) {
            // of mboxo: a reader takes off what was there before
            wireOctets -= dropping ? 0 : 1;
        }
        emit(head, 0, headLength);
    }

    /** A From may still follow, or has begun to: the marks are written, one more will do as well behind them. */
    private void writeMarks() throws IOException {
        int marks = 0;
        while (marks < headLength && head[marks] == '>') {
            marks++;
        }
        // a line that begins so is no field, and goes on with none
        dropping = false;
        afterLength = false;
        emit(head, 0, marks);
        System.arraycopy(head, marks, head, 0, headLength - marks);
        headLength -= marks;
        marksWritten = true;
    }

    private boolean isRemoved() {
        FormatFields.Kind kind = marksWritten ? FormatFields.Kind.OTHER : FormatFields.kind(head, 0, headLength);
        boolean removed = FormatFields.isHidden(kind, afterLength);
        afterLength = kind == FormatFields.Kind.LENGTH;
        return removed;
    }

    /** @param crs carriage returns to keep before the line end: with them the CR of a CRLF stays too */
    private void endLine(int crs) throws IOException {
        boolean empty = lineEmpty && crs == 0;
        flushCrs(crs);
        if (headOpen) {
            writeHead();
        }
        boolean headerEnds = empty && inHeader;
        if (headerEnds && quoting == Quoting.NONE) {
            putLength();
        }
        emit(new byte[] {'\n'}, 0, 1);
        // on the wire it is CRLF; where a CR is there already, none comes to it
        wireOctets += crs == 0 && !dropping ? 1 : 0;
        if (headerEnds) {
            inHeader = false;
            bodyAt = storedOctets;
        }
        if (!inHeader) {
            dropping = false;
        }
        newLine();
    }

    private void newLine() {
        headOpen = true;
        headLength = 0;
        marksWritten = false;
        lineEmpty = true;
        pendingCrs = 0;
    }

    private void emit(byte[] octets, int from, int to) throws IOException {
        if (!dropping && to > from) {
            put(octets, from, to);
            wireOctets += to - from;
        }
    }

    private void put(byte[] octets, int from, int to) throws IOException {
        sink.put(octets, from, to);
        storedOctets += to - from;
    }

    /** Where nothing is quoted the length tells which lines are the message's own, as Dovecot has it. */
    private void putLength() throws IOException {
        byte[] field = (LENGTH + digits(0) + "\n").getBytes(StandardCharsets.US_ASCII);
        lengthAt = storedOctets + LENGTH.length();
        put(field, 0, field.length);
    }

    private static String digits(long number) {
        return "%015d".formatted(number);
    }

    /** No more comes: ends the last line and adds the separating empty one. */
    public void complete() throws IOException {
        if (any && (!lineEmpty || pendingCrs > 0)) {
            boolean afterCr = pendingCrs > 0;
            // CR at the very end: the line end to be added must not make a CRLF of it
            endLine(afterCr ? pendingCrs + 1 : 0);
        }
        dropping = false;
        bodyEnd = storedOctets;
        put(new byte[] {'\n'}, 0, 1);
    }

    /** Where the digits of the length are, in octets that went to the sink; -1: there are none. */
    public long lengthAt() {
        return lengthAt;
    }

    /** The digits; to be asked when it is complete. */
    public byte[] length() {
        return digits(bodyEnd - bodyAt).getBytes(StandardCharsets.US_ASCII);
    }

    /** Octets that a client will be sent; to be asked when it is complete. */
    public long wireOctets() {
        return Math.max(2, wireOctets);
    }
}
