package org.pop2.profile;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Changes a message for a {@link ClientProfile}: octets in, octets out, holding no more than a line. Deterministic. */
final class Rewriter {
    /** Where the octets go. */
    interface Out {
        void octets(byte[] from, int start, int length);
    }

    /** Body lines of a cut message. */
    static final int LINES_OF_CUT = 20;

    /** Room for the note at the end of a message that is cut. */
    static final int NOTE = 400;

    /** Octets in which the sender is looked for. */
    private static final int HEAD = 8 * 1024;

    private static final Pattern RETURN_PATH = Pattern.compile("(?im)^Return-Path:[ \\t]*<([!-~&&[^<>]]{1,256})>");
    private static final Pattern FROM =
            Pattern.compile("(?im)^From:(?:[^\\r\\n<]*<([!-~&&[^<>]]{1,256})>|[ \\t]*([!-~&&[^<>()\"]]{1,256}))");
    private static final String NOBODY = "MAILER-DAEMON";
    private static final byte[] CRLF = {'\r', '\n'};
    private static final byte[] FROM_ = {'F', 'r', 'o', 'm', ' '};
    private static final byte[] STATUS = "Status: RO\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final int LONGEST_PIECE = 1024;

    private final ClientProfile profile;
    private final String date;
    private final long octets;
    private final boolean cut;
    private final Out out;

    /** The beginning of the message, until its sender is known. */
    private @Nullable ByteArrayOutputStream head;

    private final byte[] line;
    private int filled;
    /** Whether the beginning of the line has been sent. */
    private boolean begun;

    private boolean afterCr;
    private boolean header = true;
    private boolean statusSeen;
    private int bodyLines;
    private long sent;
    /** Whether the note is being sent. */
    private boolean noting;

    private boolean finished;

    /**
     * @param octets of the message as it is stored
     * @param date for the From_ line, as {@code asctime} writes it
     */
    Rewriter(ClientProfile profile, long octets, String date, Out out) {
        this.profile = profile;
        this.octets = octets;
        this.date = date;
        this.cut = profile.cuts(octets);
        this.out = out;
        this.head = profile.has(Quirk.FROM_LINE) ? new ByteArrayOutputStream() : null;
        // one less, for a > before what looks like a From_ line
        this.line = new byte
                [profile.width() == 0 ? LONGEST_PIECE : profile.width() - (profile.has(Quirk.FROM_LINE) ? 1 : 0)];
    }

    /** Whether output is complete because the message was cut. */
    boolean isFinished() {
        return finished;
    }

    void accept(ByteBuffer piece) {
        ByteArrayOutputStream beginning = head;
        while (piece.hasRemaining() && !finished) {
            byte octet = piece.get();
            if (beginning == null) {
                octet(octet);
            } else {
                beginning.write(octet);
                if (beginning.size() >= HEAD) {
                    begin();
                    beginning = null;
                }
            }
        }
    }

    /** The message has come to its end. */
    void end() {
        if (head != null) {
            begin();
        }
        if (finished) {
            return;
        }
        if (afterCr) {
            afterCr = false;
            loneCr();
        }
        if (filled > 0 || begun) {
            endLine();
        }
        if (finished) {
            return;
        }
        if (header) {
            status();
        }
        if (profile.has(Quirk.FINAL_LINE)) {
            send(CRLF, 0, CRLF.length);
        }
        finished = true;
    }

    /** Sends the From_ line, then the octets that were held back. */
    private void begin() {
        byte[] beginning = head == null ? new byte[0] : head.toByteArray();
        head = null;
        byte[] first = ("From " + sender(new String(beginning, StandardCharsets.ISO_8859_1)) + " " + date + "\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        send(first, 0, first.length);
        for (int i = 0; i < beginning.length && !finished; i++) {
            octet(beginning[i]);
        }
    }

    private static String sender(String beginning) {
        int end = beginning.indexOf("\r\n\r\n");
        String fields = end < 0 ? beginning : beginning.substring(0, end);
        Matcher path = RETURN_PATH.matcher(fields);
        if (path.find()) {
            return path.group(1);
        }
        Matcher from = FROM.matcher(fields);
        if (!from.find()) {
            return NOBODY;
        }
        return from.group(1) != null ? from.group(1) : from.group(2);
    }

    private void octet(byte octet) {
        if (afterCr) {
            afterCr = false;
            if (octet == '\n') {
                endLine();
                return;
            }
            loneCr();
            if (finished) {
                return;
            }
        }
        if (octet == '\r') {
            afterCr = true;
        } else if (octet == 0 && profile.has(Quirk.PLAIN_CONTROLS)) {
            put((byte) ' ');
        } else {
            put(octet);
        }
    }

    private void loneCr() {
        if (profile.has(Quirk.PLAIN_CONTROLS)) {
            endLine();
        } else {
            put((byte) '\r');
        }
    }

    private void put(byte octet) {
        if (filled == line.length) {
            makeRoom(octet);
            if (finished) {
                return;
            }
        }
        line[filled++] = octet;
    }

    private void makeRoom(byte next) {
        if (profile.width() == 0) {
            sendLine(filled);
            begun = true;
            filled = 0;
            if (cut && isEnough()) {
                endLine();
            }
            return;
        }
        int at = header ? foldAt() : breakAt(next);
        boolean folds = header && at < filled;
        sendLine(at);
        send(CRLF, 0, CRLF.length);
        System.arraycopy(line, at, line, 0, filled - at);
        filled -= at;
        if (header && !folds) {
            // no space to fold at: one is put there, or this would be another field
            line[filled++] = ' ';
        }
        if (!header) {
            lineIsOut();
        }
        cutIfEnough();
    }

    /** Before the last white space that follows other octets. */
    private int foldAt() {
        for (int i = filled - 1; i > 0; i--) {
            if (isSpace(line[i]) && !isSpace(line[i - 1])) {
                return i;
            }
        }
        return filled;
    }

    /** After the last space of the second half; else anywhere except within a UTF-8 character. */
    private int breakAt(byte next) {
        for (int i = filled - 1; i >= filled / 2; i--) {
            if (isSpace(line[i])) {
                return i + 1;
            }
        }
        int at = filled;
        if (continues(next)) {
            while (at > filled - 3 && continues(line[at - 1])) {
                at--;
            }
            at = (line[at - 1] & 0xc0) == 0xc0 ? at - 1 : filled;
        }
        return at;
    }

    private static boolean continues(byte octet) {
        return (octet & 0xc0) == 0x80;
    }

    private static boolean isSpace(byte octet) {
        return octet == ' ' || octet == '\t';
    }

    private void endLine() {
        if (header && filled == 0 && !begun) {
            status();
            header = false;
            send(CRLF, 0, CRLF.length);
            return;
        }
        statusSeen |= header && !begun && beginsWithStatus();
        sendLine(filled);
        send(CRLF, 0, CRLF.length);
        filled = 0;
        begun = false;
        if (!header) {
            lineIsOut();
        }
        cutIfEnough();
    }

    private void lineIsOut() {
        if (cut) {
            bodyLines++;
        }
    }

    private boolean beginsWithStatus() {
        return filled >= 7
                && new String(line, 0, 7, StandardCharsets.ISO_8859_1)
                        .toLowerCase(Locale.ROOT)
                        .equals("status:");
    }

    private void status() {
        if (profile.has(Quirk.STATUS) && !statusSeen) {
            statusSeen = true;
            send(STATUS, 0, STATUS.length);
        }
    }

    /** Sends the first octets of the line; unless the line has begun, they begin a line for the client. */
    private void sendLine(int length) {
        if (profile.has(Quirk.FROM_LINE) && !begun && looksLikeFrom(length)) {
            send(new byte[] {'>'}, 0, 1);
        }
        send(line, 0, length);
    }

    private boolean looksLikeFrom(int length) {
        int at = 0;
        while (at < length && line[at] == '>') {
            at++;
        }
        if (length - at < FROM_.length) {
            return false;
        }
        for (int i = 0; i < FROM_.length; i++) {
            if (line[at + i] != FROM_[i]) {
                return false;
            }
        }
        return true;
    }

    private void cutIfEnough() {
        if (!cut || noting || !isEnough()) {
            return;
        }
        noting = true;
        if (header) {
            status();
            send(CRLF, 0, CRLF.length);
            header = false;
        }
        filled = 0;
        byte[] note = ("\r\n[This message has " + octets + " octets, more than the " + profile.maxOctets()
                        + " that are sent.\r\nThe rest was left out; all of it stays on the server,\r\n"
                        + "even if your program deletes it.]\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        for (byte octet : note) {
            octet(octet);
        }
        if (profile.has(Quirk.FINAL_LINE)) {
            send(CRLF, 0, CRLF.length);
        }
        finished = true;
    }

    private boolean isEnough() {
        return bodyLines >= LINES_OF_CUT || sent >= profile.maxOctets() - NOTE;
    }

    private void send(byte[] from, int start, int length) {
        sent += length;
        out.octets(from, start, length);
    }
}
