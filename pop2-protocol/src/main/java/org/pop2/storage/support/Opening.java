package org.pop2.storage.support;

import java.util.BitSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.pop2.storage.Mailbox;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/**
 * The opening of a mailbox, as {@link org.pop2.storage.MailStore#open} returns it. It begins at the first request. The
 * mailbox always has an owner, whenever the subscriber cancels: either the subscriber gets it, with the hold, or it is
 * released here.
 */
public final class Opening implements Publisher<Mailbox> {
    /** Takes the outcome of an opening, once, on any thread. */
    public interface Outcome {
        /** Whether the subscriber has cancelled. An opening may then stop without an outcome. */
        boolean isCancelled();

        /** Hands the mailbox to the subscriber, or releases it. */
        void opened(Mailbox mailbox);

        /** There will be no mailbox. The error is turned into a {@link StoreException} if it is none. */
        void failed(Throwable error);
    }

    private final Consumer<? super Outcome> begin;

    /** @param begin starts opening without waiting; called once for each subscription */
    public Opening(Consumer<? super Outcome> begin) {
        this.begin = begin;
    }

    @Override
    public void subscribe(Subscriber<? super Mailbox> subscriber) {
        subscriber.onSubscribe(new Handover(subscriber, begin));
    }

    private enum State {
        NEW,
        OPENING,
        /** The subscriber has got its last signal. */
        OVER
    }

    private static final class Handover implements Subscription, Outcome {
        private final Subscriber<? super Mailbox> subscriber;
        private final Consumer<? super Outcome> begin;
        /** The thread that sets {@link State#OVER} signals the subscriber. */
        private final AtomicReference<State> state = new AtomicReference<>(State.NEW);

        Handover(Subscriber<? super Mailbox> subscriber, Consumer<? super Outcome> begin) {
            this.subscriber = subscriber;
            this.begin = begin;
        }

        @Override
        public void request(long n) {
            if (n <= 0) {
                failed(new StoreException(
                        Reason.UNAVAILABLE,
                        "demand must be positive",
                        new IllegalArgumentException("demand must be positive (Reactive Streams 3.9)")));
            } else if (state.compareAndSet(State.NEW, State.OPENING)) {
                try {
                    begin.accept(this);
                } catch (RuntimeException e) {
                    failed(e);
                }
            }
        }

        @Override
        public void cancel() {
            state.set(State.OVER);
        }

        @Override
        public boolean isCancelled() {
            return state.get() == State.OVER;
        }

        @Override
        public void opened(Mailbox mailbox) {
            if (state.getAndSet(State.OVER) == State.OVER) {
                release(mailbox);
            } else {
                subscriber.onNext(mailbox);
                subscriber.onComplete();
            }
        }

        @Override
        public void failed(Throwable error) {
            if (state.getAndSet(State.OVER) != State.OVER) {
                subscriber.onError(
                        error instanceof StoreException
                                ? error
                                : new StoreException(Reason.UNAVAILABLE, "unexpected: " + error, error));
            }
        }

        private static void release(Mailbox mailbox) {
            mailbox.release(new BitSet()).subscribe(new Ignoring());
        }
    }

    /** Nobody is left to tell; a storage logs a failed release itself. */
    private static final class Ignoring implements Subscriber<Void> {
        @Override
        public void onSubscribe(Subscription subscription) {
            subscription.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(Void nothing) {}

        @Override
        public void onError(Throwable error) {}

        @Override
        public void onComplete() {}
    }
}
