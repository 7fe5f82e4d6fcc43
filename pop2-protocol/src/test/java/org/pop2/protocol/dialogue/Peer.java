package org.pop2.protocol.dialogue;

import java.util.List;

/**
 * A server with one connection to it, as a dialogue needs them. Every wait is bounded; what does not come is a failure.
 */
public interface Peer extends AutoCloseable {

    /** Sends these octets, at once and in one piece. */
    void send(byte[] octets);

    /** The next octets up to and with an LF, or up to the end of the connection where that comes first. */
    byte[] receiveLine();

    /** The next octets, exactly so many, or fewer where the connection ends before. */
    byte[] receive(int octets);

    /** Waits until the server has closed, and fails if it sends anything before. */
    void expectClosed();

    /** Ends the connection without another word. What was sent before has been received. */
    void drop();

    /** Waits until the server's timer for silent clients has run out. */
    void silence();

    /** Delivers a message to a folder, whoever holds it. */
    void deliver(String user, String folder, byte[] message);

    /**
     * The messages in a folder as they go over the wire, once the session's work on them is done. Called only after the
     * connection has ended.
     */
    List<byte[]> messages(String user, String folder);

    /** Ends what is left: connection, server, storage. */
    @Override
    void close();
}
