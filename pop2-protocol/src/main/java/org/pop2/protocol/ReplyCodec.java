package org.pop2.protocol;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.pop2.protocol.Reply.Count;
import org.pop2.protocol.Reply.Failure;
import org.pop2.protocol.Reply.Length;
import org.pop2.protocol.Reply.Malformed;
import org.pop2.protocol.Reply.Success;

/** {@link Reply}s to lines and back (RFC 937 p. 6, 12, 16). Decoding is total. */
public final class ReplyCodec {
    private static final int CR_LF = 2;

    private ReplyCodec() {}

    /** A reply line with its CRLF, as {@link #encode(Reply, byte[])} writes it. */
    public static byte[] encode(Reply reply) {
        byte[] line = new byte[LineFramer.MAX_LINE];
        return Arrays.copyOf(line, encode(reply, line));
    }

    /**
     * Writes a reply line with its CRLF to the beginning of an array: a longer text is cut, and octets other than
     * printable ASCII become question marks.
     *
     * @param line at least {@link LineFramer#MAX_LINE} octets
     * @return how many octets the line has
     */
    public static int encode(Reply reply, byte[] line) {
        int end;
        if (reply instanceof Length length) {
            end = text(length.text(), line, number('=', length.octets(), line));
        } else if (reply instanceof Count count) {
            end = text(count.text(), line, number('#', count.messages(), line));
        } else if (reply instanceof Success success) {
            line[0] = '+';
            end = text(success.text(), line, 1);
        } else if (reply instanceof Failure failure) {
            line[0] = '-';
            end = text(failure.text(), line, 1);
        } else {
            throw new IllegalArgumentException("a malformed reply is not sent");
        }
        line[end] = '\r';
        line[end + 1] = '\n';
        return end + CR_LF;
    }

    /** Returns where the digits end. */
    private static int number(char sign, long number, byte[] line) {
        if (number < 0) {
            throw new IllegalArgumentException("no reply has the number " + number);
        }
        line[0] = (byte) sign;
        int end = 2;
        for (long rest = number / 10; rest > 0; rest /= 10) {
            end++;
        }
        long rest = number;
        for (int i = end - 1; i > 0; i--) {
            line[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        return end;
    }

    /** Returns where the text ends. */
    private static int text(String text, byte[] line, int from) {
        if (text.isEmpty()) {
            return from;
        }
        line[from] = ' ';
        int length = Math.min(text.length(), LineFramer.MAX_LINE - CR_LF - from - 1);
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            line[from + 1 + i] = (byte) (c >= ' ' && c < 0x7f ? c : '?');
        }
        return from + 1 + length;
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
}
