package org.pop2.storage.fs.lock;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.fs.io.FileStatus;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.io.StorageIo;

/**
 * For how long lock files of other programs have been seen as they are: the age that a file has by the wall clock says
 * nothing after that clock was set. What was waited for in vain is noted in a file, for a program that delivers one
 * message does not live until a lock is old.
 *
 * <p>The times are of {@link Pause#elapsed}: on Linux all processes of one boot have the same.
 */
public final class Sightings {
    private static final String SUFFIX = ".seen";
    private static final int MAX_OCTETS = 512;

    private final StorageIo io;
    private final Path directory;
    private final String boot;
    private final Pause pause;

    /**
     * @param directory for the files; exists
     * @param boot of the system
     */
    public Sightings(StorageIo io, Path directory, String boot, Pause pause) {
        this.io = io;
        this.directory = directory;
        this.boot = boot;
        this.pause = pause;
    }

    /** One wait for the lock of a mailbox begins. */
    Watch of(MailboxPath mailbox) {
        return new Watch(directory.resolve(mailbox.key() + SUFFIX));
    }

    /** What is in the way of one mailbox. */
    final class Watch {
        private final Path file;
        private String seen = "";
        private long since;

        private Watch(Path file) {
            this.file = file;
        }

        /** Whether lock and mailbox have been what they are for so long. */
        boolean isUnchangedFor(long millis, FileStatus lock, @Nullable FileStatus mailbox) throws IOException {
            long now = pause.elapsed();
            String sight = boot + "\n" + text(lock) + "\n" + (mailbox == null ? "none" : text(mailbox)) + "\n";
            if (!sight.equals(seen)) {
                seen = sight;
                since = Math.min(noted(sight, now), now);
            }
            return now - since >= millis;
        }

        private long noted(String sight, long otherwise) throws IOException {
            try (IoFile open = io.open(file, StorageIo.Mode.READ)) {
                ByteBuffer octets = ByteBuffer.allocate(MAX_OCTETS);
                open.read(octets, 0);
                String text = StandardCharsets.UTF_8.decode(octets.flip()).toString();
                return text.startsWith(sight) && text.endsWith(".")
                        ? Long.parseLong(text, sight.length(), text.length() - 1, 10)
                        : otherwise;
            } catch (NoSuchFileException | NumberFormatException e) {
                return otherwise;
            }
        }

        /** The lock was waited for in vain: the next wait begins where this one ends. */
        void note() throws IOException {
            if (seen.isEmpty()) {
                return;
            }
            // the dot: what was torn has none
            byte[] text = (seen + since + ".").getBytes(StandardCharsets.UTF_8);
            io.unlink(file);
            try (IoFile created = io.open(file, StorageIo.Mode.CREATE)) {
                created.write(ByteBuffer.wrap(text), 0);
            }
        }

        /** The lock was broken. */
        void forget() throws IOException {
            seen = "";
            io.unlink(file);
        }
    }

    private static String text(FileStatus status) {
        return status.key().device() + ":" + status.key().inode() + ":" + status.size() + ":" + status.mtime() + ":"
                + status.ctime();
    }
}
