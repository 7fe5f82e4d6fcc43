package org.pop2.protocol;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.pop2.protocol.Reply.Count;
import org.pop2.protocol.Reply.Failure;
import org.pop2.protocol.Reply.Length;
import org.pop2.protocol.Reply.Malformed;
import org.pop2.protocol.Reply.Success;

/** {@link Reply}s to lines and back (RFC 937 p. 6, 12, 16). Decoding is total. */
public final class ReplyCodec {
    private static final int CR_LF = 2;

    private ReplyCodec() {}

    /**
     * A reply line with its CRLF, of at most {@link LineFramer#MAX_LINE} octets: a longer text is cut, and what is no
     * printable ASCII becomes a question mark.
     */
    public static byte[] encode(Reply reply) {
        StringBuilder line = new StringBuilder(64);
        if (reply instanceof Length length) {
            append(line.append('=').append(length.octets()), length.text());
        } else if (reply instanceof Count count) {
            append(line.append('#').append(count.messages()), count.text());
        } else if (reply instanceof Success success) {
            append(line.append('+'), success.text());
        } else if (reply instanceof Failure failure) {
            append(line.append('-'), failure.text());
        } else {
            throw new IllegalArgumentException("a malformed reply is not sent");
        }
        if (line.length() > LineFramer.MAX_LINE - CR_LF) {
            line.setLength(LineFramer.MAX_LINE - CR_LF);
        }
        return line.append("\r\n").toString().getBytes(StandardCharsets.US_ASCII);
    }

    /** A reply from a line with its line end, LF or CRLF. */
    public static Reply decode(ByteBuffer line) {
        byte[] octets = new byte[line.remaining()];
        line.duplicate().get(octets);
        String text = new String(octets, StandardCharsets.ISO_8859_1);
        int end = text.length();
        if (end > 0 && text.charAt(end - 1) == '\n') {
            end--;
            if (end > 0 && text.charAt(end - 1) == '\r') {
                end--;
            }
        }
        if (end == 0) {
            return new Malformed("an empty line");
        }
        int digits = 1;
        while (digits < end && text.charAt(digits) >= '0' && text.charAt(digits) <= '9') {
            digits++;
        }
        return switch (text.charAt(0)) {
            case '+' -> new Success(text.substring(1, end).strip());
            case '-' -> new Failure(text.substring(1, end).strip());
            case '#' -> count(text, digits, end);
            case '=' -> length(text, digits, end);
            default -> new Malformed("a reply begins with +, -, # or =");
        };
    }

    private static Reply count(String text, int digits, int end) {
        try {
            return new Count(
                    Integer.parseInt(text.substring(1, digits)),
                    text.substring(digits, end).strip());
        } catch (NumberFormatException e) {
            return new Malformed("# is followed by a number of messages");
        }
    }

    private static Reply length(String text, int digits, int end) {
        try {
            return new Length(
                    Long.parseLong(text.substring(1, digits)),
                    text.substring(digits, end).strip());
        } catch (NumberFormatException e) {
            return new Malformed("= is followed by a number of octets");
        }
    }

    private static void append(StringBuilder line, String text) {
        if (text.isEmpty()) {
            return;
        }
        line.append(' ');
        for (int i = 0; i < text.length() && line.length() < LineFramer.MAX_LINE; i++) {
            char c = text.charAt(i);
            line.append(c >= ' ' && c < 0x7f ? c : '?');
        }
    }
}
