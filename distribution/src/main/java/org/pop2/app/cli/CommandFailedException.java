package org.pop2.app.cli;

import java.io.Serial;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.StoreException;

/** Ends a command with a message for the user and an exit code. */
public final class CommandFailedException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    private final int exitCode;

    public CommandFailedException(int exitCode, String message) {
        this(exitCode, message, null);
    }

    public CommandFailedException(int exitCode, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
    }

    public static CommandFailedException of(StoreException e) {
        int exitCode = switch (e.reason()) {
            case BUSY, CHANGED -> ExitCode.TRY_LATER;
            case UNAVAILABLE, UNKNOWN_OUTCOME -> ExitCode.UNAVAILABLE;
            case CORRUPT -> ExitCode.DATA;
            case NO_SPACE, OVER_QUOTA -> ExitCode.CANNOT_CREATE;
            case NOT_FOUND -> ExitCode.NO_USER;
        };
        return new CommandFailedException(exitCode, String.valueOf(e.getMessage()), e);
    }

    public int exitCode() {
        return exitCode;
    }
}
