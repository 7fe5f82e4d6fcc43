package org.pop2.server;

import java.time.Duration;
import java.util.Optional;

/** What a session has had so far, and when it last showed a sign of life. */
final class SessionShare {
    /** Idle times after which a client is idle though the system would still have octets for it. */
    private static final int SENDING_LIMIT = 6;

    private final Limits limits;
    private long received;
    private long written;
    private long lastHeard = System.nanoTime();

    SessionShare(Limits limits) {
        this.limits = limits;
    }

    void received(int octets) {
        received += octets;
    }

    void written(int octets) {
        written += octets;
    }

    /** Octets that the socket took. */
    long octetsWritten() {
        return written;
    }

    /** Something was heard or done. */
    void touch() {
        lastHeard = System.nanoTime();
    }

    long silentNanos() {
        return System.nanoTime() - lastHeard;
    }

    /** Whether a client that is silent may still be getting what the system has for it. */
    boolean mayStillBeSending(Duration idle) {
        return silentNanos() < SENDING_LIMIT * idle.toNanos();
    }

    /**
     * Why the session has had enough; nothing if it has not.
     *
     * @param lines that it has sent
     */
    Optional<String> excess(long lines) {
        if (lines > limits.commands()) {
            return Optional.of("too many commands in one session");
        }
        return received + written > limits.octets() ? Optional.of("too many octets in one session") : Optional.empty();
    }
}
