package org.pop2.storage.tck.broken;

import java.util.concurrent.atomic.AtomicBoolean;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;

/** Publishers that treat their subscribers badly. */
final class BrokenSubscriptions {
    private BrokenSubscriptions() {}

    /** Emits everything at once, whatever was requested. */
    static <T> Publisher<T> ignoringDemand(Publisher<T> healthy) {
        return subscriber -> healthy.subscribe(new Flow<>(subscriber, true, () -> {}));
    }

    /** Goes on when cancelled; only the signals stop. */
    static <T> Publisher<T> ignoringCancel(Publisher<T> healthy, Runnable onCancel) {
        return subscriber -> healthy.subscribe(new Flow<>(subscriber, false, onCancel));
    }

    /** Takes every request for a request of one. */
    static <T> Publisher<T> countingRequests(Publisher<T> healthy) {
        return subscriber -> Flux.from(healthy).subscribe(new BaseSubscriber<T>() {
            @Override
            protected void hookOnSubscribe(Subscription upstream) {
                subscriber.onSubscribe(new Subscription() {
                    @Override
                    public void request(long n) {
                        upstream.request(1);
                    }

                    @Override
                    public void cancel() {
                        upstream.cancel();
                    }
                });
            }

            @Override
            protected void hookOnNext(T element) {
                subscriber.onNext(element);
            }

            @Override
            protected void hookOnComplete() {
                subscriber.onComplete();
            }

            @Override
            protected void hookOnError(Throwable t) {
                subscriber.onError(t);
            }
        });
    }

    private static final class Flow<T> implements Subscriber<T>, Subscription {
        private final Subscriber<? super T> subscriber;
        private final boolean passesOn;
        private final Runnable onCancel;
        private final AtomicBoolean cancelled = new AtomicBoolean();
        private Subscription upstream = new Nothing();

        Flow(Subscriber<? super T> subscriber, boolean passesOn, Runnable onCancel) {
            this.subscriber = subscriber;
            this.passesOn = passesOn;
            this.onCancel = onCancel;
        }

        @Override
        public void onSubscribe(Subscription s) {
            upstream = s;
            subscriber.onSubscribe(this);
            s.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(T element) {
            if (!cancelled.get()) {
                subscriber.onNext(element);
            }
        }

        @Override
        public void onError(Throwable t) {
            if (!cancelled.get()) {
                subscriber.onError(t);
            }
        }

        @Override
        public void onComplete() {
            if (!cancelled.get()) {
                subscriber.onComplete();
            }
        }

        @Override
        public void request(long n) {}

        @Override
        public void cancel() {
            cancelled.set(true);
            if (passesOn) {
                upstream.cancel();
            }
            onCancel.run();
        }
    }

    private static final class Nothing implements Subscription {
        @Override
        public void request(long n) {}

        @Override
        public void cancel() {}
    }
}
