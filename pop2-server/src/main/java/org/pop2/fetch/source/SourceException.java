package org.pop2.fetch.source;

import java.io.IOException;
import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** A provider failed to do what was asked. The message is for people. */
public final class SourceException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** What the caller can do. */
    public enum Reason {
        /** It cannot be reached, or the connection was lost: try again. */
        CONNECTION,
        /** Its certificate is not trusted, or it has no TLS: a person has to look. */
        TLS,
        /** It does not accept user and password: try rarely, as providers lock accounts. */
        LOGIN_REFUSED,
        /** It refuses a command, or there is no such folder. */
        REFUSED,
        /** It violates the protocol, or sends more than was asked for. */
        PROTOCOL,
        /** The message is gone. */
        GONE
    }

    private final Reason reason;

    public SourceException(Reason reason, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
