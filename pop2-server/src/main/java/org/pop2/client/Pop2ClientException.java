package org.pop2.client;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/**
 * A session failed, and its connection is closed. Do not count messages that it acknowledged as deleted, unless a FOLD
 * was answered since. They may be deleted nevertheless: the server may have carried out QUIT although its reply was
 * lost.
 */
public final class Pop2ClientException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** What went wrong, classified by what the caller can do. */
    public enum Reason {
        /** No connection: unknown host, connection refused, no route. */
        UNREACHABLE,
        /** No TLS: the certificate is not trusted or belongs to another host, or the server does not speak TLS. */
        TLS,
        /** The server does not speak POP2. No password was sent. */
        NOT_POP2,
        /**
         * The server answered the login with {@code -}: wrong user or password, or a mailbox in use, as its text says.
         */
        LOGIN_REFUSED,
        /** The server answered something else with {@code -}. */
        REFUSED,
        /** The server broke the protocol: too many octets, a malformed line, an unexpected reply. */
        PROTOCOL_ERROR,
        /**
         * The server counts a line end as two octets and sends one, so a message never ends;
         * {@link ClientSettings#withCountLineFeeds} reads it.
         */
        COUNTS_CRLF,
        /** The server was silent for too long. */
        TIMED_OUT,
        /** The connection was lost, perhaps within a message. */
        DISCONNECTED,
        /** QUIT was sent, and no {@code +} came: deletions may or may not have been done. */
        UNCONFIRMED,
        /** This side closed the connection, or stopped reading within a message or reply. */
        CLOSED
    }

    private final Reason reason;

    Pop2ClientException(Reason reason, String message) {
        this(reason, message, null);
    }

    Pop2ClientException(Reason reason, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
