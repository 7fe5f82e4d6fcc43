package org.pop2.storage.fs.io;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.fs.format.OctetSource;

/**
 * An open file. Positioned reads and writes only, so that any number of threads may use it.
 *
 * <p>Closing it drops every POSIX lock that this process has on the file, whichever channel took it: mailboxes are
 * therefore opened by the registry of channels alone.
 */
public interface IoFile extends OctetSource, Closeable {
    /** Reads some octets; -1 at or after the end of the file. */
    int read(ByteBuffer into, long position) throws IOException;

    /** Writes all octets that remain in the buffer. */
    void write(ByteBuffer octets, long position) throws IOException;

    /** Returns when data and size are on the disk. Not to be tried again if it fails: the dirty pages may be gone. */
    void force() throws IOException;

    void truncate(long size) throws IOException;

    long size() throws IOException;

    /**
     * Takes the POSIX (fcntl) lock on the whole file if it is free, without waiting.
     *
     * @param shared a read lock, for which the file need not be open for writing
     * @return whether it was got; {@code false} too if this JVM has it already
     */
    boolean tryLock(boolean shared) throws IOException;

    void unlock() throws IOException;

    /**
     * Takes the POSIX write lock on one octet, which need not be there, if it is free, without waiting. Locks on
     * several octets may be held at once; a lock on the whole file excludes them all.
     *
     * @return whether it was got; {@code false} too if this JVM has it already
     */
    boolean tryLock(long octet) throws IOException;

    void unlock(long octet) throws IOException;

    /**
     * Writes where the file ends, and nowhere else: a program that heeds no lock of ours may have written there.
     *
     * @throws StoreException with {@link Reason#BUSY} if the file does not end there
     */
    default void append(ByteBuffer octets, long end) throws IOException {
        requireEnd(end);
        if (octets.hasRemaining()) {
            write(octets, end);
        }
    }

    /** Fails as {@link #append} does. */
    default void requireEnd(long end) throws IOException {
        if (size() != end) {
            throw new StoreException(
                    Reason.BUSY, "written to, while it was locked, by a program that heeds no lock of ours");
        }
    }

    @Override
    default boolean readFully(ByteBuffer into, long position) throws IOException {
        long at = position;
        while (into.hasRemaining()) {
            int read = read(into, at);
            if (read < 0) {
                return false;
            }
            at += read;
        }
        return true;
    }
}
