package org.pop2.storage.fs;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.fs.format.MboxIndex;
import org.pop2.storage.fs.format.MboxScanner;
import org.pop2.storage.fs.format.Quoting;
import org.pop2.storage.fs.format.WireEncoder;
import org.pop2.storage.fs.io.FileStatus;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.io.StorageIo;
import org.pop2.storage.fs.lock.ChannelRegistry;
import org.pop2.storage.fs.lock.MailboxPath;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A mailbox as it was counted, and where its messages are now. Row numbers stay those of the count while it is held.
 * When another program has rewritten the file, its messages are located again ({@link Relocation}); some may be gone.
 *
 * <p>The file is locked only while it is counted. To read, ask for a {@link Place}, read, then ask whether the place
 * {@linkplain Place#isStill is still} valid: only then was it the message that was read.
 */
final class Counted {
    private static final Logger LOG = LoggerFactory.getLogger(Counted.class);

    private final StorageIo io;
    private final MailboxPath path;
    private final MailboxIndexer indexer;
    private final Finder finder;
    private final MboxIndex index;
    private final Shown shown;
    private final boolean writable;

    private volatile View view;
    /** Guarded by this. */
    private boolean closed;

    /** Counts a mailbox again after another program has rewritten it. Blocks. */
    interface Finder {
        /** The file now, with its channel, which the caller closes; {@code null} if it is gone. */
        @Nullable
        Found find(MailboxPath path) throws IOException;
    }

    record Found(ChannelRegistry.Shared mailbox, IndexFile.Stored stored) {}

    /**
     * A view of where the rows are.
     *
     * @param mailbox the channel; {@code null} if there is no file
     * @param stored the file when it was last counted
     * @param good the status of the file when its contents were last verified
     * @param moved where the rows are in {@code stored}; {@code null} if they did not move
     */
    record View(
            ChannelRegistry.@Nullable Shared mailbox,
            IndexFile.@Nullable Stored stored,
            @Nullable FileStatus good,
            @Nullable Relocation moved) {
        boolean isGood(@Nullable FileStatus now) {
            return now == null ? good == null : good != null && now.sameAs(good);
        }

        boolean isOf(FileStatus.FileKey key) {
            return mailbox != null && mailbox.key().equals(key);
        }

        /** Where a row is, or {@link Relocation#GONE}. */
        int row(int counted) {
            if (stored == null) {
                return Relocation.GONE;
            }
            return moved == null ? counted : moved.row(counted);
        }
    }

    Counted(
            StorageIo io,
            MailboxPath path,
            MailboxIndexer indexer,
            Finder finder,
            ChannelRegistry.Shared mailbox,
            IndexFile.Stored stored) {
        this.io = io;
        this.path = path;
        this.indexer = indexer;
        this.finder = finder;
        this.index = stored.index();
        this.shown = new Shown();
        this.view = new View(mailbox, stored, stored.status(), null);
        this.writable = mailbox.writable();
    }

    MailboxPath path() {
        return path;
    }

    /** The first count, with the session's numbers and sizes. */
    MboxIndex index() {
        return index;
    }

    boolean writable() {
        return writable;
    }

    /** What the session was shown. */
    Shown shown() {
        return shown;
    }

    View view() {
        return view;
    }

    synchronized void close() throws IOException {
        closed = true;
        ChannelRegistry.Shared mailbox = view.mailbox();
        if (mailbox != null) {
            mailbox.close();
        }
    }

    /** Closes, and logs a failure. */
    void closeOrWarn() {
        try {
            close();
        } catch (IOException e) {
            warn(e);
        }
    }

    private void giveBack(ChannelRegistry.Shared channel) {
        try {
            channel.close();
        } catch (IOException e) {
            warn(e);
        }
    }

    private void warn(IOException e) {
        LOG.atWarn()
                .addKeyValue("mailbox", path)
                .addKeyValue("error", e.toString())
                .log("mailbox-not-closed");
    }

    /** Whether a message still exists, wherever it is. */
    boolean isThere(int row) throws IOException {
        FileStatus now = path.check(io);
        View seen = view;
        return (seen.isGood(now) ? seen : renewed(row, row)).row(row) != Relocation.GONE;
    }

    /**
     * The place of some messages, the first of which must exist.
     *
     * @throws StoreException as {@link Reason#CHANGED} if it is gone
     */
    Place place(int firstRow, int lastRow) throws IOException {
        FileStatus now = path.check(io);
        synchronized (this) {
            View seen = view.isGood(now) ? view : renewed(firstRow, lastRow);
            ChannelRegistry.Shared mailbox = seen.mailbox();
            if (closed || mailbox == null || seen.row(firstRow) == Relocation.GONE) {
                throw closed ? new StoreException(Reason.UNAVAILABLE, path + ": read after the release") : gone();
            }
            return new Place(seen, mailbox.share());
        }
    }

    private StoreException gone() {
        return new StoreException(Reason.CHANGED, path + ": the message was deleted by another program");
    }

    StoreException changed(String how) {
        return new StoreException(Reason.CHANGED, path + ": " + how + " by another program");
    }

    private synchronized View renewed(int firstRow, int lastRow) throws IOException {
        View seen = view;
        FileStatus now = indexer.settled(path, io);
        if (closed || seen.isGood(now)) {
            return seen;
        }
        // of a file that is being written to, what is there now says nothing
        boolean quiet = now != null && !indexer.isRecent(now);
        if (now != null && quiet && seen.isOf(now.key()) && onlyGrew(seen, now, firstRow, lastRow)) {
            view = new View(seen.mailbox(), seen.stored(), now, seen.moved());
            return view;
        }
        Found found = finder.find(path);
        ChannelRegistry.Shared before = seen.mailbox();
        view = found == null
                ? new View(null, null, null, null)
                : new View(
                        found.mailbox(),
                        found.stored(),
                        found.stored().status(),
                        Relocation.of(index, found.stored().index()));
        if (before != null) {
            giveBack(before);
        }
        LOG.atDebug().addKeyValue("mailbox", path).log("mailbox-rewritten");
        return view;
    }

    /** Whether the file only grew, as far as these messages are concerned. */
    private static boolean onlyGrew(View seen, FileStatus now, int firstRow, int lastRow) throws IOException {
        IndexFile.Stored stored = seen.stored();
        ChannelRegistry.Shared mailbox = seen.mailbox();
        if (stored == null || mailbox == null || !stored.isBeginningOf(mailbox.file(), now)) {
            return false;
        }
        for (int row = firstRow; row <= lastRow; row++) {
            int at = seen.row(row);
            if (at != Relocation.GONE
                    && !isFromLine(mailbox.file(), stored.index().start(at))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isFromLine(IoFile file, long at) throws IOException {
        byte[] head = new byte[Quoting.FROM_LENGTH];
        return file.readFully(ByteBuffer.wrap(head), at) && Quoting.from(head, 0, head.length) == Quoting.Match.YES;
    }

    /**
     * Whether messages of a file that grew are unmoved: each begins as before, and ends where another begins or the
     * file ended. The mailbox must be locked.
     */
    boolean areStill(View seen, FileStatus now, int[] rows) throws IOException {
        IndexFile.Stored stored = seen.stored();
        ChannelRegistry.Shared mailbox = seen.mailbox();
        if (stored == null || mailbox == null || !stored.isBeginningOf(mailbox.file(), now)) {
            return false;
        }
        MboxIndex there = stored.index();
        for (int row : rows) {
            long next = there.next(row);
            boolean ends = next == there.end() || isFromLine(mailbox.file(), next);
            if (!ends
                    || !isFromLine(mailbox.file(), there.start(row))
                    || MboxScanner.mark(mailbox.file(), there.start(row), next, indexer.format()) != there.mark(row)) {
                return false;
            }
        }
        return true;
    }

    /** A place of messages for reading; has to be closed. */
    final class Place implements AutoCloseable {
        private final View seen;
        private final ChannelRegistry.Shared channel;

        private Place(View seen, ChannelRegistry.Shared channel) {
            this.seen = seen;
            this.channel = channel;
        }

        IoFile file() {
            return channel.file();
        }

        /** The index of the current file. */
        MboxIndex index() {
            IndexFile.Stored stored = seen.stored();
            if (stored == null) {
                throw gone();
            }
            return stored.index();
        }

        /** Where a row is in {@link #index}, or {@link Relocation#GONE}. */
        int row(int counted) {
            return seen.row(counted);
        }

        WireEncoder encoder(int counted, Quoting quoting) {
            return new WireEncoder(channel.file(), index(), seen.row(counted), quoting);
        }

        /** Whether nobody has written to the file since, so that what was read is the message. */
        boolean isStill() throws IOException {
            return seen.isGood(path.check(io));
        }

        @Override
        public void close() {
            giveBack(channel);
        }
    }
}
