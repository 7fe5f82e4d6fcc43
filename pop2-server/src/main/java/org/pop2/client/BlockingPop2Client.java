package org.pop2.client;

import java.util.Objects;
import java.util.Optional;
import org.pop2.protocol.Secret;

/**
 * A {@link Pop2Client} for programs without Reactor: calls block until the server has answered, or the limits of
 * {@link ClientSettings} are reached. A session that fails throws {@link Pop2ClientException}.
 *
 * <pre>{@code
 * BlockingPop2Client client = BlockingPop2Client.of(ClientSettings.of(host, port));
 * try (BlockingPop2Session session = client.connect("smith", password)) {
 *     for (BlockingPop2Message message : session.messages()) {
 *         Files.copy(message.content(), directory.resolve(message.number() + ".eml"));
 *         message.delete();
 *     }
 *     session.quit();
 * }
 * }</pre>
 *
 * <p>Not to be called on threads that may not block, those of Reactor and Netty. Safe for many threads, of which each
 * has a session of its own.
 */
public final class BlockingPop2Client {
    private final Pop2Client client;

    private BlockingPop2Client(Pop2Client client) {
        this.client = client;
    }

    /** A client with threads of its own. */
    public static BlockingPop2Client of(ClientSettings settings) {
        return over(Pop2Client.of(settings));
    }

    /** A blocking view of a client. */
    public static BlockingPop2Client over(Pop2Client client) {
        return new BlockingPop2Client(client);
    }

    /**
     * Connects and logs in.
     *
     * @param password stays the caller's to wipe
     * @return the caller's to close
     * @throws IllegalArgumentException for a name and password that do not fit into a command line
     */
    public BlockingPop2Session connect(String user, Secret password) {
        return new BlockingPop2Session(
                Objects.requireNonNull(client.connect(user, password).block()));
    }

    /**
     * Decides what becomes of a message.
     *
     * @param <X> what it may throw; {@link #fetch} throws the same
     */
    @FunctionalInterface
    public interface Handler<X extends Exception> {
        /** Reads a message; returns {@link Acknowledgement#DELETE} if it is stored safely. */
        Acknowledgement handle(BlockingPop2Message message) throws X;
    }

    /**
     * A whole session: connects, opens a mailbox, passes each message to the handler, acknowledges it as the handler
     * says, and quits. The connection is always closed; if the handler throws, without QUIT, so that nothing is
     * deleted.
     *
     * @param folder for FOLD; empty: the user's default mailbox
     * @return how many messages the handler got
     * @throws X as the handler does
     */
    public <X extends Exception> long fetch(String user, Secret password, Optional<String> folder, Handler<X> handler)
            throws X {
        try (BlockingPop2Session session = connect(user, password)) {
            folder.ifPresent(session::fold);
            long handled = 0;
            for (BlockingPop2Message message : session.messages()) {
                message.acknowledge(handler.handle(message));
                handled++;
            }
            session.quit();
            return handled;
        }
    }
}
