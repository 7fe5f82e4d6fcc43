package org.pop2.storage.transfer;

import java.io.IOException;
import java.io.Serial;

/** The input is not what it should be. */
public final class BadSourceException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    public BadSourceException(String message) {
        super(message);
    }
}
