package org.pop2.server;

import java.time.Duration;
import java.util.Optional;
import org.pop2.protocol.End;
import org.pop2.protocol.ForeignProtocol;
import org.pop2.protocol.Input;
import org.pop2.protocol.State;
import org.pop2.storage.UserName;

/**
 * Listens to what a server does, to count it. Called on event loops, concurrently for many connections: an observer
 * must return at once and not throw.
 */
public interface ServerObserver {
    /** Counts nothing. */
    ServerObserver NONE = new ServerObserver() {};

    /** Why a connection was refused. */
    enum Refusal {
        /** There are too many connections. */
        FULL,
        /** There are so many that further ones are closed without a line. */
        FLOODED,
        /** There are too many from that address. */
        ADDRESS,
        /** A password in clear is not allowed from the client's network. */
        CLEARTEXT,
        /** A TLS handshake or a PROXY header is missing or failed. */
        HANDSHAKE
    }

    /** The outcome of a login. */
    enum Login {
        ACCEPTED,
        /** Unknown user, wrong password, or the certificate of another user. */
        REFUSED,
        /** Too many logins are waiting. */
        BUSY,
        /** The user has too many sessions. */
        TOO_MANY_SESSIONS,
        /** The accounts could not be read. */
        FAILED
    }

    /** The outcome of a release. */
    enum Release {
        /** There was nothing to delete. */
        KEPT,
        DELETED,
        /** Nothing was deleted. */
        FAILED
    }

    /**
     * A connection was refused.
     *
     * @param address of the client
     */
    default void refused(Refusal why, String address) {}

    /**
     * A login was decided.
     *
     * @param address of the client
     * @param user who logged in; empty unless accepted, as people may type a password instead of their name
     */
    default void login(Login result, String address, Optional<UserName> user) {}

    /** A command was received. */
    default void command(Input command) {}

    /**
     * A connection's first line plainly belonged to another protocol.
     *
     * @param address of the client
     */
    default void wrongProtocol(ForeignProtocol protocol, String address) {}

    /** A session changed its state; {@link State#LSTN} stands for before its begin and after its end. */
    default void moved(State from, State to) {}

    /** A message was sent completely. */
    default void messageSent() {}

    /** The socket accepted octets of messages or lines. */
    default void octetsSent(long count) {}

    default void octetsReceived(long count) {}

    /** A mailbox was released. */
    default void released(Release result, int deleted, Duration took) {}

    /**
     * A session ended.
     *
     * @param discarded messages that the client had marked and that were kept
     */
    default void ended(End why, long discarded) {}
}
