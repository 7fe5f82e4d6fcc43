package org.pop2.storage.fs.format;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;

/**
 * Reads an mbox from a stream, message after message: for imports from a file or a pipe. It takes the same lines for
 * separators as the storage does, undoes the same quoting, and hides c-client's pseudo message and the fields that are
 * the format's like it. Blocks; not for several threads at once.
 *
 * <p>In memory of fixed size, unless a line in a message looks like a separator and the message says that it is longer:
 * then what lies between is read ahead, up to {@value #FARTHEST} octets; farther than that it is not believed.
 *
 * <p>Archives of other programs have From_ lines that no mailbox in use has: bare, without a date, or with one of their
 * own. A reader that {@linkplain #tolerant tolerates} them takes such a line for a separator if an empty line is before
 * it and a header field behind it.
 */
public final class MboxReader implements Closeable {
    private static final int BLOCK = 64 * 1024;
    /** As many empty lines before the first message are skipped. */
    static final int LEADING = 1024;

    private static final byte CR = '\r';
    private static final byte LF = '\n';

    private final InputStream in;
    private final Quoting quoting;
    private final boolean lenient;
    private final boolean tolerant;

    private static final int FARTHEST = 16 * 1024 * 1024;

    private byte[] buffer = new byte[FromLine.MAX_OCTETS + 16 + BLOCK];
    /** Stream offset of the buffer's first octet. */
    private long base;

    private int at;
    private int fill;
    private boolean ended;

    private @Nullable Entry current;
    private boolean first = true;
    private boolean lineStart = true;
    private boolean afterEmptyLine = true;
    /** Octets of the empty line that ends at {@code at} and is the separator's if a separator follows. */
    private int held;
    /** The length of the separator line at {@code at}, with its line end; 0: there is none. */
    private int separator;
    /** What is odd about it, if anything. */
    private @Nullable String oddity;

    // of the current message
    private boolean ofGit;
    private final FormatFields fields = new FormatFields();
    /** What was read of its header, for the fields that say how long it is, and what. */
    private final ByteArrayOutputStream header = new ByteArrayOutputStream();

    private boolean headerIsOver;

    private long claimedEnd;
    /** Whether it is known that what it says is true. */
    private boolean honest;

    private MboxReader(InputStream in, Quoting quoting, boolean lenient, boolean tolerant) {
        this.in = in;
        this.quoting = quoting;
        this.lenient = lenient;
        this.tolerant = tolerant;
    }

    /**
     * A reader of a stream, which {@link #close} closes.
     *
     * @param quoting {@code mboxrd}, {@code mboxo} or {@code none}, as {@code storage.mbox.quoting}
     * @param separator {@code strict} or {@code lenient}, as {@code storage.mbox.separator}
     * @throws IllegalArgumentException if one of them is something else
     */
    public static MboxReader of(InputStream in, String quoting, String separator) {
        return of(in, quoting, separator, false);
    }

    /**
     * The same for archives: it takes odd From_ lines, too, and skips a byte order mark and empty lines at the
     * beginning. {@link Entry#oddity} tells which they were.
     */
    public static MboxReader tolerant(InputStream in, String quoting, String separator) {
        return of(in, quoting, separator, true);
    }

    static MboxReader tolerant(InputStream in, MboxFormat format) {
        return new MboxReader(in, format.quoting(), format.lenient(), true);
    }

    private static MboxReader of(InputStream in, String quoting, String separator, boolean tolerant) {
        return new MboxReader(in, Quoting.of(quoting), MboxFormat.isLenient(separator), tolerant);
    }

    /**
     * Whether a stream that begins with these octets was meant as an mbox: {@code From } stands there, which begins no
     * header field, or behind a byte order mark and empty lines.
     */
    public static boolean looksLikeMbox(byte[] start) {
        return Quoting.from(start, leading(start, 0, start.length), start.length) == Quoting.Match.YES;
    }

    /** Where a byte order mark and empty lines end. */
    static int leading(byte[] octets, int from, int to) {
        int at = from;
        if (to - at >= 3
                && octets[at] == (byte) 0xEF
                && octets[at + 1] == (byte) 0xBB
                && octets[at + 2] == (byte) 0xBF) {
            at += 3;
        }
        while (at < to && (octets[at] == LF || (octets[at] == CR && at + 1 < to && octets[at + 1] == LF))) {
            at++;
        }
        return at;
    }

    /**
     * The next message; {@code null} at the end. Skips what was not read of the one before.
     *
     * @throws StoreException with {@link Reason#CORRUPT} if the stream does not begin with a From_ line
     */
    public @Nullable Entry next() throws IOException {
        Entry entry = advance();
        if (entry != null && first) {
            first = false;
            if (entry.isPseudo()) {
                return advance();
            }
        }
        return entry;
    }

    private @Nullable Entry advance() throws IOException {
        if (current != null) {
            current.skip();
            current = null;
        } else {
            if (tolerant) {
                ensure(LEADING);
                at = leading(buffer, at, fill);
            }
            separator = separatorHere();
            if (separator == 0) {
                if (ensure(1) == 0) {
                    return null;
                }
                throw MboxScanner.noMailbox();
            }
        }
        if (separator == 0) {
            return null;
        }
        Entry entry = new Entry(base + at, FromFields.of(buffer, at, at + separator), oddity);
        int bareEnd = at + separator;
        bareEnd = bareEnd > at && buffer[bareEnd - 1] == LF ? bareEnd - 1 : bareEnd;
        ofGit = FromLine.isOfGit(buffer, at, LineFeeds.bareEnd(buffer, at, bareEnd));
        fields.begin();
        headerIsOver = false;
        header.reset();
        claimedEnd = ContentLength.NONE;
        honest = false;
        at += separator;
        separator = 0;
        held = 0;
        lineStart = true;
        afterEmptyLine = false;
        current = entry;
        return entry;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }

    /** A message of the mbox, to be read before the next one is asked for. */
    public final class Entry {
        private final long offset;
        private final FromFields fields;
        private final @Nullable String oddity;
        private final Deque<ByteBuffer> ahead = new ArrayDeque<>();
        private boolean complete;

        private Entry(long offset, FromFields fields, @Nullable String oddity) {
            this.offset = offset;
            this.fields = fields;
            this.oddity = oddity;
        }

        /** Where its From_ line begins in the stream, in octets. */
        public long offset() {
            return offset;
        }

        /** The envelope's sender; empty for a bounce, or if the From_ line names none. */
        public String sender() {
            return fields.sender();
        }

        /** The date of its From_ line; empty if it has none or cannot be parsed. */
        public Optional<Instant> date() {
            return fields.date();
        }

        /** What is odd about its From_ line, in words; {@code null} if nothing is. */
        public @Nullable String oddity() {
            return oddity;
        }

        /**
         * The next octets of the unquoted message, with the line ends of the mbox; {@code null} at its end. The buffer
         * belongs to the caller.
         */
        public @Nullable ByteBuffer read() throws IOException {
            ByteBuffer known = ahead.poll();
            return known != null ? known : produce();
        }

        private @Nullable ByteBuffer produce() throws IOException {
            if (complete || current != this) {
                return null;
            }
            ByteBuffer out = ByteBuffer.allocate(BLOCK + 2);
            complete = !MboxReader.this.produce(out);
            return out.flip().hasRemaining() ? out : null;
        }

        private void skip() throws IOException {
            ahead.clear();
            while (!complete) {
                produce();
            }
        }

        /** c-client keeps its state in a first message that no mail program shows. */
        private boolean isPseudo() throws IOException {
            while (!headerIsOver && header.size() < PseudoMessage.TELLING) {
                ByteBuffer octets = produce();
                if (octets == null) {
                    break;
                }
                ahead.add(octets);
            }
            return PseudoMessage.isThat(Arrays.copyOf(header.toByteArray(), PseudoMessage.TELLING));
        }
    }

    /** Fills the buffer with content; whether there may be more. */
    private boolean produce(ByteBuffer out) throws IOException {
        // room for an empty line that was held back and one octet at least
        while (out.remaining() > 2) {
            if (lineStart) {
                separator = separatorHere();
                if (separator > 0 || ensure(1) == 0) {
                    held = 0;
                    return false;
                }
                emitHeld(out);
                int empty = emptyLineHere();
                if (empty > 0) {
                    endHeader(empty);
                    held = empty;
                    at += empty;
                    afterEmptyLine = true;
                    continue;
                }
                afterEmptyLine = false;
                if (!headerIsOver) {
                    lookAtField();
                }
                if (buffer[at] == '>' && !unquote(out)) {
                    continue;
                }
                lineStart = false;
            }
            if (ensure(1) == 0) {
                return false;
            }
            int lineFeed = LineFeeds.indexOf(buffer, at, fill);
            int end = lineFeed < 0 ? fill : lineFeed + 1;
            int length = Math.min(end - at, out.remaining());
            if (!fields.hidden()) {
                out.put(buffer, at, length);
            }
            if (!headerIsOver && header.size() <= ContentLength.LONGEST_HEADER) {
                header.write(buffer, at, length);
            }
            at += length;
            lineStart = at == end && lineFeed >= 0;
        }
        return true;
    }

    /** Looks whether the line here is the format's. */
    private void lookAtField() throws IOException {
        int known = ensure(FormatFields.TELLING);
        if (fields.hides(buffer, at, at + known) == Quoting.Match.UNDECIDED) {
            fields.hidesCut(buffer, at, at + known);
        }
    }

    /** Takes off one mark if the line is a quoted one; false if more has to be read to tell. */
    private boolean unquote(ByteBuffer out) throws IOException {
        ensure(Quoting.FROM_LENGTH + 1);
        Quoting.Match match = quoting.quoted(buffer, at, fill);
        if (match == Quoting.Match.UNDECIDED && !ended) {
            // a run of marks up to the end of the buffer: any of them will do as the one to be taken off
            int resume = quoting.resumeAt(buffer, at, fill);
            int length = Math.min(resume - at, out.remaining());
            out.put(buffer, at, length);
            at += length;
            if (length == 0) {
                ensure(fill - at + 1);
            }
            return false;
        }
        if (match == Quoting.Match.YES) {
            at++;
        }
        return true;
    }

    private void emitHeld(ByteBuffer out) {
        if (held == 2) {
            out.put(CR);
        }
        if (held > 0) {
            out.put(LF);
        }
        held = 0;
    }

    private int emptyLineHere() throws IOException {
        int known = ensure(2);
        if (buffer[at] == LF) {
            return 1;
        }
        return known == 2 && buffer[at] == CR && buffer[at + 1] == LF ? 2 : 0;
    }

    private int separatorHere() throws IOException {
        if (!(afterEmptyLine || lenient)
                || ensure(Quoting.FROM_LENGTH) < Quoting.FROM_LENGTH
                || Quoting.from(buffer, at, fill) != Quoting.Match.YES) {
            return 0;
        }
        int known = ensure(FromLine.MAX_OCTETS + 2 + LeadingFromLine.NAME);
        int lineFeed = LineFeeds.indexOf(buffer, at, at + Math.min(known, FromLine.MAX_OCTETS + 2));
        int end = lineFeed < 0 ? at + known : lineFeed;
        int bareEnd = LineFeeds.bareEnd(buffer, at, end);
        oddity = null;
        if (!FromLine.begins(buffer, at, bareEnd)) {
            oddity = lineFeed < 0 ? null : oddityHere(bareEnd, lineFeed + 1, at + known);
            if (oddity == null) {
                return 0;
            }
        }
        // what is read ahead moves the line in the buffer
        int length = (lineFeed < 0 ? end : lineFeed + 1) - at;
        if (current != null && ((!ofGit && FromLine.isOfGit(buffer, at, bareEnd)) || isInside())) {
            return 0;
        }
        return length;
    }

    /**
     * What is odd about the line here; nothing if it is no separator. Where nothing is quoted it is only one at the
     * beginning: behind that, it may be anybody's text.
     */
    private @Nullable String oddityHere(int bareEnd, int next, int known) {
        return tolerant
                        && afterEmptyLine
                        && (quoting != Quoting.NONE || current == null)
                        && LeadingFromLine.isField(buffer, next, known)
                ? FromLine.oddity(buffer, at, bareEnd)
                : null;
    }

    private void endHeader(int emptyLine) {
        if (headerIsOver) {
            return;
        }
        headerIsOver = true;
        fields.begin();
        if (header.size() <= ContentLength.LONGEST_HEADER) {
            header.write(buffer, at, emptyLine);
            byte[] octets = header.toByteArray();
            claimedEnd = ContentLength.claimedEnd(octets, 0, octets.length, base + at + emptyLine - octets.length);
        }
    }

    /** Whether the message says, and is to be believed, that what comes next is its own. */
    private boolean isInside() throws IOException {
        if (!honest && claimedEnd > base + at) {
            long ahead = claimedEnd - base - at;
            int wanted = (int) Math.min(ahead, FARTHEST) + ContentLength.WINDOW;
            int known = ahead > FARTHEST ? 0 : ensure(wanted);
            honest = known >= ahead
                    && ContentLength.isEnd(buffer, at + (int) ahead, at + known, ended && known == fill - at, ofGit);
            if (!honest) {
                claimedEnd = ContentLength.NONE;
            }
        }
        return claimedEnd > base + at;
    }

    /** Sees to it that so many octets are in the buffer, unless the stream ends before; how many of them there are. */
    private int ensure(int octets) throws IOException {
        while (fill - at < octets && !ended) {
            if (at > 0 && buffer.length - at < Math.max(octets, BLOCK)) {
                System.arraycopy(buffer, at, buffer, 0, fill - at);
                base += at;
                fill -= at;
                at = 0;
            }
            if (buffer.length < octets) {
                buffer = Arrays.copyOf(buffer, (int) Math.min(octets + BLOCK, 2L * buffer.length));
            }
            int read = in.read(buffer, fill, buffer.length - fill);
            if (read < 0) {
                ended = true;
            } else {
                fill += read;
            }
        }
        return Math.min(octets, fill - at);
    }
}
