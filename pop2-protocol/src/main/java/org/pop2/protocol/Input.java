package org.pop2.protocol;

/** What can happen to a server's session: the rows of its decision table (RFC 937 p. 22). */
public enum Input {
    OPEN,
    HELO,
    FOLD,
    READ,
    RETR,
    ACKS,
    ACKD,
    NACK,
    QUIT,
    CLOSE,
    /** Anything else that was received: no command at all, or a malformed one. */
    OTHER,
    TIMEOUT
}
