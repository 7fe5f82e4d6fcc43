package org.pop2.storage.support;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.StoreException;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/** A completion or an error that happens once, for any number of subscribers. */
final class Occurrence implements Publisher<Void> {
    private final List<Waiting> waiting = new ArrayList<>();
    private boolean happened;
    private @Nullable StoreException failure;

    @Override
    public void subscribe(Subscriber<? super Void> subscriber) {
        Waiting one = new Waiting(subscriber);
        subscriber.onSubscribe(one);
        synchronized (this) {
            if (!happened) {
                waiting.add(one);
                return;
            }
        }
        one.end();
    }

    /** Only the first call counts. */
    void happen(@Nullable StoreException how) {
        List<Waiting> all;
        synchronized (this) {
            if (happened) {
                return;
            }
            happened = true;
            failure = how;
            all = List.copyOf(waiting);
            waiting.clear();
        }
        all.forEach(Waiting::end);
    }

    private final class Waiting implements Subscription {
        private final Subscriber<? super Void> subscriber;
        private final AtomicBoolean done = new AtomicBoolean();

        Waiting(Subscriber<? super Void> subscriber) {
            this.subscriber = subscriber;
        }

        @Override
        public void request(long n) {}

        @Override
        public void cancel() {
            done.set(true);
            synchronized (Occurrence.this) {
                waiting.remove(this);
            }
        }

        private void end() {
            if (!done.compareAndSet(false, true)) {
                return;
            }
            StoreException how;
            synchronized (Occurrence.this) {
                how = failure;
            }
            if (how == null) {
                subscriber.onComplete();
            } else {
                subscriber.onError(how);
            }
        }
    }
}
