package org.pop2.storage.fs.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * Who holds something: written into dot-locks and hold files, so that others can tell whether the holder still lives.
 *
 * @param owner one opening of a storage
 * @param pid its process
 * @param boot the kernel's boot id: a pid means nothing after a reboot
 * @param host the kernel's host name: a pid means nothing elsewhere
 */
public record ProcessIdentity(String owner, long pid, String boot, String host) {
    /** In place of what the system does not tell. */
    public static final String UNKNOWN = "unknown";

    private static final Pattern OWNER = Pattern.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    private static final int UID = readUid();
    private static final String BOOT = kernel("/proc/sys/kernel/random/boot_id");
    private static final String HOST = kernel("/proc/sys/kernel/hostname");

    /** A new identity of this process. */
    public static ProcessIdentity create() {
        return new ProcessIdentity(
                UUID.randomUUID().toString(), ProcessHandle.current().pid(), BOOT, HOST);
    }

    /** The user this process runs as. */
    public static int uid() {
        return UID;
    }

    /** {@code pid:host:boot:owner}; the first two are what Dovecot writes. */
    public String toText() {
        return pid + ":" + host + ":" + boot + ":" + owner;
    }

    /** Nothing if it was not written by this storage. */
    public static Optional<ProcessIdentity> parse(String text) {
        String[] parts = text.strip().split(":", -1);
        // it becomes the name of a file, and anybody may have written it
        if (parts.length != 4 || !OWNER.matcher(parts[3]).matches()) {
            return Optional.empty();
        }
        try {
            return Optional.of(new ProcessIdentity(parts[3], Long.parseLong(parts[0]), parts[2], parts[1]));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    private static int readUid() {
        try {
            FileStatus self = new RealIo().stat(Path.of("/proc/self/stat"));
            return self == null ? -1 : self.uid();
        } catch (IOException e) {
            // no /proc: no file is taken for ours, ownership then decides by name
            return -1;
        }
    }

    private static String kernel(String file) {
        try (IoFile open = new RealIo().open(Path.of(file), StorageIo.Mode.READ)) {
            ByteBuffer text = ByteBuffer.allocate(256);
            open.read(text, 0);
            return new String(text.array(), 0, text.position(), StandardCharsets.UTF_8)
                    .strip()
                    .replace(':', '_');
        } catch (IOException e) {
            // a sandbox may hide it
            return UNKNOWN;
        }
    }
}
