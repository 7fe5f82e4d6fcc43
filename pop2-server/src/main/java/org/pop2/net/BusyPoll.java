package org.pop2.net;

import io.netty.channel.SelectStrategy;
import io.netty.channel.SelectStrategyFactory;
import io.netty.util.IntSupplier;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Looks for the next command a while before the thread sleeps. A client that asks for one message after the other
 * answers within microseconds over a fast network, while to be woken, on a virtual processor that has gone idle, takes
 * longer than the command. Who else wants the processor gets it between two looks.
 *
 * <p>Waits that are longer cost {@link #LONGEST} each, so after {@link #PATIENCE} of them in a row the thread sleeps at
 * once, until something comes as fast again. For one event loop, and used by its thread alone.
 */
final class BusyPoll implements SelectStrategy {
    /** As long as the hypervisors look before they take the processor from a guest that is idle. */
    static final Duration LONGEST = Duration.ofNanos(200_000);

    /** Waits in vain after which there are no more, until one would have been worth it. */
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

    /** There is something to do again. */
    private void waited() {
        if (waiting) {
            boolean worthIt = clock.getAsLong() - since <= LONGEST.toNanos();
            inVain = worthIt ? 0 : Math.min(PATIENCE, inVain + 1);
        }
        waiting = false;
        slept = false;
    }
}
