package org.pop2.server;

import java.time.Duration;
import java.util.Optional;

/** What a session has used of its limits, and its last sign of life. */
final class SessionShare {
    /** Idle times after which a client counts as idle even if the system still has octets for it. */
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

    /** Octets that the socket accepted. */
    long octetsWritten() {
        return written;
    }

    /** There was activity. */
    void touch() {
        lastHeard = System.nanoTime();
    }

    long silentNanos() {
        return System.nanoTime() - lastHeard;
    }

    /** Whether a silent client may still be receiving octets that the system holds. */
    boolean mayStillBeSending(Duration idle) {
        return silentNanos() < SENDING_LIMIT * idle.toNanos();
    }

    /**
     * Which limit the session has exceeded, if any.
     *
     * @param lines lines that the client has sent
     */
    Optional<String> excess(long lines) {
        if (lines > limits.commands()) {
            return Optional.of("too many commands in one session");
        }
        return received + written > limits.octets() ? Optional.of("too many octets in one session") : Optional.empty();
    }
}
