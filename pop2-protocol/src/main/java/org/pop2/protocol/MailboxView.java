package org.pop2.protocol;

import java.util.Optional;

/** The mailbox that a session holds, as far as the protocol looks at it. Does not change while it is held (p. 9). */
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
     * Whether {@link #octets} is known: it is not where a message is changed for a client's sake before it is sent, or
     * where others may have deleted it, and this one has not been looked at yet. Then {@link Effect.Measure} comes
     * first.
     *
     * @param number 1 to {@link #count}
     */
    default boolean lengthKnown(int number) {
        return true;
    }

    /**
     * Whether ACKD marks that message: it does not where only a part of it is sent.
     *
     * @param number 1 to {@link #count}
     */
    default boolean deletable(int number) {
        return writable();
    }

    /**
     * Whether a login that finds no mail is answered with {@code + No mail}, as NOS does, instead of {@code #0} as the
     * RFC has it (p. 8).
     */
    default boolean saysNoMail() {
        return false;
    }

    /**
     * What becomes of marked messages when the session ends without QUIT, where this client needs it otherwise than the
     * session has it.
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
