package org.pop2.fetch;

import java.io.IOException;
import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** A target refused a message. */
public final class DeliveryException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** How long the refusal lasts, and what it is about. */
    public enum Kind {
        /** For now; a later attempt may succeed. */
        TEMPORARY,
        /** For good, for this recipient. */
        NO_RECIPIENT,
        /** For good, for this message. */
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
