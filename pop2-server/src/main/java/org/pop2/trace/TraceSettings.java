package org.pop2.trace;

import java.nio.file.Path;
import java.util.Set;
import org.pop2.net.Networks;
import org.pop2.storage.UserName;

/**
 * Which sessions are written down, octet by octet, for the person who debugs a client: a file each. Passwords are not
 * in them; mail is. Immutable.
 *
 * @param directory where the files are put, readable for this server's user only; it is made if it is missing
 * @param users whose sessions; nobody named: everybody's
 * @param addresses of clients whose sessions are written down; none: any
 * @param maxOctets a file's length; what comes after is not written
 * @param maxFiles files that are kept; one more, and the oldest goes
 */
public record TraceSettings(Path directory, Set<UserName> users, Networks addresses, long maxOctets, int maxFiles) {
    private static final long MAX_OCTETS = 1 << 20;
    private static final int MAX_FILES = 100;

    /** @throws IllegalArgumentException if there may be no file, or nothing in it */
    public TraceSettings {
        users = Set.copyOf(users);
        if (maxOctets < 1 || maxFiles < 1) {
            throw new IllegalArgumentException("there has to be room for a file");
        }
    }

    /** Every session, 1 MiB of each, of the last hundred. */
    public static TraceSettings everything(Path directory) {
        return new TraceSettings(directory, Set.of(), Networks.NONE, MAX_OCTETS, MAX_FILES);
    }
}
