package org.pop2.storage.sql;

import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** A lease that this node holds. Times are those of the monotonic clock. */
final class Holding {
    private enum State {
        HELD,
        /** A release is under way: it decides, and nobody on this node takes the mailbox meanwhile. */
        RELEASING,
        LOST,
        ENDED
    }

    final UUID mailboxId;
    final UUID session;
    final long epoch;
    private final AtomicReference<State> state = new AtomicReference<>(State.HELD);
    private final Sinks.Empty<Void> lost = Sinks.empty();
    private final Sinks.Empty<Void> ended = Sinks.empty();
    private volatile long spokenAt = System.nanoTime();
    private volatile long confirmedAt;

    /** @param sentAt when the statement was sent that got the lease: its time cannot have begun before */
    Holding(UUID mailboxId, UUID session, long epoch, long sentAt) {
        this.mailboxId = mailboxId;
        this.session = session;
        this.epoch = epoch;
        this.confirmedAt = sentAt;
    }

    void active() {
        spokenAt = System.nanoTime();
    }

    Duration silence() {
        return Duration.ofNanos(Math.max(0, System.nanoTime() - spokenAt));
    }

    void confirmed(long sentAt) {
        confirmedAt = sentAt;
    }

    /** How long ago the statement was sent that last confirmed the lease. */
    Duration unconfirmed() {
        return Duration.ofNanos(Math.max(0, System.nanoTime() - confirmedAt));
    }

    boolean isHeld() {
        return state.get() == State.HELD;
    }

    boolean isReleasing() {
        return state.get() == State.RELEASING;
    }

    /** Whether the hold may now be released: it was held until this call. */
    boolean startRelease() {
        return state.compareAndSet(State.HELD, State.RELEASING);
    }

    /** The hold is taken away, unless a release has begun: that one finds out by itself. */
    boolean lose() {
        if (!state.compareAndSet(State.HELD, State.LOST)) {
            return false;
        }
        lost.tryEmitEmpty();
        ended.tryEmitEmpty();
        return true;
    }

    /** A release has found out that the hold was taken away before it began. */
    void lostInRelease() {
        lost.tryEmitEmpty();
    }

    void end() {
        state.set(State.ENDED);
        ended.tryEmitEmpty();
    }

    Mono<Void> whenLost() {
        return lost.asMono();
    }

    /** Released or lost. */
    Mono<Void> whenEnded() {
        return ended.asMono();
    }
}
