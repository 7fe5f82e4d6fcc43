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
 * The opening of a mailbox, as {@link org.pop2.storage.MailStore#open} returns it. It begins when the mailbox is asked
 * for. Either the subscriber is given the mailbox, and the hold with it, or the mailbox is released here: there is no
 * moment at which nobody owns it, whenever the subscriber cancels.
 */
public final class Opening implements Publisher<Mailbox> {
    /** Is told, once, what became of an opening; by any thread. */
    public interface Outcome {
        /** Whether nobody wants the mailbox any more. Who has not got it yet may stop without a word. */
        boolean isCancelled();

        /** The mailbox is the subscriber's, or is released. */
        void opened(Mailbox mailbox);

        /** There will be no mailbox. What is no {@link StoreException} becomes one. */
        void failed(Throwable error);
    }

    private final Consumer<? super Outcome> begin;

    /** @param begin begins to open a mailbox, and does not wait for it; called once for each subscription */
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
        /** The subscriber has been told all that it will be told. */
        OVER
    }

    private static final class Handover implements Subscription, Outcome {
        private final Subscriber<? super Mailbox> subscriber;
        private final Consumer<? super Outcome> begin;
        /** Whoever sets it to {@link State#OVER} decides what the subscriber is told. */
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

    /** A storage logs by itself what it cannot release, and nobody is left who could be told. */
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
