package org.pop2.client;

/** The client's answer to a message (RFC 937 p. 9–10). */
public enum Acknowledgement {
    /** ACKS: keep it in the mailbox; on to the next. */
    KEEP,
    /** ACKD: delete it when the session ends well; on to the next. Only for messages that are stored safely. */
    DELETE,
    /** NACK: keep it in the mailbox, and send it again. */
    AGAIN
}
