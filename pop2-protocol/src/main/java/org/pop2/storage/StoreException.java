package org.pop2.storage;

import java.io.Serial;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The only exception that a storage throws or emits (rule S14). Its reason says what the caller can do; its message is
 * for the administrator's log and never shown to a mail client.
 */
public final class StoreException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** What the caller can do. */
    public enum Reason {
        /** Another holder has it now. Nothing changed; the same call may succeed later. */
        BUSY,
        /** The storage cannot be reached or used. Nothing is known to have changed; an administrator has to look. */
        UNAVAILABLE,
        /**
         * The answer was lost: the work was done or was not. Only releases fail so; opening the mailbox again shows
         * which.
         */
        UNKNOWN_OUTCOME,
        /** What is stored is damaged. It was left as it is; an administrator has to look. */
        CORRUPT,
        /** Another program has changed the mailbox. Nothing was deleted; open it again to see its new state. */
        CHANGED,
        /** No space left. Nothing changed; the same call may succeed once there is space. */
        NO_SPACE,
        /** The {@link Quota} allows the user no more mail. Nothing changed. Only deliveries fail so. */
        OVER_QUOTA,
        /** The named user (or other object) does not exist. Only deliveries and account changes fail so. */
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
