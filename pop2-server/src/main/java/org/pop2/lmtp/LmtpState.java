package org.pop2.lmtp;

/** The state of a session (RFC 2033; RFC 5321 section 4.1.4). */
enum LmtpState {
    /** Before the greeting. */
    START,
    /** LHLO is awaited. */
    CONNECTED,
    /** No transaction. */
    GREETED,
    /** A transaction with a sender and no recipient. */
    SENDER,
    /** A transaction with at least one recipient. */
    RECIPIENTS,
    /** The message comes in, until a dot on a line of its own. */
    CONTENT,
    /** The message is being delivered; the replies go out. */
    DELIVERING,
    /** The session has ended. */
    DONE
}
