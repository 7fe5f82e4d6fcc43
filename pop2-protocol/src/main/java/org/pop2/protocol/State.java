package org.pop2.protocol;

/** Where a server's session stands (RFC 937 p. 17–19, 22). */
public enum State {
    /** Waiting for a connection. */
    LSTN,
    /** Greeted, waiting for HELO. */
    AUTH,
    /** A mailbox is open. */
    MBOX,
    /** The length of the current message has been told. */
    ITEM,
    /** The message has been sent, waiting for the acknowledgement. */
    NEXT,
    /** Over; waiting for the connection to go. */
    DONE
}
