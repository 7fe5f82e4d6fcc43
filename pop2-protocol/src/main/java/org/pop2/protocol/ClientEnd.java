package org.pop2.protocol;

/** Why a client's session ended. Only {@link #QUIT} says that what was acknowledged with ACKD is deleted. */
public enum ClientEnd {
    /** The server answered {@code +} to QUIT. */
    QUIT,
    /** QUIT was sent, but no {@code +} came: deletions may or may not have been done. */
    UNCONFIRMED,
    /** The server said {@code -}. */
    REFUSED,
    /** The server said something out of place. */
    PROTOCOL_ERROR,
    TIMED_OUT,
    DISCONNECTED
}
