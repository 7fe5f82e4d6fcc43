package org.pop2.protocol;

/** What a client does: the actions of its decision table (RFC 937 p. 20–21). */
public enum ClientAction {
    /** Send QUIT, → EXIT. */
    GIVE_UP,
    /** Send HELO, → NMBR. */
    LOG_IN,
    /** READ (→ SIZE), FOLD (→ NMBR) or QUIT (→ EXIT). */
    CHOOSE_MESSAGE,
    /** RETR (→ XFER), READ (→ SIZE), FOLD (→ NMBR) or QUIT (→ EXIT). */
    CHOOSE_TRANSFER,
    /** ACKS, ACKD or NACK (→ SIZE). */
    CHOOSE_ACKNOWLEDGEMENT,
    /** Close the connection. */
    CLOSE
}
