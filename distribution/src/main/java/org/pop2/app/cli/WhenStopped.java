package org.pop2.app.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * What a command does when it is stopped by SIGINT or SIGTERM, instead of dying in the middle. The process ends with
 * 130 or 143 then, as a shell expects it.
 */
public final class WhenStopped implements AutoCloseable {
    /** How long a command that is all but done is waited for. */
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
     * From now on.
     *
     * @param work stops the command and says so; the process ends when it returns
     */
    public static WhenStopped doing(Runnable work) {
        WhenStopped stopping = new WhenStopped(work);
        Runtime.getRuntime().addShutdownHook(stopping.hook);
        return stopping;
    }

    /** The command is all but done and comes to its end; false if it is being stopped, and must not. */
    public boolean done() {
        return state.compareAndSet(State.WORKING, State.DONE);
    }

    /** Whether the command is being stopped. */
    public boolean isStopped() {
        return state.get() == State.STOPPED;
    }

    /** Whether it was in time does not matter: the process ends. */
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
