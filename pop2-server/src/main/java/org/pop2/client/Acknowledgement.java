package org.pop2.client;

/** What becomes of a message that was read (RFC 937 p. 9–10). */
public enum Acknowledgement {
    /** ACKS: it stays in the mailbox; on to the next. */
    KEEP,
    /** ACKD: it is deleted when the session ends well; on to the next. Only for what is stored safely. */
    DELETE,
    /** NACK: it stays in the mailbox, and comes once more. */
    AGAIN
}
