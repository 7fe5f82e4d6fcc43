package org.pop2.lmtp;

/**
 * Listens to what an LMTP server does, to count it. Called on event loops, concurrently for many connections: an
 * observer must return at once and not throw.
 */
public interface LmtpObserver {
    /** Counts nothing. */
    LmtpObserver NONE = new LmtpObserver() {};

    /** A complete message was received. */
    default void received(long octets) {}

    /** A message was delivered to one recipient. */
    default void delivered() {}

    /** A message was not delivered to an accepted recipient. */
    default void failed() {}

    /** A recipient was refused. */
    default void refused() {}

    /** A connection was refused because there are too many. */
    default void overloaded() {}
}
