package org.pop2.protocol;

/** What can happen to a client's session: the rows of its decision table (RFC 937 p. 20). */
public enum ClientInput {
    /** {@code + POP2 host}. */
    GREET,
    /** {@code #NNN}. */
    COUNT,
    /** {@code =CCC}. */
    LENGTH,
    /** All octets of a message. */
    DATA,
    /** Any other {@code +}; expected after QUIT only. */
    BYE,
    CLOSE,
    /** Anything else, {@code -} included. */
    OTHER,
    TIMEOUT
}
