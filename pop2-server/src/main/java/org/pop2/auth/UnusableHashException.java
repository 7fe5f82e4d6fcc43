package org.pop2.auth;

import java.io.Serial;

/**
 * A stored password hash that nobody can log in with: its scheme is unknown, it is garbled, or its cost would endanger
 * the server. The message says what to do and quotes nothing of the hash.
 */
public final class UnusableHashException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    UnusableHashException(String reason) {
        super(reason);
    }
}
