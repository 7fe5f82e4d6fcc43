package org.pop2.protocol;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A client's side of one connection, all of it: octets and choices in, {@link ClientEffect}s out. No I/O, no clock, no
 * threads; whoever has a socket drives it. The package's page has an example.
 *
 * <p>Octets are taken as they come: up to the end of a reply, or of the message that is being received, whose octets
 * are handed on as {@link ClientEffect.Content}. {@link ClientEffect.Choose} asks what to do next; the answer is
 * {@link #choose}. Not safe for threads.
 */
public final class ClientConnection {
    private final LineFramer framer = new LineFramer();
    private final ClientSession session;
    private long missing;

    /** A connection that waits for the greeting and answers it with this command. On trouble it says QUIT. */
    public ClientConnection(Command.Helo helo) {
        this(helo, ClientSession.OnTrouble.QUIT);
    }

    public ClientConnection(Command.Helo helo, ClientSession.OnTrouble onTrouble) {
        this.session = new ClientSession(helo, onTrouble);
    }

    /**
     * Takes octets up to the end of a reply or of a message, or all of them. Call again while some remain. After the
     * last effect, {@link ClientEffect.Close}, the rest is dropped.
     */
    public List<ClientEffect> receive(ByteBuffer input) {
        if (session.closed()) {
            input.position(input.limit());
            return List.of();
        }
        return missing > 0 && input.hasRemaining() ? content(input) : line(input);
    }

    private List<ClientEffect> content(ByteBuffer input) {
        int length = (int) Math.min(missing, input.remaining());
        ByteBuffer octets = input.slice(input.position(), length).asReadOnlyBuffer();
        input.position(input.position() + length);
        List<ClientEffect> effects = new ArrayList<>(List.of(new ClientEffect.Content(octets)));
        effects.addAll(took(length));
        return effects;
    }

    private List<ClientEffect> line(ByteBuffer input) {
        Reply reply = hear(input);
        return reply == null ? List.of() : heard(reply);
    }

    /**
     * Takes octets up to the end of a reply, for a caller that wants to see it before {@link #heard} acts on it.
     *
     * @return nothing if the input is used up
     */
    public @Nullable Reply hear(ByteBuffer input) {
        return switch (framer.next(input)) {
            case NEED_MORE -> null;
            case LINE -> ReplyCodec.decode(framer.line());
            case TOO_LONG -> new Reply.Malformed("a line of more than " + LineFramer.MAX_LINE + " octets");
            case TLS_HANDSHAKE -> new Reply.Malformed("TLS, where a line was expected");
        };
    }

    /** What to do about a reply. */
    public List<ClientEffect> heard(Reply reply) {
        return own(session.on(new ClientEvent.Received(reply)));
    }

    /** Octets of the message that are still to come; 0 when no message is being received. */
    public long missing() {
        return missing;
    }

    /**
     * The caller has received octets of the message into buffers of its own.
     *
     * @throws IllegalArgumentException if there are more than {@link #missing}
     */
    public List<ClientEffect> took(long octets) {
        if (octets > missing) {
            throw new IllegalArgumentException(octets + " octets of a message that has " + missing + " left");
        }
        missing -= octets;
        return missing > 0 || octets == 0 ? List.of() : own(session.on(ClientEvent.DATA));
    }

    /** The commands that may be chosen from now; none while the server's answer is awaited. */
    public Set<Input> choices() {
        return session.choices();
    }

    /**
     * The answer to {@link ClientEffect.Choose}.
     *
     * @throws IllegalStateException for a command that is not among the {@link #choices}
     * @throws IllegalArgumentException for one that fits into no line; in both cases nothing has changed
     */
    public List<ClientEffect> choose(Command command) {
        return own(session.on(new ClientEvent.Chosen(command)));
    }

    /** The server was silent for too long. */
    public List<ClientEffect> timedOut() {
        return own(session.on(ClientEvent.TIMED_OUT));
    }

    /** The connection has gone. */
    public List<ClientEffect> lost() {
        return own(session.on(ClientEvent.CLOSED));
    }

    /** Whether the server has begun a line that has not ended. */
    public boolean isInsideLine() {
        return framer.pending() > 0;
    }

    /** Whether it has asked for the close. Whatever comes after that is ignored. */
    public boolean closed() {
        return session.closed();
    }

    /** Overwrites what is held of the server's last line. */
    public void wipe() {
        framer.wipe();
    }

    /** The effects for the caller; receiving is done here. */
    private List<ClientEffect> own(List<ClientEffect> effects) {
        List<ClientEffect> left = new ArrayList<>(effects.size());
        for (ClientEffect effect : effects) {
            if (effect instanceof ClientEffect.Receive receive) {
                missing = receive.octets();
            } else {
                left.add(effect);
            }
        }
        return left;
    }
}
