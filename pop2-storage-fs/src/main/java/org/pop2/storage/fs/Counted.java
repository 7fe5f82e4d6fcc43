package org.pop2.storage.fs;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.fs.format.MboxIndex;
import org.pop2.storage.fs.format.Quoting;
import org.pop2.storage.fs.io.FileStatus;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.io.StorageIo;
import org.pop2.storage.fs.lock.ChannelRegistry;
import org.pop2.storage.fs.lock.MailboxPath;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A mailbox as it was counted, with its channel, which {@link #close} gives back. */
final class Counted {
    private static final Logger LOG = LoggerFactory.getLogger(Counted.class);

    private final StorageIo io;
    private final MailboxPath path;
    private final ChannelRegistry.Shared mailbox;
    private final IndexFile.Stored stored;
    private volatile FileStatus good;

    Counted(StorageIo io, MailboxPath path, ChannelRegistry.Shared mailbox, IndexFile.Stored stored) {
        this.io = io;
        this.path = path;
        this.mailbox = mailbox;
        this.stored = stored;
        this.good = stored.status();
    }

    MailboxPath path() {
        return path;
    }

    IndexFile.Stored stored() {
        return stored;
    }

    MboxIndex index() {
        return stored.index();
    }

    IoFile file() {
        return mailbox.file();
    }

    boolean writable() {
        return mailbox.writable();
    }

    ChannelRegistry.Shared share() {
        return mailbox.share();
    }

    void close() throws IOException {
        mailbox.close();
    }

    /** Closes for somebody who can do nothing about a failure but tell the administrator. */
    void closeOrWarn() {
        giveBack(mailbox);
    }

    /** As {@link #closeOrWarn}, of what {@link #share} gave. */
    void giveBack(ChannelRegistry.Shared channel) {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.atWarn()
                    .addKeyValue("mailbox", path)
                    .addKeyValue("error", e.toString())
                    .log("mailbox-not-closed");
        }
    }

    /**
     * Fails as corrupt unless the octets that were counted are still there: it is the same file, not shorter, and if it
     * was written to, begins and ends the same and has a message where {@code row} was.
     */
    void check(int row) throws IOException {
        check(row, row);
    }

    /** As {@link #check(int)}, of some messages. */
    void check(int firstRow, int lastRow) throws IOException {
        FileStatus now = path.check(io);
        if (now == null || !now.key().equals(mailbox.key())) {
            throw changed("was replaced");
        }
        if (now.sameAs(good)) {
            return;
        }
        for (int row = firstRow; row <= lastRow; row++) {
            check(now, row);
        }
        good = now;
    }

    /** As {@link #check(int)}, of a file that was looked at already. */
    void check(FileStatus now, int row) throws IOException {
        if (!stored.isPrefixOf(file(), now)
                || Quoting.from(head(index().start(row)), 0, Quoting.FROM_LENGTH) != Quoting.Match.YES) {
            throw changed("was changed");
        }
    }

    private byte[] head(long at) throws IOException {
        byte[] head = new byte[Quoting.FROM_LENGTH];
        return file().readFully(ByteBuffer.wrap(head), at) ? head : new byte[Quoting.FROM_LENGTH];
    }

    /** Whether that file is the one that was counted. */
    boolean isOf(FileStatus.FileKey key) {
        return mailbox.key().equals(key);
    }

    StoreException changed(String how) {
        return new StoreException(Reason.CORRUPT, path + ": " + how + " by another program");
    }
}
