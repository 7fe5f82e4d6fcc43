package org.pop2.storage.fs.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.fs.format.Quoting;
import org.pop2.storage.fs.format.StoredForm;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.io.StorageIo;

/**
 * A message on its way into a mailbox, in the form it will have there ({@link StoredForm}) behind its From_ line; or
 * several, one behind the other, that go there together. It is gathered before the mailbox is locked, for its source
 * may be slow; in memory while it is small, then in a file of the state directory.
 */
public final class StoredMessage implements AutoCloseable {
    private static final int MEMORY = 256 * 1024;
    private static final int BLOCK = 64 * 1024;
    private final StorageIo io;
    private final Path directory;
    private final Quoting quoting;
    private StoredForm form;
    /** Where the message begins, behind its From_ line. */
    private long formAt;

    private int messages = 1;
    /** Of the messages before the last one. */
    private long wireOctets;

    private byte[] memory = new byte[4096];
    private int inMemory;
    private @Nullable IoFile spool;
    private @Nullable Path spoolPath;
    private long spooled;
    private boolean closed;

    /** @param directory for the spool file; exists */
    public StoredMessage(StorageIo io, Path directory, Quoting quoting, byte[] fromLine) throws IOException {
        this.io = io;
        this.directory = directory;
        this.quoting = quoting;
        this.form = new StoredForm(quoting, this::put);
        put(fromLine, 0, fromLine.length);
        formAt = fromLine.length;
    }

    /** Adds what came in; the buffer is not used after the call. */
    public synchronized void add(ByteBuffer octets) throws IOException {
        if (closed) {
            return;
        }
        ByteBuffer in = octets.duplicate();
        byte[] block = new byte[Math.min(in.remaining(), BLOCK)];
        while (in.hasRemaining()) {
            int length = Math.min(block.length, in.remaining());
            in.get(block, 0, length);
            form.add(block, length);
        }
    }

    /** No more comes: ends the last line and adds the separating empty one. */
    public synchronized void complete() throws IOException {
        form.complete();
        if (form.lengthAt() >= 0) {
            overwrite(formAt + form.lengthAt(), form.length());
        }
    }

    private void overwrite(long at, byte[] octets) throws IOException {
        int before = (int) Math.max(0, Math.min(octets.length, spooled - at));
        if (before > 0 && spool != null) {
            spool.write(ByteBuffer.wrap(octets, 0, before), at);
        }
        for (int i = before; i < octets.length; i++) {
            memory[(int) (at + i - spooled)] = octets[i];
        }
    }

    /** Begins another message behind one that is complete. */
    public synchronized void next(byte[] fromLine) throws IOException {
        wireOctets += form.wireOctets();
        messages++;
        form = new StoredForm(quoting, this::put);
        put(fromLine, 0, fromLine.length);
        formAt = length();
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

    /** How many messages it is. */
    public synchronized int messages() {
        return messages;
    }

    /** As {@link StoredForm#wireOctets}, of all of them. */
    public synchronized long wireOctets() {
        return wireOctets + form.wireOctets();
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
