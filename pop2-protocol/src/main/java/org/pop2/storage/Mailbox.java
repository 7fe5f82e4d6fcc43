package org.pop2.storage;

import java.util.BitSet;
import java.util.Optional;
import org.reactivestreams.Publisher;

/**
 * A mailbox as one session sees and holds it: a snapshot of its messages, numbered from 1 (RFC 937 p. 9), until
 * {@link #release}.
 *
 * <p>Whoever opened it must subscribe to {@link #release} once, whatever happened in between; that ends the hold. All
 * methods may be called from any thread, one at a time.
 */
public interface Mailbox {

    /** Messages in the snapshot; 0 for an unknown folder. */
    int count();

    /**
     * Octets of a message on the wire: at least 2, for an empty message is sent as one CRLF.
     *
     * @param number 1 to {@link #count}
     * @throws IndexOutOfBoundsException if there is no such message
     */
    long octets(int number);

    /** Whether a {@link #release} may delete: {@code false} for a read-only or unknown folder. */
    boolean writable();

    /**
     * The message as it goes over the wire: exactly {@link #octets} octets, every line end a CRLF, the last one too.
     * Reading starts at subscription and follows demand; cancelling frees what it held. May be subscribed to again.
     * Fails with {@link StoreException.Reason#CHANGED} if somebody else has deleted or changed the message, and with
     * {@link StoreException.Reason#CORRUPT} if the mailbox cannot be understood any more, from which nothing is deleted
     * then; whatever was emitted until then must not be taken for the message.
     *
     * @param number 1 to {@link #count}
     * @throws IndexOutOfBoundsException if there is no such message
     */
    Publisher<ContentBuffer> content(int number);

    /**
     * Deletes the messages whose bits are set, keeps everything else, mail that arrived meanwhile included, and ends
     * the hold; in that order, so that the next session sees the result. Completes when the deletion is durable. It is
     * all or nothing; on an error nothing was deleted (or, after a crash in the middle, recovery decides which of the
     * two), and the hold has ended as well. It starts at the first subscription and runs to its end though that be
     * cancelled; a further subscription only awaits the same end. A storage decides by its fencing token, not by the
     * clock, whether the hold is still good: if it is not, {@link StoreException.Reason#BUSY} and nothing deleted.
     * Where there is nothing to delete, a lost hold may as well end in completion.
     *
     * @param deleted numbers to delete, bit n for message n; copied at the call
     * @throws IllegalArgumentException at the call, if a number is out of range, or there is any at all where not
     *     {@link #writable}: a bug of the caller. The hold goes on
     */
    Publisher<Void> release(BitSet deleted);

    /** The client has just spoken: the holder is not silent (rule S13). Cheap, and never blocks. */
    void active();

    /**
     * Completes when the hold is taken away, by another session or because this node can no longer be sure of it. From
     * then on nothing can be deleted. Never fails; stays silent if the mailbox is released first.
     */
    Publisher<Void> lost();

    /** What was on the envelopes of its messages; nothing where that is not kept. */
    default Optional<Enveloped> envelopes() {
        return Optional.empty();
    }

    /** Where it was a judgement that a message begins; nothing where messages are kept apart. */
    default Optional<Doubtful> doubtful() {
        return Optional.empty();
    }

    /** Whether messages are there still; nothing where nobody else can delete any. */
    default Optional<Unsettled> unsettled() {
        return Optional.empty();
    }

    /** What the server may note about this mailbox; nothing for an unknown folder, and where the storage keeps none. */
    default Optional<Notes> notes() {
        return Optional.empty();
    }
}
