package org.pop2.client;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/**
 * A session failed; its connection is closed. Nothing that was acknowledged in it can be counted as deleted, unless a
 * FOLD was answered since. It may be deleted all the same: QUIT may have been done though its reply was lost.
 */
public final class Pop2ClientException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** What went wrong, by what the caller can do about it. */
    public enum Reason {
        /** No connection: no such host, nobody listens, no way there. */
        UNREACHABLE,
        /** No TLS: the certificate is not trusted, is of another host, or the server speaks no TLS. */
        TLS,
        /** What answers is no POP2 server. No password was sent. */
        NOT_POP2,
        /** The server said {@code -} to user and password, or that the mailbox is in use: its text tells. */
        LOGIN_REFUSED,
        /** The server said {@code -} to something else. */
        REFUSED,
        /** The server broke the protocol: octets too many, a line that is none, a reply to nothing. */
        PROTOCOL_ERROR,
        /**
         * The server counts a line end as two octets and sends one, so a message never ends;
         * {@link ClientSettings#withCountLineFeeds} reads it.
         */
        COUNTS_CRLF,
        /** The server was silent for too long. */
        TIMED_OUT,
        /** The connection was lost; in a message: before all of its octets had come. */
        DISCONNECTED,
        /** QUIT was sent, and no {@code +} came: deletions may or may not have been done. */
        UNCONFIRMED,
        /** This side closed the connection, or left off in the middle of a message or reply. */
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
