package org.pop2.protocol;

import java.nio.ByteBuffer;

/** What a {@link ClientSession} wants done, in the order of the list that it returns. */
public sealed interface ClientEffect {

    /** Send a command. */
    record Send(Command command) implements ClientEffect {
        /**
         * The command as a line of octets, its end included. Of HELO it holds the password: wipe it when it is sent.
         */
        public byte[] octets() {
            return CommandCodec.encode(command);
        }
    }

    /**
     * Receive exactly this many octets, at least 1, instead of a line; then tell {@link ClientEvent.Data}. A
     * {@link ClientConnection} does so by itself.
     */
    record Receive(long octets) implements ClientEffect {}

    /**
     * Octets of the message have come; only a {@link ClientConnection} says so.
     *
     * @param octets a view into the input, valid until more is given
     */
    record Content(ByteBuffer octets) implements ClientEffect {}

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
