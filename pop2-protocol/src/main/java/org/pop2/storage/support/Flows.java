package org.pop2.storage.support;

import java.util.Collections;
import java.util.Iterator;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/**
 * The publishers that a storage needs, by the letter of Reactive Streams. Their work is done by an executor: a storage
 * that waits for disks gives one with threads of its own, one that never waits gives {@code Runnable::run}. What is
 * thrown there comes out as a {@link StoreException}.
 */
public final class Flows {
    private Flows() {}

    /** Elements, got one after the other. */
    public interface Source<T> extends Iterator<T> {
        /** Called once, when no more elements are wanted or there are none, by the executor. */
        default void close() {}
    }

    /** Works when subscribed to, then completes or fails. Who cancels before it has begun prevents it. */
    public static Publisher<Void> run(Executor executor, Runnable work) {
        return emit(executor, () -> {
            work.run();
            return new Elements<>(Collections.emptyIterator());
        });
    }

    /** Looks when subscribed to, and emits what it saw as it is asked for. */
    public static <T> Publisher<T> list(Executor executor, Supplier<? extends Iterable<T>> look) {
        return emit(executor, () -> new Elements<>(look.get().iterator()));
    }

    /** Opens a source when subscribed to, and reads as it is asked for. */
    public static <T> Publisher<T> emit(Executor executor, Supplier<? extends Source<T>> open) {
        return subscriber -> {
            Emission<T> emission = new Emission<>(executor, subscriber, open);
            subscriber.onSubscribe(emission);
            emission.execute();
        };
    }

    private record Elements<T>(Iterator<T> elements) implements Source<T> {
        @Override
        public boolean hasNext() {
            return elements.hasNext();
        }

        @Override
        public T next() {
            return elements.next();
        }
    }

    /** The source is touched by one thread at a time: whoever has set {@link #draining}. */
    private static final class Emission<T> implements Subscription, Runnable {
        private final Executor executor;
        private final Subscriber<? super T> subscriber;
        private final Supplier<? extends Source<T>> open;
        private @Nullable Source<T> source;
        /** Negative after a mistake of the subscriber's, for good. */
        private long demand;
        /** From the beginning: {@link #execute} is called first. */
        private boolean draining = true;

        private boolean cancelled;

        Emission(Executor executor, Subscriber<? super T> subscriber, Supplier<? extends Source<T>> open) {
            this.executor = executor;
            this.subscriber = subscriber;
            this.open = open;
        }

        @Override
        public void request(long n) {
            synchronized (this) {
                if (n <= 0) {
                    demand = Long.MIN_VALUE;
                } else if (demand >= 0) {
                    demand = demand + n < 0 ? Long.MAX_VALUE : demand + n;
                }
            }
            wake();
        }

        @Override
        public void cancel() {
            synchronized (this) {
                cancelled = true;
            }
            wake();
        }

        private void wake() {
            synchronized (this) {
                if (draining) {
                    return;
                }
                draining = true;
            }
            execute();
        }

        void execute() {
            try {
                executor.execute(this);
            } catch (RuntimeException rejected) {
                end(new StoreException(Reason.UNAVAILABLE, "the storage is closed", rejected));
            }
        }

        /** For the executor: emits what was asked for. */
        @Override
        public void run() {
            try {
                while (step()) {
                    // on to the next element
                }
            } catch (RuntimeException e) {
                end(Failures.of(e));
            }
        }

        /**
         * Says whether to go on; if not, nothing is left to do, or {@link #draining} is given up until more is asked.
         */
        private boolean step() {
            synchronized (this) {
                if (cancelled) {
                    close();
                    return false;
                }
                if (demand < 0) {
                    throw new StoreException(Reason.UNAVAILABLE, "rule 3.9: demand has to be positive");
                }
            }
            Source<T> elements = source;
            if (elements == null) {
                elements = open.get();
                source = elements;
            }
            if (!elements.hasNext()) {
                end(null);
                return false;
            }
            synchronized (this) {
                if (cancelled) {
                    close();
                    return false;
                }
                if (demand < 0) {
                    return true;
                }
                if (demand == 0) {
                    draining = false;
                    return false;
                }
                demand--;
            }
            subscriber.onNext(elements.next());
            return true;
        }

        private void close() {
            Source<T> elements = source;
            source = null;
            if (elements != null) {
                elements.close();
            }
        }

        /** {@link #draining} stays set: nothing happens any more. */
        private void end(@Nullable StoreException error) {
            boolean told;
            synchronized (this) {
                told = cancelled;
                cancelled = true;
            }
            close();
            if (told) {
                return;
            }
            if (error == null) {
                subscriber.onComplete();
            } else {
                subscriber.onError(error);
            }
        }
    }
}
