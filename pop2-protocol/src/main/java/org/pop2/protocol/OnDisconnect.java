package org.pop2.protocol;

/** What becomes of messages marked by ACKD when a session ends without QUIT. The RFC does not say. */
public enum OnDisconnect {
    /** They are kept: nothing is deleted that the client did not confirm with QUIT or FOLD. */
    KEEP,
    /** They are deleted: ACKD already means "I have it". */
    APPLY
}
