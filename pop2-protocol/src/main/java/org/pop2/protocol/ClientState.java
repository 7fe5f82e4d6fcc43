package org.pop2.protocol;

/** Where a client's session stands (RFC 937 p. 17–21). */
public enum ClientState {
    /** Connecting, waiting for the greeting. */
    CALL,
    /** A mailbox was asked for, waiting for the number of its messages; or that is told and a choice is due. */
    NMBR,
    /** The length of a message was asked for, waiting for it; or that is told and a choice is due. */
    SIZE,
    /** Taking the octets of a message; or they are complete and a choice is due. */
    XFER,
    /** QUIT was sent, waiting for whatever comes before closing. */
    EXIT
}
