package org.pop2.storage.fs.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.Doubtful;
import org.pop2.storage.Doubtful.Doubt;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;

/**
 * Finds lines that begin like a From_ line and that {@link MboxScanner} may have judged wrongly. Text that merely
 * begins with {@code From } causes no doubt, nor does a line of git's.
 */
public final class MboxDoubts {
    private static final int BLOCK = 64 * 1024;
    /** Most characters of a line that are shown. */
    private static final int SHOWN = 80;

    private final OctetSource file;
    private final MboxIndex index;
    private final MboxFormat format;
    private final List<Doubt> doubts = new ArrayList<>();
    private int row;

    private MboxDoubts(OctetSource file, MboxIndex index, MboxFormat format) {
        this.file = file;
        this.index = index;
        this.format = format;
    }

    /** The doubts about a scanned mailbox, at most {@link Doubtful#MOST}. */
    public static List<Doubt> of(OctetSource file, MboxIndex index, MboxFormat format) throws IOException {
        MboxDoubts doubts = new MboxDoubts(file, index, format);
        doubts.look();
        return doubts.doubts;
    }

    private void look() throws IOException {
        byte[] block = new byte[BLOCK];
        boolean atLineStart = true;
        for (long base = 0; base < index.end() && doubts.size() < Doubtful.MOST; ) {
            int length = (int) Math.min(block.length, index.end() - base);
            read(ByteBuffer.wrap(block, 0, length), base);
            int at = 0;
            while (at < length && doubts.size() < Doubtful.MOST) {
                if (atLineStart && block[at] == 'F') {
                    lookAt(base + at);
                }
                int lineFeed = LineFeeds.indexOf(block, at, length);
                atLineStart = lineFeed >= 0;
                at = lineFeed < 0 ? length : lineFeed + 1;
            }
            base += length;
        }
    }

    private void read(ByteBuffer into, long at) throws IOException {
        if (!file.readFully(into, at)) {
            throw new StoreException(Reason.CORRUPT, "the mailbox became shorter while it was read");
        }
    }

    private void lookAt(long offset) throws IOException {
        byte[] octets = new byte[(int) Math.min(FromLine.MAX_OCTETS + 2L + LeadingFromLine.NAME, index.end() - offset)];
        read(ByteBuffer.wrap(octets), offset);
        if (Quoting.from(octets, 0, octets.length) != Quoting.Match.YES) {
            return;
        }
        while (row < index.rows() && index.start(row) < offset) {
            row++;
        }
        boolean separates = row < index.rows() && index.start(row) == offset;
        int lineFeed = LineFeeds.indexOf(octets, 0, octets.length);
        int end = lineFeed < 0 ? octets.length : lineFeed;
        end = end > 0 && octets[end - 1] == '\r' ? end - 1 : end;
        boolean header = lineFeed >= 0 && LeadingFromLine.isField(octets, lineFeed + 1, octets.length);
        // the first line is nobody's text
        String why = separates ? against(header || row == 0) : inFavour(octets, end, offset, header);
        if (why != null) {
            doubts.add(new Doubt(offset, separates, why, shown(octets, end)));
        }
    }

    private static @Nullable String against(boolean clear) {
        return clear ? null : "no header field is behind it";
    }

    /** Why a line that was taken for text may be a separator. */
    private @Nullable String inFavour(byte[] octets, int end, long offset, boolean header) throws IOException {
        boolean empty = isBehindEmptyLine(offset);
        if (FromLine.begins(octets, 0, end)) {
            if (FromLine.isOfGit(octets, 0, end)) {
                return null;
            }
            return empty || format.lenient()
                    ? "it has a date, within the Content-Length of its message"
                    : "it has a date, but no empty line is before it";
        }
        String oddity = empty && header ? FromLine.oddity(octets, 0, end) : null;
        return oddity == null ? null : "it is " + oddity + ", and a header field is behind it";
    }

    private boolean isBehindEmptyLine(long offset) throws IOException {
        byte[] before = new byte[(int) Math.min(3, offset)];
        read(ByteBuffer.wrap(before), offset - before.length);
        String text = new String(before, StandardCharsets.ISO_8859_1);
        return text.endsWith("\n\n") || text.endsWith("\n\r\n");
    }

    private static String shown(byte[] octets, int end) {
        StringBuilder shown = new StringBuilder();
        for (int i = 0; i < Math.min(end, SHOWN); i++) {
            shown.append(octets[i] >= ' ' && octets[i] < 0x7f ? (char) octets[i] : '?');
        }
        return end > SHOWN ? shown + "..." : shown.toString();
    }
}
