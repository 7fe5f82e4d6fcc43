package org.pop2.app.conform;

import java.io.IOException;
import java.io.Serial;

/** The server does not let us in: nothing can be looked at. */
final class RefusedException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    RefusedException(String reply) {
        super(reply);
    }
}
