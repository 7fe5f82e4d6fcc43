package org.pop2.protocol;

import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A server's side of one connection, all of it: octets in, {@link Command}s out; commands and what became of them in,
 * {@link Effect}s out. No I/O, no clock, no threads; whoever has a socket drives it. The package's page has an example.
 *
 * <pre>{@code
 * act(connection.open());
 * for (Command command; (command = connection.next(input)) != null; ) {
 *     act(connection.on(command));
 * }
 * }</pre>
 *
 * <p>An effect that takes time (log in, select, measure, deliver, release) has to be answered with its {@link Event}.
 * Until then the connection is not {@link #ready}: it takes no octet, and what the peer has sent ahead waits in the
 * input. Not safe for threads.
 */
public final class ServerConnection {
    private final LineFramer framer = new LineFramer();
    private final CommandCodec codec;
    private final Session session;
    private boolean firstLine = true;
    private long lines;

    /**
     * Reads leniently, and deletes nothing in a session without QUIT.
     *
     * @param hostName what the greeting calls this host
     */
    public ServerConnection(String hostName) {
        this(hostName, OnDisconnect.KEEP, new CommandCodec(false));
    }

    /**
     * A connection that has not been opened.
     *
     * @param hostName what the greeting calls this host
     * @param onDisconnect what becomes of marked messages when it ends without QUIT
     * @param codec how lines are read
     */
    public ServerConnection(String hostName, OnDisconnect onDisconnect, CommandCodec codec) {
        this.codec = codec;
        this.session = new Session(hostName, onDisconnect);
    }

    /** The connection is open: call this first, once. */
    public List<Effect> open() {
        return session.on(Event.OPENED);
    }

    /**
     * Takes octets up to the end of the next command.
     *
     * @return the command; {@code null} if the input is used up, or if the session is not {@link #ready} for a command,
     *     in which case no octet is taken. Whatever a peer sends is a command, at worst a {@link Command.Malformed} or
     *     {@link Command.Foreign} one
     */
    public @Nullable Command next(ByteBuffer input) {
        Command command = null;
        while (command == null && ready() && input.hasRemaining()) {
            command = next(input.get());
        }
        return command;
    }

    /**
     * Takes one octet, for input that is not a {@link ByteBuffer}. The session must be {@link #ready}.
     *
     * @return the command that this octet ends, or {@code null}
     */
    public @Nullable Command next(byte octet) {
        return switch (framer.next(octet)) {
            case NEED_MORE -> null;
            case LINE -> decode();
            case TOO_LONG -> new Command.Malformed("a line has at most " + LineFramer.MAX_LINE + " octets");
            case TLS_HANDSHAKE -> new Command.Foreign(ForeignProtocol.TLS);
        };
    }

    private @Nullable Command decode() {
        lines++;
        Command command = codec.decode(framer.line(), firstLine);
        // a blank line is no command, and not the first one
        firstLine &= command == null;
        return command;
    }

    /**
     * The line that {@link #next} found last, with its line end. Always the same buffer, valid until
     * {@link #on(Command)}; it may hold a password.
     *
     * @throws IllegalStateException if no line has ended yet
     */
    public ByteBuffer line() {
        return framer.line();
    }

    /** Lines that came, blank ones included. */
    public long lines() {
        return lines;
    }

    /** Whether the peer has begun a line that has not ended. */
    public boolean isInsideLine() {
        return framer.pending() > 0;
    }

    /** What to do about a command; a line with a password is not kept. */
    public List<Effect> on(Command command) {
        if (command instanceof Command.Helo) {
            framer.wipe();
        }
        return session.received(command);
    }

    /**
     * What to do about anything else: the outcome of an effect, a timer, the end of the connection.
     *
     * @throws IllegalStateException as {@link Session#on}
     */
    public List<Effect> on(Event event) {
        return session.on(event);
    }

    /** Whether it takes a command: nothing is under way, and it has been opened and not ended. */
    public boolean ready() {
        return session.ready();
    }

    /** Whether a message is being sent: no line may be put between its octets. */
    public boolean transferring() {
        return session.transferring();
    }

    /** Where it is in the RFC's table. */
    public State state() {
        return session.state();
    }

    /** The current message (RFC 937 p. 9); a number that READ named may be beyond the mailbox. */
    public int current() {
        return session.current();
    }

    /** Messages that were marked by ACKD but kept, as the session ended without QUIT. */
    public int discarded() {
        return session.discarded();
    }
}
