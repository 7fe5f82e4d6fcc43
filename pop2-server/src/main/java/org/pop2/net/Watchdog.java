package org.pop2.net;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The timeouts of one connection. While nothing is being sent, a deadline runs for the peer, and counts when it is the
 * peer's turn. While octets are on their way, no deadline runs, but some of them must move. For the connection's event
 * loop.
 *
 * <p>The idle handlers of Netty and Reactor Netty measure the interval between two reads or writes, and do not know
 * whose turn it is.
 */
final class Watchdog {
    /** The watched connection. */
    interface Watched {
        /** Whether octets are on their way to the peer. */
        boolean isSending();

        /** Octets that have moved so far. */
        long moved();

        /** Whether the peer's time runs. */
        boolean isPeersTurn();

        /** Octets were on their way at the last check. */
        void sending(boolean moved);

        /** The peer took too long. Watching ends until it is {@linkplain #arm armed} again. */
        void overdue();
    }

    /** The event loop, or a test's. */
    @FunctionalInterface
    interface Timer {
        Future<?> schedule(Runnable task, long nanos);
    }

    /** How often to check whether octets move, or whether it is the peer's turn again. */
    static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final long NOTHING_MOVED = -1;

    private final Watched watched;
    private final Timer timer;
    private final LongSupplier nanoTime;
    private final long stallNanos;

    private @Nullable Future<?> ringing;
    private long ringsAt;
    private long deadline;
    private long last = LOOK_NANOS;
    private long movedAtLastRing = NOTHING_MOVED;
    private long movedAt;

    /** @param stall how long octets on their way may stand still */
    Watchdog(Watched watched, Timer timer, LongSupplier nanoTime, Duration stall) {
        this.watched = watched;
        this.timer = timer;
        this.nanoTime = nanoTime;
        this.stallNanos = stall.toNanos();
        this.deadline = nanoTime.getAsLong();
    }

    /** Sets the peer's deadline. */
    void until(long nanos) {
        deadline = nanos;
    }

    /** Sets the peer's deadline, counted from now. */
    void within(long nanos) {
        last = nanos;
        deadline = nanoTime.getAsLong() + nanos;
    }

    /** Arms the timer for the next deadline. */
    void arm() {
        long now = nanoTime.getAsLong();
        long at = watched.isSending() ? now + Math.min(LOOK_NANOS, stallNanos) : deadline;
        if (ringing != null && ringsAt - at <= 0) {
            return;
        }
        cancel();
        ringsAt = at;
        ringing = timer.schedule(this::ring, Math.max(0, at - now));
    }

    void cancel() {
        if (ringing != null) {
            ringing.cancel(false);
            ringing = null;
        }
    }

    private void ring() {
        ringing = null;
        long now = nanoTime.getAsLong();
        if (watched.isSending()) {
            // "no timer runs while data is being sent" (RFC 937 p. 11), but for one that asks whether any octet moved
            long moved = watched.moved();
            if (moved != movedAtLastRing) {
                movedAtLastRing = moved;
                movedAt = now;
            } else if (now - movedAt >= stallNanos) {
                watched.overdue();
                return;
            }
            watched.sending(movedAt == now);
        } else {
            movedAtLastRing = NOTHING_MOVED;
            if (now - deadline >= 0) {
                if (watched.isPeersTurn()) {
                    watched.overdue();
                    return;
                }
                // the storage is at work, whose waits have limits of their own; or the system has octets left to send
                deadline = now + Math.min(LOOK_NANOS, last);
            }
        }
        arm();
    }
}
