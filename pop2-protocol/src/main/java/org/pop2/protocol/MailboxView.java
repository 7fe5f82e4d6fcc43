package org.pop2.protocol;

import java.util.Optional;

/** What the protocol needs to know of the mailbox that a session holds. Does not change while it is held (p. 9). */
public interface MailboxView {
    /** Messages, 0 or more. */
    int count();

    /**
     * Octets of a message on the wire, at least 1.
     *
     * @param number 1 to {@link #count}
     */
    long octets(int number);

    /** Whether messages may be deleted. */
    boolean writable();

    /**
     * Whether {@link #octets} is known. If not, {@link Effect.Measure} is asked for first: of a message that is
     * converted for the client, and of one that another program may have deleted.
     *
     * @param number 1 to {@link #count}
     */
    default boolean lengthKnown(int number) {
        return true;
    }

    /**
     * Whether ACKD marks that message. A message of which only a part is sent is not deleted.
     *
     * @param number 1 to {@link #count}
     */
    default boolean deletable(int number) {
        return writable();
    }

    /**
     * Whether a login to an empty mailbox is answered with {@code + No mail}, as NOS does, instead of the RFC's
     * {@code #0} (p. 8).
     */
    default boolean saysNoMail() {
        return false;
    }

    /**
     * What becomes of marked messages when the session ends without QUIT, if this client needs something else than
     * {@link Session} was told.
     */
    default Optional<OnDisconnect> onDisconnect() {
        return Optional.empty();
    }

    /** A mailbox of messages of these sizes, any of which may be deleted. */
    static MailboxView of(long... octets) {
        long[] sizes = octets.clone();
        return new MailboxView() {
            @Override
            public int count() {
                return sizes.length;
            }

            @Override
            public long octets(int number) {
                return sizes[number - 1];
            }

            @Override
            public boolean writable() {
                return true;
            }
        };
    }
}
