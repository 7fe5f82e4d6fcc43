package org.pop2.library;

import java.io.Serial;

/** A {@link Library} that is needed is missing; the message is one line that names it. */
public final class MissingLibraryException extends IllegalStateException {
    @Serial
    private static final long serialVersionUID = 1L;

    MissingLibraryException(String message) {
        super(message);
    }
}
