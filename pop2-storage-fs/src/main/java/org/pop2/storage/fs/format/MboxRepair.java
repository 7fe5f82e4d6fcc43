package org.pop2.storage.fs.format;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;

/**
 * Determines what has to change so that a file becomes a mailbox, and writes the result. Recognises separators like an
 * import ({@link MboxReader#tolerant}). Everything else stays to the octet.
 */
public final class MboxRepair {
    private static final int BLOCK = 64 * 1024;

    private final OctetSource file;
    private final long end;
    private final Runnable onBlock;
    private final List<Separator> separators = new ArrayList<>();
    private int messages;
    private long nuls;
    private long leading;
    private boolean lineEnd;

    /**
     * An odd one.
     *
     * @param offset where it is, NULs not counted
     * @param line what it becomes
     */
    private record Separator(long offset, String line) {}

    private MboxRepair(OctetSource file, long end, Runnable onBlock) {
        this.file = file;
        this.end = end;
        this.onBlock = onBlock;
    }

    /**
     * Looks at the first {@code end} octets of a file.
     *
     * @param otherwise date of messages whose From_ line has none
     * @param onBlock called now and then while it takes long
     * @throws StoreException with {@link Reason#CORRUPT} if nothing there looks like a mailbox
     */
    public static MboxRepair of(OctetSource file, long end, MboxFormat format, Instant otherwise, Runnable onBlock)
            throws IOException {
        MboxRepair repair = new MboxRepair(file, end, onBlock);
        repair.look(format, otherwise);
        return repair;
    }

    private void look(MboxFormat format, Instant otherwise) throws IOException {
        NulFilter in = new NulFilter(new SourceStream(file, end, onBlock));
        byte[] start = in.readNBytes(MboxReader.LEADING);
        leading = MboxReader.leading(start, 0, start.length);
        try (MboxReader reader =
                MboxReader.tolerant(new SequenceInputStream(new ByteArrayInputStream(start), in), format)) {
            for (MboxReader.Entry entry = reader.next(); entry != null; entry = reader.next()) {
                MboxScanner.requireAtMost(++messages, format);
                if (entry.oddity() != null) {
                    separators.add(new Separator(
                            entry.offset(),
                            new String(
                                    FromLine.of(entry.sender(), entry.date().orElse(otherwise)),
                                    StandardCharsets.UTF_8)));
                }
            }
        }
        if (messages == 0 && end > 0) {
            throw new StoreException(Reason.CORRUPT, "nothing in it looks like a mailbox");
        }
        nuls = in.removed();
        lineEnd = !in.endsLine();
    }

    public int messages() {
        return messages;
    }

    /** Odd From_ lines that are corrected. */
    public int separators() {
        return separators.size();
    }

    /** NULs that are removed. */
    public long nuls() {
        return nuls;
    }

    /** Octets before the first message that are removed. */
    public long leading() {
        return leading;
    }

    /** Whether the last line gets its end. */
    public boolean lineEnd() {
        return lineEnd;
    }

    /** Writes the octets of the repaired mailbox. */
    public void writeTo(StoredForm.Sink out) throws IOException {
        try (InputStream in = new NulFilter(new SourceStream(file, end, onBlock))) {
            in.skipNBytes(leading);
            long at = leading;
            for (Separator separator : separators) {
                copy(in, separator.offset() - at, out);
                byte[] line = separator.line().getBytes(StandardCharsets.UTF_8);
                out.put(line, 0, line.length);
                at = separator.offset();
                int octet;
                do {
                    octet = in.read();
                    at++;
                } while (octet >= 0 && octet != '\n');
            }
            copy(in, Long.MAX_VALUE, out);
            if (lineEnd) {
                out.put(new byte[] {'\n'}, 0, 1);
            }
        }
    }

    private static void copy(InputStream in, long octets, StoredForm.Sink out) throws IOException {
        byte[] block = new byte[BLOCK];
        for (long left = octets; left > 0; ) {
            int read = in.read(block, 0, (int) Math.min(block.length, left));
            if (read < 0) {
                return;
            }
            out.put(block, 0, read);
            left -= read;
        }
    }
}
