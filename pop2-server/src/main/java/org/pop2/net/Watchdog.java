package org.pop2.net;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The times of one connection. While nothing is being sent a deadline runs, for what the peer has to say; it counts
 * only when it is the peer's turn. While octets are on their way no deadline runs, but some of them have to move. Lives
 * on the connection's event loop.
 *
 * <p>Netty's and Reactor Netty's handlers for idle connections know one interval, from one read or write to the next,
 * and not whose turn it is.
 */
final class Watchdog {
    /** What is watched. */
    interface Watched {
        /** Whether octets are on their way to the peer. */
        boolean isSending();

        /** Octets that have moved until now. */
        long moved();

        /** Whether the time that passes is the peer's. */
        boolean isPeersTurn();

        /** Octets were on their way when it was looked at. */
        void sending(boolean moved);

        /** It took too long. Nothing is watched from here on until it is {@linkplain #arm armed} again. */
        void overdue();
    }

    /** The event loop, or a test's. */
    @FunctionalInterface
    interface Timer {
        Future<?> schedule(Runnable task, long nanos);
    }

    /** How often it is looked at whether octets move, or whether it is the peer's turn again. */
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

    /** @param stall how long no octet may move of those that are on their way */
    Watchdog(Watched watched, Timer timer, LongSupplier nanoTime, Duration stall) {
        this.watched = watched;
        this.timer = timer;
        this.nanoTime = nanoTime;
        this.stallNanos = stall.toNanos();
        this.deadline = nanoTime.getAsLong();
    }

    /** The peer has to say something until then. */
    void until(long nanos) {
        deadline = nanos;
    }

    /** The peer has that long from now to say something. */
    void within(long nanos) {
        last = nanos;
        deadline = nanoTime.getAsLong() + nanos;
    }

    /** Sees to it that it rings no later than needed. */
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
