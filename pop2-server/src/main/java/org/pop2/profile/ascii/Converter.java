package org.pop2.profile.ascii;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.apache.james.mime4j.MimeException;
import org.pop2.profile.ascii.Part.Markup;
import org.pop2.profile.ascii.Part.Text;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Converts a message to 7-bit text. Deterministic, and total: if a library fails for a message, its rest counts as
 * unreadable.
 *
 * <p>Memory: {@link MessageReader#TEXT_KEPT} octets of text, what jsoup makes of one part of HTML, and
 * {@link #MOST_OCTETS}; whatever the message has. Thread-safe.
 */
final class Converter {
    private static final Logger LOG = LoggerFactory.getLogger(Converter.class);

    /** Most octets of the result: hours on a slow link, and no more memory than the buffers of a stalled client. */
    static final int MOST_OCTETS = 256 * 1024;

    static final int MOST_HEADER = 32 * 1024;
    /** Most octets of text; the rest is for notes about attachments. */
    static final int MOST_TEXT = 192 * 1024;

    /** Fields that do not hold for the result, or are written anew. */
    private static final Set<String> REPLACED = Set.of("mime-version", "lines");

    private static final int FIRST_LINE = 1024;
    private static final byte[] CRLF = {'\r', '\n'};

    private final int width;
    private final boolean fullHeader;
    private final boolean dropAttachments;

    /**
     * @param width longest line
     * @param fullHeader whether fields that programs wrote for programs are shown, too
     * @param dropAttachments whether a message is complete without its attachments
     */
    Converter(int width, boolean fullHeader, boolean dropAttachments) {
        this.width = width;
        this.fullHeader = fullHeader;
        this.dropAttachments = dropAttachments;
    }

    /** @throws IOException as the stream does, if what it has thrown has not been taken for the message's fault */
    Converted convert(InputStream message) throws IOException {
        Transliteration ofHeader = new Transliteration();
        MessageReader reader = new MessageReader(ofHeader);
        Scan scan = new Scan(message);
        boolean readable = true;
        try {
            reader.read(withHeader(scan));
        } catch (IOException | MimeException | RuntimeException | StackOverflowError e) {
            LOG.atDebug().addKeyValue("error", e.toString()).log("message-unreadable");
            readable = false;
        }
        if (!reader.headerRead()) {
            return Converted.AS_STORED_IN_7_BIT;
        }
        try {
            return written(reader, readable, scan, ofHeader);
        } catch (RuntimeException | StackOverflowError e) {
            LOG.atWarn().setCause(e).log("message-not-converted");
            return Converted.AS_STORED_IN_7_BIT;
        }
    }

    private Converted written(MessageReader reader, boolean readable, Scan scan, Transliteration ofHeader) {
        Lines head = new Lines(MOST_HEADER);
        boolean headerChanges = false;
        boolean headerCut = false;
        boolean illegible = reader.isIllegible();
        for (byte[] octets : reader.header()) {
            Transliteration.Tally before = ofHeader.tally();
            HeaderField field = HeaderField.of(octets, ofHeader);
            String name = field.name().toLowerCase(Locale.ROOT);
            if (!REPLACED.contains(name)
                    && !name.startsWith("content-")
                    && (fullHeader || !TraceFields.contain(name))) {
                List<String> lines = new ArrayList<>();
                field.write(width, lines::add);
                headerCut |= !head.addAll(lines);
                headerChanges |= field.isChanged();
                illegible |= ofHeader.isIllegibleSince(before);
            }
        }
        Renderer renderer = new Renderer(width, MOST_TEXT);
        Part content = reader.content();
        renderer.show(content);
        if (renderer.isCut() && readable && !headerChanges && isSevenBitText(content) && scan.isSevenBit()) {
            return Converted.AS_STORED;
        }
        Lines lines = new Lines(MOST_OCTETS);
        head.forEach(lines::add);
        lines.add("MIME-Version: 1.0");
        lines.add("Content-Type: text/plain; charset=us-ascii");
        lines.add("Content-Transfer-Encoding: 7bit");
        lines.add("");
        renderer.lines().forEach(lines::add);
        boolean complete =
                renderer.notes(readable && reader.complete(), headerCut, illegible, dropAttachments, lines::add);
        return new Converted(Converted.Form.TEXT, lines.octets(), complete && !lines.isFull());
    }

    /** Whether the text needs no conversion apart from breaking lines. */
    private static boolean isSevenBitText(Part content) {
        return content instanceof Text text && text.markup() == Markup.PLAIN && text.asStored();
    }

    /** Adds an empty header to a message that does not begin with a field, whose text would else be lost. */
    static InputStream withHeader(InputStream message) throws IOException {
        BufferedInputStream in = new BufferedInputStream(message, 8 * 1024);
        in.mark(FIRST_LINE);
        boolean name = false;
        boolean field = true;
        int column = 0;
        byte[] start = new byte[FIRST_LINE - 1];
        int length = in.readNBytes(start, 0, start.length);
        in.reset();
        while (column < length && field) {
            int c = start[column];
            if (c == ':' && name) {
                return in;
            }
            if (c == '\r' || c == '\n') {
                field = column == 0 || isFromLine(start);
                break;
            }
            if (c == ' ' && isFromLine(start)) {
                break;
            }
            field = (c > ' ' && c < 0x7f && c != ':') || (name && (c == ' ' || c == '\t'));
            name = true;
            column++;
        }
        if (column == length && length > 0 && !isFromLine(start)) {
            field = false;
        }
        return field ? in : new SequenceInputStream(new ByteArrayInputStream(CRLF), in);
    }

    private static boolean isFromLine(byte[] start) {
        return HeaderEnds.isFromLine(new String(start, StandardCharsets.ISO_8859_1));
    }

    /** Detects whether all octets are ASCII text in lines that are not too long. */
    private static final class Scan extends WatchedStream {
        private boolean sevenBit = true;
        private int column;

        Scan(InputStream in) {
            super(in);
        }

        boolean isSevenBit() {
            return sevenBit;
        }

        @Override
        boolean look(byte octet) {
            column = octet == '\n' ? 0 : column + 1;
            sevenBit &= column <= Words.LONGEST + 1
                    && ((octet >= ' ' && octet < 0x7f) || octet == '\r' || octet == '\n' || octet == '\t');
            return sevenBit;
        }
    }
}
