package org.pop2.storage.fs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;

/**
 * Finds the messages of a mailbox file and counts their octets on the wire, in one pass.
 *
 * <p>A separator is a From_ line ({@link FromLine}) at the start of the file or after an empty line; Content-Length is
 * not believed. The pass goes from line feed to line feed. What cannot be decided with the octets at hand (a line that
 * begins with {@code Fro} at the end of a block) stays in the buffer until the next block has been added: so every way
 * of cutting the file into blocks gives the same index.
 *
 * <p>Line ends and quoting follow the same rules as in {@link WireEncoder}, which checks every message it sends against
 * the octets counted here.
 */
final class MboxScanner {
    private static final byte CR = '\r';
    /** Enough of c-client's pseudo message to see what it is. */
    private static final int PSEUDO_HEADER = 8 * 1024;

    private final IoFile file;
    private final MboxFormat format;
    private final Runnable onBlock;

    private final byte[] buffer;
    private final MboxIndex.Builder index;

    /** File offset of the buffer's first octet. */
    private long base;

    private int fill;

    // the message that is being counted
    private long messageStart = -1;
    private int fromLength;
    private long bareLineFeeds;
    private long marks;
    private int separator;

    // the line before
    private boolean atLineStart = true;
    private boolean afterEmptyLine;
    private long lineStart;
    private byte last;

    private MboxScanner(IoFile file, MboxFormat format, MboxIndex.Builder index, Runnable onBlock) {
        this.file = file;
        this.format = format;
        this.index = index;
        this.onBlock = onBlock;
        this.buffer = new byte[FromLine.MAX_OCTETS + 16 + format.blockSize()];
    }

    /**
     * The index of the first {@code end} octets.
     *
     * @param onBlock called now and then while it takes long
     * @throws StoreException with {@link Reason#CORRUPT} if this is no mailbox or the file ends early
     */
    static MboxIndex scan(IoFile file, long end, MboxFormat format, Runnable onBlock) throws IOException {
        MboxIndex.Builder builder = new MboxIndex.Builder(16);
        MboxIndex found = new MboxScanner(file, format, builder, onBlock).run(0, end, false);
        return found.withPseudo(found.rows() > 0 && isPseudo(file, found));
    }

    /** The index after something was appended, looking only at that, if it begins with a message of its own. */
    static MboxIndex extend(IoFile file, MboxIndex known, long end, MboxFormat format, Runnable onBlock)
            throws IOException {
        if (end == known.end()) {
            return known;
        }
        int lastRow = known.rows() - 1;
        // a From_ line at the very end may have been cut short, and be something else now
        if (known.rows() == 0 || known.contentStart(lastRow) == known.end()) {
            return scan(file, end, format, onBlock);
        }
        boolean closed = known.contentEnd(lastRow) < known.end()
                || (format.lenient() && !known.is(lastRow, MboxIndex.UNTERMINATED));
        if (closed && startsMessage(file, known.end(), end)) {
            return new MboxScanner(file, format, known.toBuilder(known.rows()), onBlock)
                    .run(known.end(), end, known.pseudo());
        }
        // it goes on with the last message
        MboxIndex found = new MboxScanner(file, format, known.toBuilder(lastRow), onBlock)
                .run(known.start(lastRow), end, known.pseudo());
        return lastRow == 0 ? found.withPseudo(isPseudo(file, found)) : found;
    }

    /** Whether a From_ line stands at an offset. */
    static boolean startsMessage(IoFile file, long offset, long end) throws IOException {
        byte[] line = new byte[(int) Math.min(FromLine.MAX_OCTETS + 2L, end - offset)];
        if (!file.readFully(ByteBuffer.wrap(line), offset)) {
            return false;
        }
        int lineFeed = LineFeeds.indexOf(line, 0, line.length);
        return FromLine.begins(line, 0, lengthWithoutCr(line, 0, lineFeed < 0 ? line.length : lineFeed));
    }

    private MboxIndex run(long from, long end, boolean pseudo) throws IOException {
        base = from;
        afterEmptyLine = true; // from is where a message begins
        int at = 0;
        while (true) {
            boolean complete = read(end);
            at = consume(at, complete);
            if (complete && at == fill) {
                break;
            }
            if (at > 0) {
                last = buffer[at - 1];
                System.arraycopy(buffer, at, buffer, 0, fill - at);
                base += at;
                fill -= at;
                at = 0;
            }
        }
        if (messageStart >= 0) {
            endMessage(end);
        }
        return index.build(end, pseudo);
    }

    /** Adds a block to the buffer; whether that was the last one. */
    private boolean read(long end) throws IOException {
        int want = (int) Math.min(Math.min(format.blockSize(), buffer.length - fill), end - base - fill);
        if (want > 0) {
            if (!file.readFully(ByteBuffer.wrap(buffer, fill, want), base + fill)) {
                throw new StoreException(Reason.CORRUPT, "the mailbox became shorter while it was read");
            }
            fill += want;
            onBlock.run();
        }
        return base + fill == end;
    }

    /** Goes on as far as can be decided; returns the index of the first octet that cannot. */
    private int consume(int from, boolean complete) {
        int at = from;
        while (at < fill) {
            if (atLineStart) {
                byte first = buffer[at];
                if (first == 'F') {
                    int after = fromLine(at, complete);
                    if (after < 0) {
                        return at;
                    }
                    if (after > at) {
                        at = after;
                        continue;
                    }
                } else if (first == '>') {
                    Quoting.Match match = format.quoting().quoted(buffer, at, fill);
                    if (match == Quoting.Match.UNDECIDED && !complete) {
                        int resume = format.quoting().resumeAt(buffer, at, fill);
                        return resume;
                    }
                    if (match == Quoting.Match.YES) {
                        marks++;
                    }
                }
                if (messageStart < 0) {
                    throw new StoreException(Reason.CORRUPT, "not a mailbox: it does not begin with a From_ line");
                }
                lineStart = base + at;
                atLineStart = false;
            }
            int lineFeed = LineFeeds.indexOf(buffer, at, fill);
            if (lineFeed < 0) {
                return fill;
            }
            endLine(lineFeed);
            at = lineFeed + 1;
        }
        return at;
    }

    /**
     * Looks at a line that begins with F.
     *
     * @return the index after the line if it begins a message, {@code at} if it does not, -1 if that is not known yet
     */
    private int fromLine(int at, boolean complete) {
        Quoting.Match match = Quoting.from(buffer, at, fill);
        if (match == Quoting.Match.UNDECIDED && !complete) {
            return -1;
        }
        if (match != Quoting.Match.YES || !(afterEmptyLine || format.lenient())) {
            return at;
        }
        int lineFeed = LineFeeds.indexOf(buffer, at, fill);
        if (lineFeed < 0 && !complete && fill - at <= FromLine.MAX_OCTETS + 1) {
            return -1;
        }
        int lineEnd = lineFeed < 0 ? fill : lineFeed;
        if (!FromLine.begins(buffer, at, lengthWithoutCr(buffer, at, lineEnd))) {
            return at;
        }
        if (messageStart >= 0) {
            endMessage(base + at);
        }
        int after = lineFeed < 0 ? fill : lineFeed + 1;
        messageStart = base + at;
        fromLength = after - at;
        bareLineFeeds = 0;
        marks = 0;
        separator = 0;
        atLineStart = true;
        afterEmptyLine = false;
        return after;
    }

    private void endLine(int lineFeed) {
        long length = base + lineFeed - lineStart;
        byte before = lineFeed > 0 ? buffer[lineFeed - 1] : last;
        boolean crlf = length > 0 && before == CR;
        if (!crlf) {
            bareLineFeeds++;
        }
        afterEmptyLine = length == 0 || (length == 1 && crlf);
        separator = afterEmptyLine ? (int) length + 1 : 0;
        atLineStart = true;
    }

    private void endMessage(long end) {
        if (index.rows() >= format.maxMessages()) {
            throw new StoreException(
                    Reason.UNAVAILABLE, "the mailbox has more than max-messages = " + format.maxMessages());
        }
        boolean unterminated = !atLineStart;
        int removed = unterminated ? 0 : separator;
        long stored = end - messageStart - fromLength - removed;
        long inserted = bareLineFeeds - (removed == 1 ? 1 : 0);
        int flags = 0;
        long octets = stored + inserted - marks + (unterminated ? 2 : 0);
        if (stored == 0) {
            octets = 2;
            flags |= MboxIndex.UNTERMINATED;
        } else if (unterminated) {
            flags |= MboxIndex.UNTERMINATED;
        } else if (inserted == 0 && marks == 0) {
            flags |= MboxIndex.PLAIN;
        }
        if (marks > 0) {
            flags |= MboxIndex.QUOTED;
        }
        index.add(messageStart, octets, fromLength, removed, flags);
    }

    private static int lengthWithoutCr(byte[] line, int from, int end) {
        return end > from && line[end - 1] == CR ? end - 1 : end;
    }

    /** c-client keeps its state in a first message that no mail program shows; this recognises it as Dovecot does. */
    private static boolean isPseudo(IoFile file, MboxIndex index) throws IOException {
        long start = index.contentStart(0);
        byte[] head = new byte[(int) Math.min(PSEUDO_HEADER, index.contentEnd(0) - start)];
        if (!file.readFully(ByteBuffer.wrap(head), start)) {
            throw new StoreException(Reason.CORRUPT, "the mailbox became shorter while it was read");
        }
        boolean state = false;
        boolean subject = false;
        for (String line : new String(head, StandardCharsets.ISO_8859_1).split("\r?\n", -1)) {
            if (line.isEmpty()) {
                break;
            }
            String lower = line.toLowerCase(Locale.ROOT);
            state |= lower.startsWith("x-imap:");
            subject |= lower.startsWith("subject:") && line.contains("FOLDER INTERNAL DATA");
        }
        return state && subject;
    }
}
