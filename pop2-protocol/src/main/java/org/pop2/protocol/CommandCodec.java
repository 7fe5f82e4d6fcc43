package org.pop2.protocol;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.pop2.protocol.Command.Fold;
import org.pop2.protocol.Command.Foreign;
import org.pop2.protocol.Command.Helo;
import org.pop2.protocol.Command.Malformed;
import org.pop2.protocol.Command.Read;

/**
 * Lines to {@link Command}s and back (RFC 937 p. 5–6, 15). Decoding is total: whatever a peer sends is a command, at
 * worst a {@link Malformed} one.
 *
 * <p>Lenient reading accepts verbs in any case, LF as a line end, spaces after a verb without arguments, and spaces in
 * a password or a mailbox name, which then end with the line. Strict reading follows the grammar to the letter.
 */
public final class CommandCodec {
    /** Verbs have four letters (RFC 937 p. 6). */
    private static final int VERB = 4;

    private final boolean strict;
    private final boolean securityLevel;

    public CommandCodec(boolean strict) {
        this(strict, false);
    }

    /**
     * @param strict whether to follow the grammar to the letter
     * @param securityLevel whether a third word of HELO, if it is one digit, is POPmail's security level and not a part
     *     of the password
     */
    public CommandCodec(boolean strict, boolean securityLevel) {
        this.strict = strict;
        this.securityLevel = securityLevel;
    }

    /**
     * A command from a line with its line end, or {@code null} for a blank line, which lenient reading skips.
     *
     * @param first whether it is the first line of the connection, the only one where another protocol is looked for
     */
    public @Nullable Command decode(ByteBuffer line, boolean first) {
        if (line.hasArray()) {
            int from = line.arrayOffset() + line.position();
            return decode(line.array(), from, from + line.remaining(), first);
        }
        byte[] octets = new byte[line.remaining()];
        line.duplicate().get(octets);
        return decode(octets, 0, octets.length, first);
    }

    private @Nullable Command decode(byte[] octets, int from, int to, boolean first) {
        int end = to;
        if (end > from && octets[end - 1] == '\n') {
            end--;
        }
        boolean crlf = end > from && end < to && octets[end - 1] == '\r';
        if (crlf) {
            end--;
        }
        if (strict && !crlf) {
            return new Malformed("a line ends in CRLF");
        }
        int start = from;
        if (!strict) {
            start = skipSpaces(octets, from, end);
            if (start == end) {
                return null;
            }
        }
        Input verb = verb(octets, start, end);
        if (verb != Input.HELO && first) {
            ForeignProtocol foreign = ForeignProtocol.of(octets, start, end);
            if (foreign != null) {
                return new Foreign(foreign);
            }
        }
        return switch (verb) {
            case HELO -> helo(octets, start + VERB, securityLevel ? withoutLevel(octets, start + VERB, end) : end);
            case FOLD -> fold(octets, start + VERB, end);
            case READ -> read(octets, start + VERB, end);
            case RETR -> withoutArgument(Command.RETR, octets, start + VERB, end);
            case ACKS -> withoutArgument(Command.ACKS, octets, start + VERB, end);
            case ACKD -> withoutArgument(Command.ACKD, octets, start + VERB, end);
            case NACK -> withoutArgument(Command.NACK, octets, start + VERB, end);
            case QUIT -> withoutArgument(Command.QUIT, octets, start + VERB, end);
            case OPEN, CLOSE, OTHER, TIMEOUT -> new Malformed("unknown command");
        };
    }

    /**
     * A command line with its line end.
     *
     * @throws IllegalArgumentException if it is none of the RFC's commands, is over {@link LineFramer#MAX_LINE} octets,
     *     or has an empty argument or one with a line end in it
     */
    public static byte[] encode(Command command) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        if (command instanceof Helo helo) {
            out.writeBytes(ascii("HELO "));
            quote(helo.credentials().user().getBytes(StandardCharsets.UTF_8), out);
            out.write(' ');
            byte[] password = helo.credentials().password().octets();
            quote(password, out);
            Arrays.fill(password, (byte) 0);
        } else if (command instanceof Fold fold) {
            out.writeBytes(ascii("FOLD "));
            quote(fold.mailbox().getBytes(StandardCharsets.UTF_8), out);
        } else if (command instanceof Read read) {
            out.writeBytes(ascii(read.number() == Read.CURRENT ? "READ" : "READ " + read.number()));
        } else if (command instanceof Malformed || command instanceof Foreign) {
            throw new IllegalArgumentException("only the commands of the RFC can be sent");
        } else {
            out.writeBytes(ascii(command.input().name()));
        }
        out.write('\r');
        out.write('\n');
        if (out.size() > LineFramer.MAX_LINE) {
            throw new IllegalArgumentException("a command line has at most " + LineFramer.MAX_LINE + " octets");
        }
        return out.toByteArray();
    }

    /**
     * Looks whether a command fits into a line.
     *
     * @throws IllegalArgumentException as {@link #encode}
     */
    static void requireEncodable(Command command) {
        Arrays.fill(encode(command), (byte) 0);
    }

    private Input verb(byte[] octets, int start, int end) {
        if (end - start < VERB || (end - start > VERB && octets[start + VERB] != ' ')) {
            return Input.OTHER;
        }
        int verb = 0;
        for (int i = start; i < start + VERB; i++) {
            int octet = octets[i];
            if (!strict && octet >= 'a' && octet <= 'z') {
                octet -= 'a' - 'A';
            }
            verb = verb << 8 | (octet & 0xff);
        }
        return switch (verb) {
            case 'H' << 24 | 'E' << 16 | 'L' << 8 | 'O' -> Input.HELO;
            case 'F' << 24 | 'O' << 16 | 'L' << 8 | 'D' -> Input.FOLD;
            case 'R' << 24 | 'E' << 16 | 'A' << 8 | 'D' -> Input.READ;
            case 'R' << 24 | 'E' << 16 | 'T' << 8 | 'R' -> Input.RETR;
            case 'A' << 24 | 'C' << 16 | 'K' << 8 | 'S' -> Input.ACKS;
            case 'A' << 24 | 'C' << 16 | 'K' << 8 | 'D' -> Input.ACKD;
            case 'N' << 24 | 'A' << 16 | 'C' << 8 | 'K' -> Input.NACK;
            case 'Q' << 24 | 'U' << 16 | 'I' << 8 | 'T' -> Input.QUIT;
            default -> Input.OTHER;
        };
    }

    private Command withoutArgument(Command command, byte[] octets, int from, int end) {
        boolean bare = strict ? from == end : skipSpaces(octets, from, end) == end;
        return bare ? command : new Malformed(command.input() + " takes no argument");
    }

    private Command read(byte[] octets, int from, int end) {
        int start;
        int stop = end;
        if (strict) {
            if (from == end) {
                return Read.of(Read.CURRENT);
            }
            start = from + 1;
        } else {
            start = skipSpaces(octets, from, end);
            if (start == end) {
                return Read.of(Read.CURRENT);
            }
            stop = skipSpacesBackward(octets, start, end);
        }
        long number = 0;
        for (int i = start; i < stop; i++) {
            if (octets[i] < '0' || octets[i] > '9') {
                return new Malformed("READ takes a message number");
            }
            number = Math.min(Integer.MAX_VALUE, number * 10 + (octets[i] - '0'));
        }
        return start == stop ? new Malformed("READ takes a message number") : Read.of((int) number);
    }

    private Command fold(byte[] octets, int from, int end) {
        int start = strict ? Math.min(from + 1, end) : skipSpaces(octets, from, end);
        byte[] name = unquote(octets, start, end, false);
        if (strict && (name == null || name.length == 0 || !isOneWord(octets, start, end))) {
            return new Malformed("FOLD takes a mailbox name");
        }
        return new Fold(text(name == null ? Arrays.copyOfRange(octets, start, end) : name));
    }

    private Command helo(byte[] octets, int from, int end) {
        Malformed malformed = new Malformed("HELO takes a user name and a password");
        int start = strict ? Math.min(from + 1, end) : skipSpaces(octets, from, end);
        int quotedSplit = endOfWord(octets, start, end, true);
        int rawSplit = endOfWord(octets, start, end, false);
        Credentials unquoted = credentials(octets, start, quotedSplit, end, true);
        if (strict) {
            boolean oneWord = quotedSplit < end && isOneWord(octets, quotedSplit + 1, end);
            return unquoted == null || !oneWord ? malformed : new Helo(unquoted, null);
        }
        boolean backslash = indexOf(octets, (byte) '\\', start, end) < end;
        Credentials raw = backslash ? credentials(octets, start, rawSplit, end, false) : null;
        if (unquoted != null) {
            return new Helo(unquoted, raw);
        }
        return raw == null ? malformed : new Helo(raw, null);
    }

    /** Where the line ends without the third of three words, if that is one digit. */
    private static int withoutLevel(byte[] octets, int from, int end) {
        int stop = skipSpacesBackward(octets, from, end);
        if (stop - 2 < from || octets[stop - 1] < '0' || octets[stop - 1] > '9' || octets[stop - 2] != ' ') {
            return end;
        }
        int name = skipSpaces(octets, from, stop);
        int password = skipSpaces(octets, endOfWord(octets, name, stop, true), stop);
        int second = endOfWord(octets, password, stop, true);
        return second < stop - 1 && skipSpaces(octets, second, stop) == stop - 1 ? second : end;
    }

    /** Name before the split, password after it; {@code null} if either is missing or the quoting is broken. */
    private static @Nullable Credentials credentials(byte[] octets, int start, int split, int end, boolean quoted) {
        if (split == start || split + 1 >= end) {
            return null;
        }
        byte[] user = quoted ? unquote(octets, start, split, true) : Arrays.copyOfRange(octets, start, split);
        byte[] password = quoted ? unquote(octets, split + 1, end, true) : Arrays.copyOfRange(octets, split + 1, end);
        if (user == null || password == null) {
            return null;
        }
        Secret secret = Secret.of(password);
        Arrays.fill(password, (byte) 0);
        return new Credentials(text(user), secret);
    }

    /**
     * Undoes the quoting: a backslash makes the next octet an ordinary one (RFC 937 p. 6). Nothing if the last octet is
     * a lone backslash. Unless {@code toTheEnd}, trailing unquoted spaces are dropped.
     */
    private static byte @Nullable [] unquote(byte[] octets, int from, int to, boolean toTheEnd) {
        byte[] out = new byte[to - from];
        int length = 0;
        int kept = 0;
        for (int i = from; i < to; i++) {
            byte octet = octets[i];
            boolean quoted = octet == '\\';
            if (quoted) {
                if (++i == to) {
                    return null;
                }
                octet = octets[i];
            }
            out[length++] = octet;
            if (quoted || octet != ' ') {
                kept = length;
            }
        }
        return Arrays.copyOf(out, toTheEnd ? length : kept);
    }

    private static void quote(byte[] octets, ByteArrayOutputStream out) {
        if (octets.length == 0) {
            throw new IllegalArgumentException("an argument cannot be empty");
        }
        for (byte octet : octets) {
            if (octet == '\r' || octet == '\n') {
                throw new IllegalArgumentException("an argument cannot hold a line end");
            }
            if (octet == ' ' || octet == '\\') {
                out.write('\\');
            }
            out.write(octet);
        }
    }

    /** Index of the first space, or the end; with quoting, of the first space that is not quoted. */
    private static int endOfWord(byte[] octets, int from, int end, boolean quoting) {
        for (int i = from; i < end; i++) {
            if (quoting && octets[i] == '\\') {
                i++;
            } else if (octets[i] == ' ') {
                return i;
            }
        }
        return end;
    }

    private static boolean isOneWord(byte[] octets, int from, int end) {
        return from < end && endOfWord(octets, from, end, true) == end;
    }

    private static int indexOf(byte[] octets, byte sought, int from, int end) {
        int i = from;
        while (i < end && octets[i] != sought) {
            i++;
        }
        return i;
    }

    private static int skipSpaces(byte[] octets, int from, int end) {
        int i = from;
        while (i < end && octets[i] == ' ') {
            i++;
        }
        return i;
    }

    private static int skipSpacesBackward(byte[] octets, int from, int end) {
        int i = end;
        while (i > from && octets[i - 1] == ' ') {
            i--;
        }
        return i;
    }

    /** Decodes valid UTF-8 as that, anything else as ISO 8859-1, which accepts any octets. */
    private static String text(byte[] octets) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(octets))
                    .toString();
        } catch (CharacterCodingException notUtf8) {
            return new String(octets, StandardCharsets.ISO_8859_1);
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
