package org.pop2.storage.sql;

import java.nio.ByteBuffer;
import java.security.MessageDigest;

/**
 * The first 8 octets of the SHA-256 that a message was stored with: all that a {@link Snapshot} remembers of it. Damage
 * leaves them as they were once in 2<sup>64</sup> times. Not safe for several threads at once.
 */
final class Checksum {
    private final MessageDigest digest = MailboxId.sha256();

    /** @param octets at least 8 */
    static long of(ByteBuffer octets) {
        return octets.getLong(octets.position());
    }

    static long ofMessage(ByteBuffer octets) {
        Checksum checksum = new Checksum();
        checksum.add(octets);
        return checksum.value();
    }

    /** Leaves the buffer as it was. */
    void add(ByteBuffer octets) {
        digest.update(octets.duplicate());
    }

    /** Of all that was added; to be called once. */
    long value() {
        return of(ByteBuffer.wrap(digest.digest()));
    }
}
