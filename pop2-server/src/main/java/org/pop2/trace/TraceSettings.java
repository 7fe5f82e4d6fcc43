package org.pop2.trace;

import java.nio.file.Path;
import java.util.Set;
import org.pop2.net.Networks;
import org.pop2.storage.UserName;

/**
 * Settings of transcripts: which sessions are recorded, octet by octet, in a file each, to debug clients. They contain
 * mail, but no passwords. Immutable.
 *
 * @param directory directory of the files, readable only for the server's user; created if missing
 * @param users users whose sessions are recorded; empty: everybody's
 * @param addresses addresses of clients whose sessions are recorded; empty: any
 * @param maxOctets most octets of a file; the rest of a session is not recorded
 * @param maxFiles most files; the oldest ones are removed
 */
public record TraceSettings(Path directory, Set<UserName> users, Networks addresses, long maxOctets, int maxFiles) {
    private static final long MAX_OCTETS = 1 << 20;
    private static final int MAX_FILES = 100;

    /** @throws IllegalArgumentException if a limit is not positive */
    public TraceSettings {
        users = Set.copyOf(users);
        if (maxOctets < 1 || maxFiles < 1) {
            throw new IllegalArgumentException("there has to be room for a file");
        }
    }

    /** Every session: the first 1 MiB of each of the last hundred. */
    public static TraceSettings everything(Path directory) {
        return new TraceSettings(directory, Set.of(), Networks.NONE, MAX_OCTETS, MAX_FILES);
    }
}
