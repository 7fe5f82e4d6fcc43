package org.pop2.protocol;

/** What can happen to a client's session: the rows of its decision table (RFC 937 p. 20). */
public enum ClientInput {
    /** {@code +}: a greeting where one is due. */
    GREET,
    /** {@code #NNN}. */
    COUNT,
    /** {@code =CCC}. */
    LENGTH,
    /** All octets of a message. */
    DATA,
    CLOSE,
    /** Anything else, {@code -} included. */
    OTHER,
    TIMEOUT
}
