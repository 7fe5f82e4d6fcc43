package org.pop2.protocol;

/** What a {@link ClientSession} wants done, in the order of the list that it returns. */
public sealed interface ClientEffect {

    /** Send a command. */
    record Send(Command command) implements ClientEffect {}

    /** Take exactly so many octets, at least 1, not a line; tell {@link ClientEvent.Data}. */
    record Receive(long octets) implements ClientEffect {}

    /**
     * Ask the application what to do; tell {@link ClientEvent.Chosen}.
     *
     * @param action which of the three choices
     * @param number messages, or octets of the message; for an acknowledgement the octets that came
     */
    record Choose(ClientAction action, long number) implements ClientEffect {}

    /**
     * Close the connection. The last effect of every session.
     *
     * @param end why
     * @param text what the server said to it, or what was wrong; may be empty. A peer's words: escape before showing
     */
    record Close(ClientEnd end, String text) implements ClientEffect {}
}
