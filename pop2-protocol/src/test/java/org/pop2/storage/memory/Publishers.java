package org.pop2.storage.memory;

import java.util.Iterator;
import java.util.function.Supplier;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/** The few publishers that the memory storage needs, by the letter of Reactive Streams. */
final class Publishers {
    private Publishers() {}

    /** Works at subscription, then completes or fails. */
    static Publisher<Void> run(Runnable work) {
        return subscriber -> {
            Cancellable flow = new Cancellable();
            subscriber.onSubscribe(flow);
            if (flow.cancelled) {
                return;
            }
            try {
                work.run();
            } catch (RuntimeException e) {
                subscriber.onError(e);
                return;
            }
            subscriber.onComplete();
        };
    }

    /** Looks at subscription, and emits what it saw as it is asked for. */
    static <T> Publisher<T> emit(Supplier<Iterator<T>> look) {
        return subscriber -> {
            Emission<T> emission = new Emission<>(subscriber, look.get());
            subscriber.onSubscribe(emission);
            emission.drain();
        };
    }

    private static final class Cancellable implements Subscription {
        private volatile boolean cancelled;

        @Override
        public void request(long n) {}

        @Override
        public void cancel() {
            cancelled = true;
        }
    }

    /** Emits in whichever thread asks; a call from within {@code onNext} only adds to the demand. */
    private static final class Emission<T> implements Subscription {
        private final Subscriber<? super T> subscriber;
        private final Iterator<T> elements;
        private long demand;
        private boolean draining = true;
        private boolean done;

        Emission(Subscriber<? super T> subscriber, Iterator<T> elements) {
            this.subscriber = subscriber;
            this.elements = elements;
        }

        @Override
        public void request(long n) {
            if (n <= 0) {
                throw new IllegalArgumentException("rule 3.9: request(" + n + ")");
            }
            synchronized (this) {
                demand = demand + n < 0 ? Long.MAX_VALUE : demand + n;
                if (draining) {
                    return;
                }
                draining = true;
            }
            drain();
        }

        @Override
        public synchronized void cancel() {
            done = true;
        }

        /** Called by whoever has set {@link #draining}. */
        void drain() {
            while (true) {
                synchronized (this) {
                    if (done) {
                        return;
                    }
                    if (!elements.hasNext()) {
                        done = true;
                        break;
                    }
                    if (demand == 0) {
                        draining = false;
                        return;
                    }
                    demand--;
                }
                subscriber.onNext(elements.next());
            }
            subscriber.onComplete();
        }
    }
}
