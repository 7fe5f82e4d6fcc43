package org.pop2.protocol;

/** Where a client's session stands (RFC 937 p. 17–21). */
public enum ClientState {
    /** Connecting, waiting for the greeting. */
    CALL,
    /** Waiting for the number of messages of the mailbox that was asked for, or, once that is known, for a choice. */
    NMBR,
    /** Waiting for the length of the message that was asked for, or, once that is known, for a choice. */
    SIZE,
    /** Receiving a message or, once it is complete, waiting for a choice. */
    XFER,
    /** QUIT was sent; whatever comes next is awaited, then the connection is closed. */
    EXIT
}
