package org.pop2.server;

import java.time.Duration;
import java.util.Optional;
import org.pop2.protocol.End;
import org.pop2.protocol.ForeignProtocol;
import org.pop2.protocol.Input;
import org.pop2.protocol.State;
import org.pop2.storage.UserName;

/**
 * Is told what a server does, to count it. Called on event loops, of many connections at a time: an observer returns at
 * once and throws nothing.
 */
public interface ServerObserver {
    /** Counts nothing. */
    ServerObserver NONE = new ServerObserver() {};

    /** Why a connection was not let in. */
    enum Refusal {
        /** There are as many connections as there may be. */
        FULL,
        /** There are so many that they are closed without a word. */
        FLOODED,
        /** There are as many from that address as there may be. */
        ADDRESS,
        /** A password would have come in clear from a network where that is not allowed. */
        CLEARTEXT,
        /** No TLS handshake, or no header of a proxy, where there has to be one. */
        HANDSHAKE
    }

    /** What became of a login. */
    enum Login {
        ACCEPTED,
        /** Unknown user, wrong password, or somebody else's certificate. */
        REFUSED,
        /** Too many logins at a time. */
        BUSY,
        /** The user has as many sessions as there may be. */
        TOO_MANY_SESSIONS,
        /** The accounts could not be read. */
        FAILED
    }

    /** What became of the letting go of a mailbox. */
    enum Release {
        /** Nothing was to be deleted. */
        KEPT,
        DELETED,
        /** Nothing was deleted. */
        FAILED
    }

    /**
     * A connection was not let in.
     *
     * @param address of the client
     */
    default void refused(Refusal why, String address) {}

    /**
     * A login came to its end.
     *
     * @param address of the client
     * @param user who logged in; nobody unless accepted: what people type instead of their name may be a password
     */
    default void login(Login result, String address, Optional<UserName> user) {}

    /** A line was taken from a client. */
    default void command(Input command) {}

    /**
     * A connection's first line was plainly another protocol's.
     *
     * @param address of the client
     */
    default void wrongProtocol(ForeignProtocol protocol, String address) {}

    /** A session went from one state to another; {@link State#LSTN}: it begins, or is gone. */
    default void moved(State from, State to) {}

    /** A message went out whole. */
    default void messageSent() {}

    /** The socket took so many octets, of messages and of lines. */
    default void octetsSent(long count) {}

    default void octetsReceived(long count) {}

    /** A mailbox was let go of, which took so long. */
    default void released(Release result, int deleted, Duration took) {}

    /**
     * A session ended.
     *
     * @param discarded messages that the client had marked and that are kept
     */
    default void ended(End why, long discarded) {}
}
