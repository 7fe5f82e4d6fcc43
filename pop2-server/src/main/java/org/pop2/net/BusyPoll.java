package org.pop2.net;

import io.netty.channel.SelectStrategy;
import io.netty.channel.SelectStrategyFactory;
import io.netty.util.IntSupplier;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Polls for the next command for a while before the thread sleeps. Over a fast network, a client that fetches one
 * message after the other answers within microseconds, whereas waking a thread on an idle virtual processor takes
 * longer than the command itself. Between two polls the thread yields the processor.
 *
 * <p>Each longer wait costs {@link #LONGEST}. After {@link #PATIENCE} of them in a row the thread sleeps at once, until
 * something comes fast again. For one event loop, on its thread.
 */
final class BusyPoll implements SelectStrategy {
    /** As long as hypervisors poll before they take the processor from an idle guest. */
    static final Duration LONGEST = Duration.ofNanos(200_000);

    /** Futile waits after which polling stops until it would have paid. */
    static final int PATIENCE = 8;

    static final SelectStrategyFactory FACTORY = () -> new BusyPoll(System::nanoTime);

    private final LongSupplier clock;
    private long since;
    private boolean waiting;
    private boolean slept;
    private int inVain;

    BusyPoll(LongSupplier clock) {
        this.clock = clock;
    }

    @Override
    @SuppressWarnings("ThreadPriorityCheck") // nothing depends on what the yielding does; it is for the others' good
    public int calculateStrategy(IntSupplier ready, boolean hasTasks) throws Exception {
        if (hasTasks || slept) {
            waited();
        }
        int events = ready.get();
        if (hasTasks || events > 0) {
            waited();
            return events;
        }
        long now = clock.getAsLong();
        if (!waiting) {
            waiting = true;
            since = now;
        }
        if (inVain < PATIENCE && now - since < LONGEST.toNanos()) {
            Thread.yield();
            return CONTINUE;
        }
        slept = true;
        return SELECT;
    }

    /** There is work again. */
    private void waited() {
        if (waiting) {
            boolean worthIt = clock.getAsLong() - since <= LONGEST.toNanos();
            inVain = worthIt ? 0 : Math.min(PATIENCE, inVain + 1);
        }
        waiting = false;
        slept = false;
    }
}
