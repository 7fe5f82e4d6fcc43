package org.pop2.protocol;

/** What a {@link ClientSession} is told. */
public sealed interface ClientEvent {
    ClientEvent DATA = new Data();
    ClientEvent TIMED_OUT = new TimedOut();
    ClientEvent CLOSED = new Closed();

    /** A line came; the first one is the greeting. An over-long line is {@link Reply.Malformed}. */
    record Received(Reply reply) implements ClientEvent {}

    /** Every octet of {@link ClientEffect.Receive} came. */
    record Data() implements ClientEvent {}

    /**
     * The application's answer to {@link ClientEffect.Choose}.
     *
     * @param command one that the RFC offers here, see {@link ClientSession#choices}
     */
    record Chosen(Command command) implements ClientEvent {}

    /** The server was silent for too long. */
    record TimedOut() implements ClientEvent {}

    /** The connection has gone. */
    record Closed() implements ClientEvent {}
}
