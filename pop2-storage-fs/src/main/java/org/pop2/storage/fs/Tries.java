package org.pop2.storage.fs;

import java.io.IOException;
import java.util.Optional;
import org.pop2.storage.Mailbox;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.fs.io.StoreErrors;
import org.pop2.storage.fs.io.Work;
import org.pop2.storage.support.Opening;

/** Tries to open a mailbox until it succeeds or times out, without occupying a thread between attempts. */
final class Tries implements Runnable {
    /** Pause before the next attempt. */
    private static final long AGAIN_MILLIS = 25;

    /** One try. */
    interface Attempt {
        /** The mailbox; empty if another session holds it. */
        Optional<? extends Mailbox> run() throws IOException;
    }

    private final Opening.Outcome outcome;
    private final Attempt attempt;
    private final Work work;
    private final long waitNanos;
    private final String what;
    private final long started = System.nanoTime();

    /** @param what for messages about it */
    Tries(Opening.Outcome outcome, Attempt attempt, Work work, long waitNanos, String what) {
        this.outcome = outcome;
        this.attempt = attempt;
        this.work = work;
        this.waitNanos = waitNanos;
        this.what = what;
    }

    void begin() {
        work.submit(this, this::rejected);
    }

    private void rejected() {
        outcome.failed(new StoreException(Reason.BUSY, "the storage has too much to do, or is closed"));
    }

    @Override
    public void run() {
        if (outcome.isCancelled()) {
            return;
        }
        Optional<? extends Mailbox> opened;
        try {
            opened = attempt.run();
        } catch (IOException | RuntimeException e) {
            outcome.failed(StoreErrors.about(what, e));
            return;
        }
        if (opened.isPresent()) {
            outcome.opened(opened.get());
        } else if (System.nanoTime() - started >= waitNanos) {
            outcome.failed(new StoreException(Reason.BUSY, what + ": held by another session"));
        } else {
            work.later(AGAIN_MILLIS, this, this::rejected);
        }
    }
}
