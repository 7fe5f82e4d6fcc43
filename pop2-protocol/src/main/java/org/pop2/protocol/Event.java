package org.pop2.protocol;

/** What a {@link Session} is told: what the peer or the clock did, and the outcome of its {@link Effect}s. */
public sealed interface Event {
    Event OPENED = new Opened();
    Event LOGGED_IN = new LoggedIn();
    Event DELIVERED = new Delivered();
    Event RELEASED = new Released();
    Event TIMED_OUT = new TimedOut();
    Event CLOSED = new Closed();

    /** A connection came. */
    record Opened() implements Event {}

    /** A line came. Allowed only while nothing else is under way: a session does one thing at a time. */
    record Received(Command command) implements Event {}

    /** A timer of the state ran out. */
    record TimedOut() implements Event {}

    /** The connection has gone. */
    record Closed() implements Event {}

    /**
     * The session has to end for a reason outside the dialogue.
     *
     * @param end why
     * @param text for the client's user
     */
    record Aborted(End end, String text) implements Event {}

    /** {@link Effect.LogIn}: the password is right. */
    record LoggedIn() implements Event {}

    /** {@link Effect.Select}: the mailbox is open and held. */
    record Selected(MailboxView mailbox) implements Event {}

    /**
     * {@link Effect.Measure}: the length is known.
     *
     * @param octets 0 if the message is gone
     */
    record Measured(long octets) implements Event {}

    /** {@link Effect.Deliver}: every octet is on its way. */
    record Delivered() implements Event {}

    /** {@link Effect.Release}: done, durably. */
    record Released() implements Event {}

    /**
     * What was under way failed.
     *
     * @param end why
     * @param text for the client's user; not sent if a message was being sent
     */
    record Failed(End end, String text) implements Event {}
}
