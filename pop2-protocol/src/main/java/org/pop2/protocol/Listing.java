package org.pop2.protocol;

/** The mailbox that a session holds, as far as the protocol looks at it. Does not change while it is held (p. 9). */
public interface Listing {
    /** Messages, 0 or more. */
    int count();

    /**
     * Octets of a message on the wire, at least 1.
     *
     * @param number 1 to {@link #count}
     */
    long octets(int number);

    /** Whether messages may be deleted. */
    boolean writable();
}
