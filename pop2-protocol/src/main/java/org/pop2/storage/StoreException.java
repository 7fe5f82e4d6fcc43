package org.pop2.storage;

import java.io.Serial;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The only error that a storage lets out (rule S14). Sorted by what the caller can do about it; the message is for the
 * administrator's log and never shown to a mail client.
 */
public final class StoreException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** What the caller can do. */
    public enum Reason {
        /** Somebody else has it just now. Nothing changed; the same call may succeed later. */
        BUSY,
        /** The storage cannot be reached or used. Nothing is known to have changed; somebody has to look. */
        UNAVAILABLE,
        /** The work was done or was not: the answer was lost. Only releases say so; whoever looks again finds out. */
        UNKNOWN_OUTCOME,
        /** What is stored is not what it should be. It was left as it is; somebody has to look. */
        CORRUPT,
        /**
         * Another program has changed what this call was about. Nothing was deleted; whoever opens it again sees more.
         */
        CHANGED,
        /** No space left. Nothing changed; the same call may succeed when somebody has made some. */
        NO_SPACE,
        /** The user has as much mail as the {@link Quota} allows. Nothing changed. Only deliveries say so. */
        OVER_QUOTA,
        /** The user (or other object) named does not exist. Only deliveries and account changes say so. */
        NOT_FOUND
    }

    private final Reason reason;

    public StoreException(Reason reason, String message) {
        this(reason, message, null);
    }

    public StoreException(Reason reason, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.reason = Objects.requireNonNull(reason, "reason");
    }

    public Reason reason() {
        return reason;
    }
}
