package org.pop2.storage.support;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.Message;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/**
 * A message on its way into a storage, as {@link org.pop2.storage.MailStore#deliver} returns it. Requests one buffer at
 * a time, converts it to its {@linkplain WireForm wire form} and writes it; commits at the end. A cancel before that,
 * or content that fails, aborts it.
 */
public final class Incoming implements Publisher<Void> {
    /** Where the message goes. Called on the executor, one call at a time. */
    public interface Sink {
        /** The next octets in wire form. The array belongs to the sink. */
        void write(byte[] wire);

        /**
         * Makes the complete message count, durably, by the time it returns.
         *
         * @throws StoreException if it cannot be added; nothing is added then
         */
        void commit(long octets);

        /** There will be no commit. */
        void abort();
    }

    private final Message message;
    private final Executor executor;
    private final Supplier<? extends Sink> begin;

    /**
     * @param executor writes; {@code Runnable::run} for a storage that never waits
     * @param begin opens the sink, or throws why the message is refused: the user has no account, say
     */
    public Incoming(Message message, Executor executor, Supplier<? extends Sink> begin) {
        this.message = message;
        this.executor = executor;
        this.begin = begin;
    }

    @Override
    public void subscribe(Subscriber<? super Void> subscriber) {
        Delivery delivery = new Delivery(subscriber);
        subscriber.onSubscribe(delivery);
        delivery.step(() -> {
            delivery.sink = begin.get();
            return () -> message.content().subscribe(delivery);
        });
    }

    private final class Delivery implements Subscriber<ByteBuffer>, Subscription {
        private final Subscriber<? super Void> subscriber;
        private final WireForm form = new WireForm();
        private volatile @Nullable Sink sink;
        private volatile @Nullable Subscription source;
        // guarded by this
        private final Queue<Supplier<Runnable>> steps = new ArrayDeque<>();
        private boolean busy;
        private boolean over;

        Delivery(Subscriber<? super Void> subscriber) {
            this.subscriber = subscriber;
        }

        /**
         * Uses the sink on the executor, after earlier work: a completion may come while the last buffer is still being
         * written. The returned action runs afterwards, unless the subscription was cancelled meanwhile.
         */
        private void step(Supplier<Runnable> work) {
            synchronized (this) {
                if (over) {
                    return;
                }
                steps.add(work);
                if (busy) {
                    return;
                }
                busy = true;
            }
            try {
                executor.execute(this::work);
            } catch (RuntimeException rejected) {
                fail(rejected);
            }
        }

        private void work() {
            while (true) {
                Supplier<Runnable> work;
                synchronized (this) {
                    work = over ? null : steps.poll();
                    if (work == null) {
                        busy = false;
                        if (!over) {
                            return;
                        }
                    }
                }
                if (work == null) {
                    abort();
                    return;
                }
                Runnable next;
                try {
                    next = work.get();
                } catch (RuntimeException e) {
                    next = () -> fail(e);
                }
                boolean cancelled;
                synchronized (this) {
                    cancelled = over;
                }
                if (!cancelled) {
                    next.run();
                }
            }
        }

        /** Ends it; whether it had not ended before. */
        private boolean finish() {
            synchronized (this) {
                boolean first = !over;
                over = true;
                return first;
            }
        }

        private void abort() {
            Sink begun = sink;
            sink = null;
            if (begun != null) {
                begun.abort();
            }
        }

        private void fail(Throwable error) {
            if (finish()) {
                Subscription from = source;
                if (from != null) {
                    from.cancel();
                }
                abort();
                subscriber.onError(
                        error instanceof StoreException
                                ? error
                                : new StoreException(Reason.UNAVAILABLE, "the message could not be stored", error));
            }
        }

        @Override
        public void onSubscribe(Subscription from) {
            boolean cancelled;
            synchronized (this) {
                source = from;
                cancelled = over;
            }
            if (cancelled) {
                from.cancel();
            } else {
                from.request(1);
            }
        }

        @Override
        public void onNext(ByteBuffer octets) {
            byte[] wire = form.encode(octets);
            step(() -> {
                Sink into = sink;
                if (into != null && wire.length > 0) {
                    into.write(wire);
                }
                return () -> {
                    Subscription from = source;
                    if (from != null) {
                        from.request(1);
                    }
                };
            });
        }

        @Override
        public void onError(Throwable error) {
            step(() -> () -> fail(error));
        }

        @Override
        public void onComplete() {
            step(() -> {
                Sink into = sink;
                if (into != null) {
                    into.write(form.end());
                    into.commit(form.octets());
                    sink = null;
                }
                return () -> {
                    if (finish()) {
                        subscriber.onComplete();
                    }
                };
            });
        }

        @Override
        public void request(long n) {}

        @Override
        public void cancel() {
            boolean idle;
            synchronized (this) {
                if (over) {
                    return;
                }
                over = true;
                idle = !busy;
            }
            Subscription from = source;
            if (from != null) {
                from.cancel();
            }
            if (idle) {
                try {
                    executor.execute(this::abort);
                } catch (RuntimeException rejected) {
                    abort();
                }
            }
        }
    }
}
