package org.pop2.storage.transfer;

import java.io.IOException;
import java.io.Serial;

/** What was given to be read is not what it should be. */
public final class BadSourceException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    public BadSourceException(String message) {
        super(message);
    }
}
