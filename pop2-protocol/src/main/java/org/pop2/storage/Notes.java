package org.pop2.storage;

import org.reactivestreams.Publisher;

/**
 * What a server notes about a mailbox for its own use: a few octets under a name, opaque to the storage. Notes survive
 * a release and a restart. A crash may lose the last ones, and a removed folder takes its notes along. For a
 * {@link Mailbox} that is held; work starts at subscription, errors are {@link StoreException}s. The contract test is
 * {@code org.pop2.storage.tck.NotesContract}.
 */
public interface Notes {
    /** Most octets of a note. */
    int MAX_OCTETS = 256 * 1024;

    /**
     * The note of that name; completes without one if there is none.
     *
     * @param name 1 to 20 small letters and digits
     */
    Publisher<byte[]> read(String name);

    /**
     * Replaces the note of that name.
     *
     * @param name 1 to 20 small letters and digits
     * @param octets at most {@link #MAX_OCTETS}; an empty array removes the note
     * @throws IllegalArgumentException at the call, if the name is malformed or the note too long
     */
    Publisher<Void> write(String name, byte[] octets);

    /** For implementations: checks the arguments of {@link #write}. */
    static void require(String name, byte[] octets) {
        if (!name.matches("[a-z0-9]{1,20}")) {
            throw new IllegalArgumentException("not the name of a note: " + name);
        }
        if (octets.length > MAX_OCTETS) {
            throw new IllegalArgumentException("a note has at most " + MAX_OCTETS + " octets");
        }
    }
}
