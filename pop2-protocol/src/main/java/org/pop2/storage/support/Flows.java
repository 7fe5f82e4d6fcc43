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
 * The publishers that a storage needs, to the letter of Reactive Streams. An executor does their work: one with threads
 * of its own if the storage waits for disks, {@code Runnable::run} if it never waits. Whatever is thrown there is
 * emitted as a {@link StoreException}.
 */
public final class Flows {
    private Flows() {}

    /** Elements, read one after the other. */
    public interface Source<T> extends Iterator<T> {
        /** Called once, by the executor, when no more elements are wanted or left. */
        default void close() {}
    }

    /** Works when subscribed to, then completes or fails. Cancelling before it has begun prevents it. */
    public static Publisher<Void> run(Executor executor, Runnable work) {
        return emit(executor, () -> {
            work.run();
            return new Elements<>(Collections.emptyIterator());
        });
    }

    /** Looks when subscribed to, then emits the elements as they are requested. */
    public static <T> Publisher<T> list(Executor executor, Supplier<? extends Iterable<T>> look) {
        return emit(executor, () -> new Elements<>(look.get().iterator()));
    }

    /** Opens a source when subscribed to, and reads as elements are requested. */
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

    /** One thread at a time uses the source: the one that has set {@link #draining}. */
    private static final class Emission<T> implements Subscription, Runnable {
        private final Executor executor;
        private final Subscriber<? super T> subscriber;
        private final Supplier<? extends Source<T>> open;
        private @Nullable Source<T> source;
        /** Negative for good once the subscriber has broken the rules. */
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

        /** For the executor: emits what was requested. */
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

        /** Whether to go on. If not, it is done, or {@link #draining} was cleared until more is requested. */
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
