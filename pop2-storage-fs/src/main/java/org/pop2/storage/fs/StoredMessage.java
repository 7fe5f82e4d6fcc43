package org.pop2.storage.fs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A message on its way into a mailbox, in the form it will have there: From_ line, lines ended by LF and quoted, header
 * fields that mail programs believe removed, an empty line at the end. It is gathered before the mailbox is locked, for
 * its source may be slow; in memory while it is small, then in a file of the state directory.
 *
 * <p>A CRLF becomes LF, except after another CR: {@code CR CR LF} has to come back as it was, and a line that was
 * stored as {@code CR LF} would come back as just that.
 */
final class StoredMessage implements AutoCloseable {
    private static final int MEMORY = 256 * 1024;
    private static final int BLOCK = 64 * 1024;
    /** Octets of a line that are remembered; of more marks before a From, those in front are written through. */
    private static final int HEAD = 32;

    /** Fields that other programs would take for their own notes about the message. */
    private static final Set<String> REMOVED =
            Set.of("status", "x-status", "x-uid", "x-imap", "x-imapbase", "x-keywords", "content-length");

    private final StorageIo io;
    private final Path directory;
    private final Quoting quoting;

    private byte[] memory = new byte[4096];
    private int inMemory;
    private @Nullable IoFile spool;
    private @Nullable Path spoolPath;
    private long spooled;
    private boolean closed;

    // the line that is coming in: its beginning until it is known what it is, and whether a CR waits for its LF
    private final byte[] head = new byte[HEAD];
    private int headLength;
    private boolean headOpen = true;
    /** Whether marks stand before it already. */
    private boolean marksWritten;

    private boolean inHeader = true;
    private boolean dropping;
    private int pendingCrs;
    private boolean lineEmpty = true;
    private boolean any;
    /** Octets that a client will be sent, without the line end that an empty message gets. */
    private long wireOctets;

    /** @param directory for the spool file; exists */
    StoredMessage(StorageIo io, Path directory, Quoting quoting, byte[] fromLine) throws IOException {
        this.io = io;
        this.directory = directory;
        this.quoting = quoting;
        put(fromLine, 0, fromLine.length);
    }

    /** Adds what came in; the buffer is not used after the call. */
    synchronized void add(ByteBuffer octets) throws IOException {
        if (closed) {
            return;
        }
        ByteBuffer in = octets.duplicate();
        byte[] block = new byte[Math.min(in.remaining(), BLOCK)];
        while (in.hasRemaining()) {
            int length = Math.min(block.length, in.remaining());
            in.get(block, 0, length);
            add(block, length);
        }
    }

    private void add(byte[] block, int length) throws IOException {
        int at = 0;
        while (at < length) {
            if (!headOpen && pendingCrs == 0) {
                // the rest of a line whose beginning is written: up to the next line end at once
                int lineFeed = LineFeeds.indexOf(block, at, length);
                int end = lineFeed < 0 ? length : lineFeed;
                while (end > at && block[end - 1] == '\r') {
                    end--;
                }
                emit(block, at, end);
                at = end;
                if (at == length) {
                    break;
                }
            }
            add(block[at++]);
        }
    }

    private void add(byte octet) throws IOException {
        any = true;
        if (octet == '\r') {
            pendingCrs++;
        } else if (octet == '\n') {
            endLine(pendingCrs == 1 ? 0 : pendingCrs);
        } else {
            flushCrs(pendingCrs);
            text(octet);
        }
    }

    private void flushCrs(int count) throws IOException {
        pendingCrs = 0;
        for (int i = 0; i < count; i++) {
            text((byte) '\r');
        }
    }

    private void text(byte octet) throws IOException {
        lineEmpty = false;
        if (!headOpen) {
            emit(new byte[] {octet}, 0, 1);
            return;
        }
        head[headLength++] = octet;
        if (headLength == HEAD && !isDecided()) {
            writeMarks();
        } else if (headLength == HEAD || (!inHeader && isDecided())) {
            writeHead();
        }
    }

    /** Whether enough of the line is there to know of its marks. */
    private boolean isDecided() {
        return quoting.needsMark(head, 0, headLength) != Quoting.Match.UNDECIDED
                && quoting.quoted(head, 0, headLength) != Quoting.Match.UNDECIDED;
    }

    /** Decides what a line is by its beginning. */
    private void writeHead() throws IOException {
        headOpen = false;
        if (inHeader) {
            boolean continuation = !marksWritten && headLength > 0 && (head[0] == ' ' || head[0] == '\t');
            dropping = continuation ? dropping : isRemoved();
        }
        if (quoting.needsMark(head, 0, headLength) == Quoting.Match.YES) {
            emit(new byte[] {'>'}, 0, 1);
            // a reader takes it off again
            wireOctets -= dropping ? 0 : 1;
        } else if (quoting.quoted(head, 0, headLength) == Quoting.Match.YES) {
            // of mboxo: a reader takes off what was there before
            wireOctets -= dropping ? 0 : 1;
        }
        emit(head, 0, headLength);
    }

    /** A From may still follow, or has begun to: the marks are written, one more will do as well behind them. */
    private void writeMarks() throws IOException {
        int marks = 0;
        while (marks < headLength && head[marks] == '>') {
            marks++;
        }
        // a line that begins so is no field, and goes on with none
        dropping = false;
        emit(head, 0, marks);
        System.arraycopy(head, marks, head, 0, headLength - marks);
        headLength -= marks;
        marksWritten = true;
    }

    private boolean isRemoved() {
        if (marksWritten) {
            return false;
        }
        String text = new String(head, 0, headLength, StandardCharsets.ISO_8859_1);
        int colon = text.indexOf(':');
        return colon > 0 && REMOVED.contains(text.substring(0, colon).strip().toLowerCase(Locale.ROOT));
    }

    /** @param crs carriage returns to keep before the line end: with them the CR of a CRLF stays too */
    private void endLine(int crs) throws IOException {
        boolean empty = lineEmpty && crs == 0;
        flushCrs(crs);
        if (headOpen) {
            writeHead();
        }
        emit(new byte[] {'\n'}, 0, 1);
        // on the wire it is CRLF; where a CR is there already, none comes to it
        wireOctets += crs == 0 && !dropping ? 1 : 0;
        if (empty) {
            inHeader = false;
        }
        if (!inHeader) {
            dropping = false;
        }
        newLine();
    }

    private void newLine() {
        headOpen = true;
        headLength = 0;
        marksWritten = false;
        lineEmpty = true;
        pendingCrs = 0;
    }

    private void emit(byte[] octets, int from, int to) throws IOException {
        if (!dropping && to > from) {
            put(octets, from, to);
            wireOctets += to - from;
        }
    }

    /** No more comes: ends the last line and adds the separating empty one. */
    synchronized void complete() throws IOException {
        if (any && (!lineEmpty || pendingCrs > 0)) {
            boolean afterCr = pendingCrs > 0;
            // CR at the very end: the line end to be added must not make a CRLF of it
            endLine(afterCr ? pendingCrs + 1 : 0);
        }
        dropping = false;
        put(new byte[] {'\n'}, 0, 1);
    }

    private void put(byte[] octets, int from, int to) throws IOException {
        int length = to - from;
        if (inMemory + length > MEMORY) {
            spill();
        }
        if (length > MEMORY) {
            throw new IllegalArgumentException("a block is larger than the memory for it");
        }
        if (inMemory + length > memory.length) {
            memory = Arrays.copyOf(memory, Math.min(MEMORY, Math.max(inMemory + length, memory.length * 2)));
        }
        System.arraycopy(octets, from, memory, inMemory, length);
        inMemory += length;
    }

    private void spill() throws IOException {
        IoFile file = spool;
        if (file == null) {
            Path path = directory.resolve(UUID.randomUUID() + ".spool");
            file = io.open(path, StorageIo.Mode.CREATE);
            spool = file;
            spoolPath = path;
        }
        file.write(ByteBuffer.wrap(memory, 0, inMemory), spooled);
        spooled += inMemory;
        inMemory = 0;
    }

    /** Octets it will take in the mailbox. */
    synchronized long length() {
        return spooled + inMemory;
    }

    /** Octets that a client will be sent; to be asked when it is complete. */
    synchronized long wireOctets() {
        return Math.max(2, wireOctets);
    }

    /** Appends all of it to a file that ends at {@code position}. */
    synchronized void writeTo(IoFile mailbox, long position, Runnable onStep) throws IOException {
        if (closed) {
            throw new IOException("the delivery was given up");
        }
        long at = position;
        if (spool != null) {
            ByteBuffer step = ByteBuffer.allocate(Journal.STEP);
            for (long from = 0; from < spooled; from += step.limit()) {
                step.clear().limit((int) Math.min(step.capacity(), spooled - from));
                if (!spool.readFully(step, from)) {
                    throw new IOException("the spool file became shorter");
                }
                mailbox.append(step.flip(), at + from);
                onStep.run();
            }
            at += spooled;
        }
        mailbox.append(ByteBuffer.wrap(memory, 0, inMemory), at);
    }

    @Override
    public synchronized void close() throws IOException {
        closed = true;
        memory = new byte[0];
        inMemory = 0;
        IoFile file = spool;
        Path path = spoolPath;
        spool = null;
        spoolPath = null;
        if (file != null && path != null) {
            try {
                file.close();
            } finally {
                io.unlink(path);
            }
        }
    }
}
