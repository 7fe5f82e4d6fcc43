package org.pop2.storage.fs;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.pop2.storage.Mailbox;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/**
 * One subscription to the opening of a mailbox: tries until the mailbox is had or the wait is over, without keeping a
 * thread in between. Either the subscriber is given the mailbox, and the hold with it, or it is given up here: there is
 * no moment at which nobody owns it.
 */
final class Opening implements Subscription, Runnable {
    /** How soon a mailbox that was held is looked at again. */
    private static final long AGAIN_MILLIS = 25;

    private enum State {
        NEW,
        OPENING,
        DONE,
        CANCELLED
    }

    /** One try. */
    interface Attempt {
        /** The mailbox, or nothing if another session holds it. */
        Optional<MboxMailbox> run() throws IOException;
    }

    private final Subscriber<? super Mailbox> subscriber;
    private final Attempt attempt;
    private final Work work;
    private final long waitNanos;
    private final String what;
    private final AtomicReference<State> state = new AtomicReference<>(State.NEW);
    private volatile long started;

    Opening(Subscriber<? super Mailbox> subscriber, Attempt attempt, Work work, long waitNanos, String what) {
        this.subscriber = subscriber;
        this.attempt = attempt;
        this.work = work;
        this.waitNanos = waitNanos;
        this.what = what;
    }

    @Override
    public void request(long n) {
        if (n <= 0) {
            if (end()) {
                subscriber.onError(new StoreException(
                        Reason.UNAVAILABLE,
                        "demand must be positive",
                        new IllegalArgumentException("demand must be positive (Reactive Streams 3.9)")));
            }
        } else if (state.compareAndSet(State.NEW, State.OPENING)) {
            started = System.nanoTime();
            work.submit(this, this::rejected);
        }
    }

    @Override
    public void cancel() {
        state.updateAndGet(now -> now == State.DONE ? now : State.CANCELLED);
    }

    /** Whether the subscriber is now ours to signal. */
    private boolean end() {
        State before = state.getAndUpdate(now -> now == State.CANCELLED ? now : State.DONE);
        return before == State.NEW || before == State.OPENING;
    }

    private void rejected() {
        fail(new StoreException(Reason.BUSY, "the storage has too much to do, or is closed"));
    }

    private void fail(StoreException error) {
        if (end()) {
            subscriber.onError(error);
        }
    }

    @Override
    public void run() {
        if (state.get() != State.OPENING) {
            return;
        }
        Optional<MboxMailbox> opened;
        try {
            opened = attempt.run();
        } catch (IOException | RuntimeException e) {
            fail(StoreErrors.about(what, e));
            return;
        }
        if (opened.isPresent()) {
            if (end()) {
                subscriber.onNext(opened.get());
                subscriber.onComplete();
            } else {
                opened.get().giveUp();
            }
        } else if (System.nanoTime() - started >= waitNanos) {
            fail(new StoreException(Reason.BUSY, what + ": held by another session"));
        } else {
            work.later(AGAIN_MILLIS, this, this::rejected);
        }
    }
}
