package org.pop2.storage;

import java.util.BitSet;
import java.util.Optional;
import org.reactivestreams.Publisher;

/**
 * A mailbox that one session holds until {@link #release}: a snapshot of its messages, numbered from 1 (RFC 937 p. 9).
 *
 * <p>The holder must subscribe to {@link #release} once, whatever happened in between; that ends the hold. All methods
 * may be called from any thread, one at a time.
 */
public interface Mailbox {

    /** Messages in the snapshot; 0 for an unknown folder. */
    int count();

    /**
     * Octets of a message on the wire: at least 2, since an empty message is sent as one CRLF.
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
     * {@link StoreException.Reason#CORRUPT} if the mailbox cannot be understood any more; nothing is deleted from it
     * then. Octets emitted before an error are not the message.
     *
     * @param number 1 to {@link #count}
     * @throws IndexOutOfBoundsException if there is no such message
     */
    Publisher<ContentBuffer> content(int number);

    /**
     * Deletes the messages whose bits are set, keeps everything else, mail that arrived meanwhile included, and ends
     * the hold; in that order, so that the next session sees the result. Completes when the deletion is durable. All or
     * nothing: on an error nothing was deleted, and the hold has ended as well. (After a crash in the middle, recovery
     * decides between all and nothing.) It starts at the first subscription and runs to completion even if that is
     * cancelled; further subscriptions await the same outcome. A storage decides by its fencing token, not by the
     * clock, whether the hold is still valid. If it is not, the release fails with {@link StoreException.Reason#BUSY}
     * and deletes nothing; with nothing to delete it may complete instead.
     *
     * @param deleted numbers to delete, bit n for message n; copied at the call
     * @throws IllegalArgumentException at the call, if a number is out of range, or there is any at all where not
     *     {@link #writable}: a bug of the caller. The hold goes on
     */
    Publisher<Void> release(BitSet deleted);

    /** Tells that the client has just sent something: the holder is not silent (rule S13). Cheap, and never blocks. */
    void active();

    /**
     * Completes when the hold is lost, to another session or because this node can no longer be sure of it. From then
     * on nothing can be deleted. Never fails, and never completes if the mailbox is released first.
     */
    Publisher<Void> lost();

    /** The envelopes of its messages; empty if they are not kept. */
    default Optional<Enveloped> envelopes() {
        return Optional.empty();
    }

    /** Doubts about where messages begin; empty if the format leaves none. */
    default Optional<Doubtful> doubtful() {
        return Optional.empty();
    }

    /** Whether messages are still there; empty if no other program can delete any. */
    default Optional<Unsettled> unsettled() {
        return Optional.empty();
    }

    /** Notes of the server about this mailbox; empty for an unknown folder, or if the storage keeps none. */
    default Optional<Notes> notes() {
        return Optional.empty();
    }
}
