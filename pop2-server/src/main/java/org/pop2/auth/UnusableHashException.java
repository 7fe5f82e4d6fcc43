package org.pop2.auth;

import java.io.Serial;

/**
 * A stored password hash that nobody can log in with: of an unknown scheme, garbled, or of a cost that would be an
 * attack on the server. The message says what to do about it and holds nothing of the hash.
 */
public final class UnusableHashException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    UnusableHashException(String reason) {
        super(reason);
    }
}
