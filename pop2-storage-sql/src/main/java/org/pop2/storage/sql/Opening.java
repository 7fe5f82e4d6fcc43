package org.pop2.storage.sql;

import java.util.BitSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.Mailbox;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Hands an opened mailbox over to its subscriber, or releases it: written by hand so that exactly one of the two
 * happens, whenever the subscriber cancels.
 */
final class Opening implements Publisher<Mailbox> {
    private final Function<BooleanSupplier, Mono<Mailbox>> open;

    /** @param open opens the mailbox; is told whether nobody wants it any more */
    Opening(Function<BooleanSupplier, Mono<Mailbox>> open) {
        this.open = open;
    }

    @Override
    public void subscribe(Subscriber<? super Mailbox> subscriber) {
        Handover handover = new Handover(subscriber);
        subscriber.onSubscribe(handover);
        if (!handover.over.get()) {
            open.apply(handover.over::get).subscribe(handover::opened, handover::failed);
        }
    }

    private static final class Handover implements Subscription {
        private final Subscriber<? super Mailbox> subscriber;
        /** Cancelled, failed, or handed over: whoever sets it decides. */
        private final AtomicBoolean over = new AtomicBoolean();

        private final AtomicReference<@Nullable Mailbox> ready = new AtomicReference<>();
        private volatile boolean requested;

        Handover(Subscriber<? super Mailbox> subscriber) {
            this.subscriber = subscriber;
        }

        @Override
        public void request(long n) {
            if (n <= 0) {
                failed(new IllegalArgumentException("Reactive Streams 3.9: request of " + n));
                letGo();
                return;
            }
            requested = true;
            handOver();
        }

        @Override
        public void cancel() {
            over.set(true);
            letGo();
        }

        private void opened(Mailbox mailbox) {
            ready.set(mailbox);
            if (over.get()) {
                letGo();
            } else {
                handOver();
            }
        }

        private void failed(Throwable error) {
            if (over.compareAndSet(false, true)) {
                subscriber.onError(error);
            }
        }

        private void handOver() {
            if (!requested) {
                return;
            }
            Mailbox mailbox = ready.getAndSet(null);
            if (mailbox == null) {
                return;
            }
            if (over.compareAndSet(false, true)) {
                subscriber.onNext(mailbox);
                subscriber.onComplete();
            } else {
                release(mailbox);
            }
        }

        private void letGo() {
            Mailbox mailbox = ready.getAndSet(null);
            if (mailbox != null) {
                release(mailbox);
            }
        }

        /** Its errors are logged where they arise, and the lease ends by itself. */
        private static void release(Mailbox mailbox) {
            Flux.from(mailbox.release(new BitSet()))
                    .onErrorResume(error -> Mono.empty())
                    .subscribe();
        }
    }
}
