package org.pop2.lmtp;

/**
 * Is told what an LMTP server does, to count it. Called on event loops, of many connections at a time: an observer
 * returns at once and throws nothing.
 */
public interface LmtpObserver {
    /** Counts nothing. */
    LmtpObserver NONE = new LmtpObserver() {};

    /** A message was received whole. */
    default void received(long octets) {}

    /** A message was delivered to one recipient. */
    default void delivered() {}

    /** A message was not delivered to one recipient, who had been taken. */
    default void failed() {}

    /** A recipient was not taken. */
    default void refused() {}

    /** A connection was turned away: there are as many as there may be. */
    default void overloaded() {}
}
