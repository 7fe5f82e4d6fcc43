package org.pop2.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is too late, on a clock of the test's own. */
class WatchdogTest {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final Peer peer = new Peer();
    private final Watchdog watchdog = new Watchdog(peer, this::schedule, () -> now(), Duration.ofSeconds(30));

    private long now;
    private long ringsAt;
    private @Nullable Runnable ring;
    private @Nullable CompletableFuture<Void> ringing;

    private static final class Peer implements Watchdog.Watched {
        private boolean sending;
        private long moved;
        private boolean peersTurn = true;
        private int overdue;
        private int alive;

        @Override
        public boolean isSending() {
            return sending;
        }

        @Override
        public long moved() {
            return moved;
        }

        @Override
        public boolean isPeersTurn() {
            return peersTurn;
        }

        @Override
        public void sending(boolean hasMoved) {
            if (hasMoved) {
                alive++;
            }
        }

        @Override
        public void overdue() {
            overdue++;
        }
    }

    private long now() {
        return now;
    }

    private Future<?> schedule(Runnable task, long nanos) {
        ring = task;
        ringsAt = now + nanos;
        ringing = new CompletableFuture<>();
        return ringing;
    }

    private void pass(long nanos) {
        long until = now + nanos;
        for (Runnable next = ring; next != null && ringsAt <= until; next = ring) {
            now = ringsAt;
            ring = null;
            if (ringing != null && !ringing.isCancelled()) {
                next.run();
            }
        }
        now = until;
    }

    @Test
    void aSilentPeerIsOverdueOnceAtTheDeadline() {
        watchdog.within(10 * SECOND);
        watchdog.arm();
        pass(10 * SECOND - 1);
        assertThat(peer.overdue).isZero();
        pass(100 * SECOND);
        assertThat(peer.overdue).isEqualTo(1);
    }

    @Test
    void whoIsHeardHasTheWholeTimeAgain() {
        watchdog.within(10 * SECOND);
        watchdog.arm();
        pass(9 * SECOND);
        watchdog.within(10 * SECOND);
        watchdog.arm();
        pass(9 * SECOND);
        assertThat(peer.overdue).isZero();
        pass(SECOND);
        assertThat(peer.overdue).isEqualTo(1);
    }

    @Test
    void aDeadlineThatComesNearerCounts() {
        watchdog.within(600 * SECOND);
        watchdog.arm();
        watchdog.within(2 * SECOND);
        watchdog.arm();
        pass(2 * SECOND);
        assertThat(peer.overdue).isEqualTo(1);
    }

    @Test
    void timeThatIsNotThePeersIsNotCountedAgainstIt() {
        peer.peersTurn = false;
        watchdog.within(10 * SECOND);
        watchdog.arm();
        pass(500 * SECOND);
        assertThat(peer.overdue).isZero();
        peer.peersTurn = true;
        pass(SECOND);
        assertThat(peer.overdue).isEqualTo(1);
    }

    @Test
    void noDeadlineRunsWhileOctetsMove() {
        watchdog.within(10 * SECOND);
        peer.sending = true;
        watchdog.arm();
        for (int i = 0; i < 50; i++) {
            peer.moved++;
            pass(20 * SECOND);
        }
        assertThat(peer.overdue).isZero();
        assertThat(peer.alive).isEqualTo(50);
    }

    @Test
    void whoTakesNotOneOctetIsOverdue() {
        watchdog.within(10 * SECOND);
        peer.sending = true;
        watchdog.arm();
        pass(SECOND);
        pass(30 * SECOND - 1);
        assertThat(peer.overdue).isZero();
        pass(1);
        assertThat(peer.overdue).isEqualTo(1);
    }

    @Test
    void nothingRingsOnceItIsCancelled() {
        watchdog.within(10 * SECOND);
        watchdog.arm();
        watchdog.cancel();
        pass(500 * SECOND);
        assertThat(peer.overdue).isZero();
    }
}
