package org.pop2.library;

import java.io.Serial;

/** Something was asked for whose {@link Library} is not there; the message is one line that names it. */
public final class MissingLibraryException extends IllegalStateException {
    @Serial
    private static final long serialVersionUID = 1L;

    MissingLibraryException(String message) {
        super(message);
    }
}
