package org.pop2.app.conform;

import java.io.IOException;
import java.io.Serial;

/** The server did something else than the RFC has. */
final class Unexpected extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** @param got what it did, after "got" */
    Unexpected(String got) {
        super(got);
    }
}
