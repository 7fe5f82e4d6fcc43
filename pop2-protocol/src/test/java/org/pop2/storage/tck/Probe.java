package org.pop2.storage.tck;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.StoreException;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/**
 * A strict subscriber: it asks for exactly what the test asks for, and remembers every signal that Reactive Streams
 * forbids (rules 1.1, 1.3, 1.7, 2.12, 2.13) until {@link #check}, which each wait calls.
 */
final class Probe<T> implements Subscriber<T> {
    private static final int NEVER = -1;

    private final Duration limit;
    private final int cancelAfter;
    private final Queue<T> untaken = new ArrayDeque<>();
    private final List<String> violations = new ArrayList<>();
    private final AtomicBoolean signalling = new AtomicBoolean();
    private @Nullable Subscription subscription;
    private long requested;
    private long received;
    private boolean ended;
    private @Nullable Throwable failure;

    private Probe(Duration limit, int cancelAfter) {
        this.limit = limit;
        this.cancelAfter = cancelAfter;
    }

    /** Subscribes, and asks for that many elements as soon as it may; 0 for none. */
    static <T> Probe<T> on(Publisher<T> publisher, Duration limit, long demand) {
        return subscribed(new Probe<>(limit, NEVER), publisher, demand);
    }

    /** Subscribes, asks for everything, and cancels from within {@code onNext} of that element; 0: in onSubscribe. */
    static <T> Probe<T> cancellingAfter(int elements, Publisher<T> publisher, Duration limit) {
        return subscribed(new Probe<>(limit, elements), publisher, Long.MAX_VALUE);
    }

    private static <T> Probe<T> subscribed(Probe<T> probe, Publisher<T> publisher, long demand) {
        probe.requested = demand;
        publisher.subscribe(probe);
        return probe;
    }

    @Override
    public void onSubscribe(@Nullable Subscription s) {
        if (s == null) {
            violation("onSubscribe(null)");
            return;
        }
        long demand;
        synchronized (this) {
            if (subscription != null) {
                violation("onSubscribe twice");
                return;
            }
            subscription = s;
            demand = requested;
            notifyAll();
        }
        if (cancelAfter == 0) {
            s.cancel();
        } else if (demand > 0) {
            s.request(demand);
        }
    }

    @Override
    public void onNext(@Nullable T element) {
        if (!signalling.compareAndSet(false, true)) {
            violation("onNext while another signal was being handled");
        }
        Subscription toCancel = null;
        synchronized (this) {
            if (element == null) {
                violation("onNext(null)");
            } else {
                untaken.add(element);
            }
            if (subscription == null) {
                violation("onNext before onSubscribe");
            }
            if (ended) {
                violation("onNext after the end");
            }
            received++;
            if (received > requested) {
                violation("onNext for the " + received + ". time, but only " + requested + " requested");
            }
            if (received == cancelAfter) {
                toCancel = subscription;
            }
            notifyAll();
        }
        if (toCancel != null) {
            toCancel.cancel();
        }
        signalling.set(false);
    }

    @Override
    public void onError(@Nullable Throwable t) {
        end(t == null ? new NullPointerException("onError(null)") : t);
    }

    @Override
    public void onComplete() {
        end(null);
    }

    private synchronized void end(@Nullable Throwable t) {
        if (subscription == null) {
            violation("end before onSubscribe");
        }
        if (ended) {
            violation("a second end" + (t == null ? "" : ": " + t));
        }
        if (signalling.get()) {
            // onNext of this very thread may lead here: a publisher that ends from within request() or cancel()
            if (cancelAfter == NEVER) {
                violation("end while onNext was being handled");
            }
        }
        ended = true;
        failure = t;
        notifyAll();
    }

    private synchronized void violation(String what) {
        violations.add(what);
        notifyAll();
    }

    void request(long n) {
        Subscription s = awaitSubscription();
        synchronized (this) {
            requested = requested + n < 0 ? Long.MAX_VALUE : requested + n;
        }
        s.request(n);
    }

    void cancel() {
        awaitSubscription().cancel();
    }

    /** Throws what was seen of forbidden signals. */
    synchronized void check() {
        if (!violations.isEmpty()) {
            throw new AssertionError("Reactive Streams violated: " + violations);
        }
    }

    synchronized boolean isEnded() {
        return ended;
    }

    synchronized long received() {
        return received;
    }

    synchronized @Nullable Throwable failure() {
        return failure;
    }

    synchronized Subscription awaitSubscription() {
        await("onSubscribe", () -> subscription != null);
        if (subscription == null) {
            throw new AssertionError("no subscription");
        }
        return subscription;
    }

    /** The next element that was not taken yet, waiting for it; nothing once the publisher has completed. */
    synchronized Optional<T> next() {
        await("an element or the end", () -> !untaken.isEmpty() || ended);
        if (untaken.isEmpty()) {
            rethrow();
        }
        return Optional.ofNullable(untaken.poll());
    }

    /** Elements that have arrived and were not taken yet. */
    synchronized List<T> takeAll() {
        List<T> taken = new ArrayList<>(untaken);
        untaken.clear();
        return taken;
    }

    /** Waits for that many elements in all; those taken count. */
    synchronized void awaitReceived(long count) {
        await(count + " elements", () -> received >= count || ended);
        if (received < count) {
            rethrow();
            throw new NoSuchElementException("completed after " + received + " of " + count + " elements");
        }
    }

    /** Waits for the completion; throws what it fails with instead. */
    synchronized void awaitCompletion() {
        await("completion", () -> ended);
        rethrow();
    }

    /** Waits for the end, whichever. */
    synchronized void awaitEnd() {
        await("an end", () -> ended);
    }

    /** Waits for the failure, which must be a {@link StoreException} (rule S14). */
    synchronized StoreException awaitStoreException() {
        await("a failure", () -> ended);
        if (failure instanceof StoreException storeException) {
            return storeException;
        }
        if (failure != null) {
            throw new AssertionError("S14: not a StoreException", failure);
        }
        throw new AssertionError("completed where a StoreException was due");
    }

    /** Waits for the end: nothing for a completion, or the failure, which must be a {@link StoreException}. */
    synchronized Optional<StoreException> awaitOutcome() {
        await("an end", () -> ended);
        return failure == null ? Optional.empty() : Optional.of(awaitStoreException());
    }

    private void rethrow() {
        Throwable t = failure;
        if (t instanceof StoreException e) {
            // a stack trace of the waiting test is worth more than the one of some pool's thread
            throw new StoreException(e.reason(), String.valueOf(e.getMessage()), e);
        }
        if (t != null) {
            throw new AssertionError("S14: not a StoreException", t);
        }
    }

    private interface Condition {
        boolean holds();
    }

    private synchronized void await(String what, Condition condition) {
        long deadline = System.nanoTime() + limit.toNanos();
        try {
            while (!condition.holds()) {
                check();
                long left = (deadline - System.nanoTime()) / 1_000_000;
                if (left <= 0) {
                    throw new AssertionError("waited " + limit + " for " + what + " in vain");
                }
                wait(left);
            }
            check();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }
}
