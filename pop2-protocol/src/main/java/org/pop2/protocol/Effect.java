package org.pop2.protocol;

import java.util.BitSet;

/** What a {@link Session} wants done, in the order of the list that it returns. */
public sealed interface Effect {

    /** Send a line. */
    record Send(Reply reply) implements Effect {
        /** The line as octets, its end included. */
        public byte[] octets() {
            return ReplyCodec.encode(reply);
        }
    }

    /** Check name and password; tell {@link Event.LoggedIn} or {@link Event.Failed}. */
    record LogIn(Command.Helo helo) implements Effect {}

    /**
     * Open a mailbox and hold it; tell {@link Event.Selected} or {@link Event.Failed}.
     *
     * @param mailbox the name as the client gave it; {@link Session#DEFAULT_MAILBOX} after a login
     */
    record Select(String mailbox) implements Effect {}

    /**
     * Find out how many octets a message has; tell {@link Event.Measured} or {@link Event.Failed}. Asked only where
     * {@link MailboxView#lengthKnown} is false.
     *
     * @param number the message
     */
    record Measure(int number) implements Effect {}

    /**
     * Send a message, exactly so many octets; tell {@link Event.Delivered} or {@link Event.Failed}.
     *
     * @param number the message
     * @param octets what was announced
     */
    record Deliver(int number, long octets) implements Effect {}

    /**
     * Release the mailbox, deleting the messages whose bits are set; tell {@link Event.Released} or
     * {@link Event.Failed}. Complete it whatever becomes of the connection.
     *
     * @param deleted bit n for message n
     * @param kept messages that the client acknowledged with ACKD and that are not {@linkplain MailboxView#deletable
     *     deletable}: they stay, and nothing has to be done about them
     */
    record Release(BitSet deleted, BitSet kept) implements Effect {}

    /** Close the connection once everything has been sent. The last effect of every session. */
    record Close(End end) implements Effect {}
}
