package org.pop2.app.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** Stops a command in an orderly way on SIGINT or SIGTERM. The process then ends with 130 or 143, as shells expect. */
public final class WhenStopped implements AutoCloseable {
    /** How long to wait for a command that is almost done. */
    private static final long END_SECONDS = 10;

    private enum State {
        WORKING,
        STOPPED,
        DONE
    }

    private final AtomicReference<State> state = new AtomicReference<>(State.WORKING);
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread hook;

    private WhenStopped(Runnable work) {
        hook = new Thread(
                () -> {
                    if (state.compareAndSet(State.WORKING, State.STOPPED)) {
                        work.run();
                    } else {
                        awaitClose();
                    }
                },
                "when-stopped");
    }

    /**
     * Installs the handler.
     *
     * @param work stops the command and says so; the process ends afterwards
     */
    public static WhenStopped doing(Runnable work) {
        WhenStopped stopping = new WhenStopped(work);
        Runtime.getRuntime().addShutdownHook(stopping.hook);
        return stopping;
    }

    /** To be called before the last steps; false if the command is being stopped, and must not take them. */
    public boolean done() {
        return state.compareAndSet(State.WORKING, State.DONE);
    }

    /** Whether the command is being stopped. */
    public boolean isStopped() {
        return state.get() == State.STOPPED;
    }

    /** Waits for the command; the process ends even if it was not in time. */
    private boolean awaitClose() {
        try {
            return closed.await(END_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public void close() {
        closed.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // the process ends: the hook runs, or has run
            return;
        }
    }
}
