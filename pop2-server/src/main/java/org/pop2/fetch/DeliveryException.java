package org.pop2.fetch;

import java.io.IOException;
import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** A target did not take a message. */
public final class DeliveryException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** For how long, and for which messages. */
    public enum Kind {
        /** Now; it may later. */
        TEMPORARY,
        /** Nothing for this recipient, ever. */
        NO_RECIPIENT,
        /** Not this message, ever. */
        REJECTED
    }

    private final Kind kind;

    public DeliveryException(Kind kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
