package org.pop2.storage.fs.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.zip.CRC32C;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;

/**
 * Finds the messages of a mailbox file and counts their octets on the wire, in one pass.
 *
 * <p>A separator is a From_ line ({@link FromLine}) at the start of the file or after an empty line, unless the message
 * before says honestly that it is longer ({@link ContentLength}), or the line is git's and the message is not. What
 * cannot be decided with the octets at hand (a line that begins with {@code Fro} at the end of a block) stays in the
 * buffer until the next block has been added: so every way of cutting the file into blocks gives the same index.
 *
 * <p>Line ends and quoting follow the same rules as in {@link WireEncoder}, which checks every message it sends against
 * the octets counted here.
 */
public final class MboxScanner {
    private static final byte CR = '\r';
    /** Octets that stay in the buffer behind those that are done with: the end of a line and an empty line. */
    private static final int LOOK_BACK = 3;

    private static final int HEADER_BLOCK = 4 * 1024;

    /** A message has not been asked for its length. */
    private static final long UNKNOWN = -2;

    private final OctetSource file;
    private final MboxFormat format;
    private final Runnable onBlock;

    private final byte[] buffer;
    private final MboxIndex.Builder index;

    /** File offset of the buffer's first octet. */
    private long base;

    private int fill;

    /** Where the file ends. */
    private final long limit;

    // the message that is being counted
    private long messageStart = -1;
    private int fromLength;
    private boolean ofGit;
    /** Where it says that it ends, if that has been asked and is to be believed. */
    private long honestEnd;

    private final Claims claims = new Claims();
    private long bareLineFeeds;
    private long marks;
    private final FormatFields fields = new FormatFields();
    /** Octets of lines that are not sent. */
    private long hidden;

    /** Over the From_ line and what is sent of the header. */
    private final CRC32C mark = new CRC32C();

    private boolean atLineStart = true;

    private MboxScanner(OctetSource file, long limit, MboxFormat format, MboxIndex.Builder index, Runnable onBlock) {
        this.file = file;
        this.limit = limit;
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
    public static MboxIndex scan(OctetSource file, long end, MboxFormat format, Runnable onBlock) throws IOException {
        MboxIndex found = new MboxScanner(file, end, format, new MboxIndex.Builder(16), onBlock).run(0, end, false);
        return found.withPseudo(found.rows() > 0 && isPseudo(file, found));
    }

    /** Whether the last message of an index does not end where the index does, though another may begin there. */
    private static boolean goesOn(OctetSource file, MboxIndex index, long limit) throws IOException {
        int last = index.rows() - 1;
        if (last < 0) {
            return false;
        }
        long start = index.start(last);
        boolean git = isOfGit(file, start, index.contentStart(last));
        if (!git && isOfGit(file, index.end(), limit)) {
            return true;
        }
        long claimed = claimedEnd(file, index.contentStart(last), index.end());
        return claimed > index.end() && isHonest(file, claimed, limit, git);
    }

    private static boolean isOfGit(OctetSource file, long from, long end) throws IOException {
        byte[] line = new byte[(int) Math.min(FromLine.MAX_OCTETS + 2L, end - from)];
        if (!file.readFully(ByteBuffer.wrap(line), from)) {
            return false;
        }
        int lineFeed = LineFeeds.indexOf(line, 0, line.length);
        return FromLine.isOfGit(line, 0, LineFeeds.bareEnd(line, 0, lineFeed < 0 ? line.length : lineFeed));
    }

    private static long claimedEnd(OctetSource file, long from, long to) throws IOException {
        byte[] header = new byte[(int) Math.min(ContentLength.LONGEST_HEADER, to - from)];
        return file.readFully(ByteBuffer.wrap(header), from)
                ? ContentLength.claimedEnd(header, 0, header.length, from)
                : ContentLength.NONE;
    }

    private static boolean isHonest(OctetSource file, long claimed, long limit, boolean ofGit) throws IOException {
        if (claimed > limit) {
            return false;
        }
        byte[] window = new byte[(int) Math.min(ContentLength.WINDOW, limit - claimed + 1)];
        return file.readFully(ByteBuffer.wrap(window), claimed - 1)
                && ContentLength.isEnd(window, 1, window.length, claimed - 1 + window.length == limit, ofGit);
    }

    /** The index after something was appended, looking only at that, if it begins with a message of its own. */
    public static MboxIndex extend(OctetSource file, MboxIndex known, long end, MboxFormat format, Runnable onBlock)
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
        boolean claimed = known.claimant() < known.rows();
        if (closed && !claimed && startsMessage(file, known.end(), end) && !goesOn(file, known, end)) {
            return new MboxScanner(file, end, format, known.toBuilder(known.rows()), onBlock)
                    .run(known.end(), end, known.pseudo());
        }
        // it goes on with the last message, or one before may be longer than it seemed
        int row = Math.min(lastRow, known.claimant());
        MboxIndex found = new MboxScanner(file, end, format, known.toBuilder(row), onBlock)
                .run(known.start(row), end, known.pseudo());
        return row == 0 ? found.withPseudo(isPseudo(file, found)) : found;
    }

    /** The mark of a message whose From_ line stands at an offset, as the index has it. Reads its header only. */
    public static int mark(OctetSource file, long start, long end, MboxFormat format) throws IOException {
        MboxFormat small = new MboxFormat(format.quoting(), format.lenient(), 2, HEADER_BLOCK);
        MboxScanner scanner = new MboxScanner(file, end, small, new MboxIndex.Builder(2), () -> {});
        scanner.base = start;
        int at = 0;
        boolean complete = false;
        while (!complete && scanner.fields.inHeader() && scanner.index.rows() == 0) {
            complete = scanner.read(end);
            at = scanner.step(scanner.consume(at, complete));
        }
        if (scanner.index.rows() == 0 && scanner.messageStart >= 0) {
            return (int) scanner.mark.getValue();
        }
        return scanner.messageStart < 0 ? 0 : scanner.index.build(end, false, 0).mark(0);
    }

    /** Whether a From_ line stands at an offset. */
    public static boolean startsMessage(OctetSource file, long offset, long end) throws IOException {
        byte[] line = new byte[(int) Math.min(FromLine.MAX_OCTETS + 2L, end - offset)];
        if (!file.readFully(ByteBuffer.wrap(line), offset)) {
            return false;
        }
        int lineFeed = LineFeeds.indexOf(line, 0, line.length);
        return FromLine.begins(line, 0, LineFeeds.bareEnd(line, 0, lineFeed < 0 ? line.length : lineFeed));
    }

    private MboxIndex run(long from, long end, boolean pseudo) throws IOException {
        if (end > MboxIndex.MAX_END) {
            throw new StoreException(Reason.UNAVAILABLE, "the mailbox has more than 64 TiB");
        }
        base = from;
        int at = 0;
        while (true) {
            boolean complete = read(end);
            at = consume(at, complete);
            if (complete && at == fill) {
                break;
            }
            at = step(at);
        }
        if (messageStart >= 0) {
            endMessage(end);
        }
        return index.build(end, pseudo, claims.first(limit));
    }

    /** Makes room in the buffer; where an octet of it is then. */
    private int step(int at) {
        int done = Math.max(0, at - LOOK_BACK);
        System.arraycopy(buffer, done, buffer, 0, fill - done);
        base += done;
        fill -= done;
        return at - done;
    }

    /** Adds a block to the buffer; whether that was the last one. */
    private boolean read(long end) throws IOException {
        int want = (int) Math.min(Math.min(format.blockSize(), buffer.length - fill), end - base - fill);
        if (want > 0) {
            if (!file.readFully(ByteBuffer.wrap(buffer, fill, want), base + fill)) {
                throw shorter();
            }
            fill += want;
            onBlock.run();
        }
        return base + fill == end;
    }

    /** Goes on as far as can be decided; returns the index of the first octet that cannot. */
    private int consume(int from, boolean complete) throws IOException {
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
                        if (fields.inHeader()) {
                            mark.update(buffer, at, resume - at);
                        }
                        return resume;
                    }
                    if (match == Quoting.Match.YES) {
                        marks++;
                    }
                }
                if (messageStart < 0) {
                    throw noMailbox();
                }
                if (fields.inHeader() && !isDecided(at, complete)) {
                    return at;
                }
                atLineStart = false;
            }
            int lineFeed = LineFeeds.indexOf(buffer, at, fill);
            int end = lineFeed < 0 ? fill : lineFeed + 1;
            boolean bare = lineFeed >= 0 && buffer[lineFeed - 1] != CR;
            if (fields.hidden()) {
                hidden += end - at;
            } else {
                if (fields.inHeader()) {
                    mark.update(buffer, at, end - at);
                }
                bareLineFeeds += bare ? 1 : 0;
            }
            at = end;
            atLineStart = lineFeed >= 0;
        }
        return at;
    }

    /** Looks whether a line of the header is the format's, if enough of it is there. */
    private boolean isDecided(int at, boolean complete) {
        if (fields.hides(buffer, at, fill) != Quoting.Match.UNDECIDED) {
            return true;
        }
        if (complete) {
            fields.hidesCut(buffer, at, fill);
        }
        return complete;
    }

    /** Octets of the empty line before an index; 0 if there is no empty line. */
    private static int separatorBefore(byte[] octets, int at) {
        if (at < 2 || octets[at - 1] != '\n') {
            return 0;
        }
        if (octets[at - 2] == '\n') {
            return 1;
        }
        return at > 2 && octets[at - 2] == CR && octets[at - 3] == '\n' ? 2 : 0;
    }

    /**
     * Looks at a line that begins with F.
     *
     * @return the index after the line if it begins a message, {@code at} if it does not, -1 if that is not known yet
     */
    private int fromLine(int at, boolean complete) throws IOException {
        Quoting.Match match = Quoting.from(buffer, at, fill);
        if (match == Quoting.Match.UNDECIDED && !complete) {
            return -1;
        }
        // where the scan begins, a message does
        if (match != Quoting.Match.YES || !(messageStart < 0 || format.lenient() || separatorBefore(buffer, at) > 0)) {
            return at;
        }
        int lineFeed = LineFeeds.indexOf(buffer, at, fill);
        if (lineFeed < 0 && !complete && fill - at <= FromLine.MAX_OCTETS + 1) {
            return -1;
        }
        int lineEnd = lineFeed < 0 ? fill : lineFeed;
        int bareEnd = LineFeeds.bareEnd(buffer, at, lineEnd);
        if (!FromLine.begins(buffer, at, bareEnd)) {
            return at;
        }
        boolean git = FromLine.isOfGit(buffer, at, bareEnd);
        if (messageStart >= 0) {
            if ((git && !ofGit) || isInside(at)) {
                return at;
            }
            endMessage(base + at);
        }
        ofGit = git;
        honestEnd = UNKNOWN;
        int after = lineFeed < 0 ? fill : lineFeed + 1;
        messageStart = base + at;
        fromLength = after - at;
        bareLineFeeds = 0;
        marks = 0;
        hidden = 0;
        fields.begin();
        mark.reset();
        mark.update(buffer, at, bareEnd - at);
        atLineStart = true;
        return after;
    }

    /** Whether the message says, and is to be believed, that an octet of the buffer is its own. */
    private boolean isInside(int at) throws IOException {
        if (honestEnd == UNKNOWN) {
            long content = messageStart + fromLength;
            long claimed = content >= base
                    ? ContentLength.claimedEnd(
                            buffer,
                            (int) (content - base),
                            (int) Math.min(at, content - base + ContentLength.LONGEST_HEADER),
                            base)
                    : claimedEnd(file, content, base + at);
            boolean honest = claimed > base + at && isHonest(file, claimed, limit, ofGit);
            honestEnd = honest ? claimed : ContentLength.NONE;
            if (claimed > base + at && !honest) {
                claims.add(index.rows(), claimed, base + at);
            }
        }
        return honestEnd > base + at;
    }

    private void endMessage(long end) {
        requireAtMost(index.rows() + 1, format);
        boolean unterminated = !atLineStart;
        long all = end - messageStart - fromLength;
        int removed = unterminated || all == 0 ? 0 : separatorBefore(buffer, (int) (end - base));
        long sent = all - removed - hidden;
        long inserted = bareLineFeeds - (removed == 1 ? 1 : 0);
        boolean lineEndMissing = unterminated && !fields.hidden();
        int flags = (hidden > 0 ? MboxIndex.FIELDS : 0) | (fields.notes() ? MboxIndex.NOTES : 0);
        flags |= fields.numbers() ? MboxIndex.NUMBERS : 0;
        long octets = sent + inserted - marks + (lineEndMissing ? 2 : 0);
        if (sent == 0) {
            octets = 2;
            flags |= MboxIndex.UNTERMINATED;
        } else if (lineEndMissing) {
            flags |= MboxIndex.UNTERMINATED;
        } else if (inserted == 0 && marks == 0 && hidden == 0) {
            flags |= MboxIndex.PLAIN;
        }
        if (marks > 0) {
            flags |= MboxIndex.QUOTED;
        }
        index.add(messageStart, octets, fromLength, removed, flags, (int) mark.getValue());
    }

    public static void requireAtMost(int rows, MboxFormat format) {
        if (rows > format.maxMessages()) {
            throw new StoreException(
                    Reason.UNAVAILABLE, "the mailbox has more than max-messages = " + format.maxMessages());
        }
    }

    public static StoreException noMailbox() {
        return new StoreException(Reason.CORRUPT, "not a mailbox: it does not begin with a From_ line");
    }

    private static StoreException shorter() {
        return new StoreException(Reason.CORRUPT, "the mailbox became shorter while it was read");
    }

    private static boolean isPseudo(OctetSource file, MboxIndex index) throws IOException {
        long start = index.contentStart(0);
        byte[] head = new byte[(int) Math.min(PseudoMessage.TELLING, index.contentEnd(0) - start)];
        if (!file.readFully(ByteBuffer.wrap(head), start)) {
            throw shorter();
        }
        return PseudoMessage.isThat(head);
    }

    /**
     * Messages that say that they are longer than they are taken for. When more of the file is there, one that was cut
     * in two may turn out to have been honest.
     */
    private static final class Claims {
        /** One that says more is not waited for: it would have the file read from there again and again. */
        private static final long FARTHEST = 1024 * 1024;

        private final ArrayDeque<long[]> rowsAndEnds = new ArrayDeque<>();

        void add(int row, long end, long now) {
            rowsAndEnds.removeIf(claim -> claim[1] < now - ContentLength.WINDOW);
            if (end - now <= FARTHEST) {
                rowsAndEnds.add(new long[] {row, end});
            }
        }

        /** The first row whose claim cannot be judged yet, for what stands where it ends is not all there. */
        int first(long end) {
            return rowsAndEnds.stream()
                    .filter(claim -> claim[1] >= end - ContentLength.WINDOW)
                    .mapToInt(claim -> (int) claim[0])
                    .min()
                    .orElse(Integer.MAX_VALUE);
        }
    }
}
