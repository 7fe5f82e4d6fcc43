package org.pop2.storage.support;

import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Notes;
import org.reactivestreams.Publisher;

/** The contents of a mailbox when it is opened. A storage supplies this, {@link Holds} does the rest. */
public interface Snapshot {

    /** Octets on the wire of each message; none for an unknown folder. Asked once. */
    List<Long> octets();

    /** Whether the folder exists. */
    boolean writable();

    /** As {@link Mailbox#content}; the number is in range. */
    Publisher<ContentBuffer> content(int number);

    /**
     * Deletes messages, all or none, durably; keeps what arrived meanwhile. Called at most once, on the executor of the
     * {@link Holds}, while nobody else can get the mailbox. Not called if there is nothing to delete.
     */
    void delete(BitSet numbers);

    /** The hold has ended, well or badly. */
    default void ended() {}

    /** As {@link Mailbox#notes}. */
    default Optional<Notes> notes() {
        return Optional.empty();
    }
}
