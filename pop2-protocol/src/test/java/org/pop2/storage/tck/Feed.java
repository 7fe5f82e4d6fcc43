package org.pop2.storage.tck;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/** The content of a message to deliver, in slices of one size, as a mail server would hand it over: on demand. */
final class Feed implements Publisher<ByteBuffer> {
    private enum End {
        COMPLETE,
        FAIL,
        NEVER
    }

    private final byte[] content;
    private final int slice;
    private final End end;
    private final boolean reusing;
    private final CountDownLatch cancelled = new CountDownLatch(1);
    private final CountDownLatch exhausted = new CountDownLatch(1);
    private volatile boolean subscribed;

    private Feed(byte[] content, int slice, End end, boolean reusing) {
        this.content = content;
        this.slice = slice;
        this.end = end;
        this.reusing = reusing;
    }

    static Feed of(byte[] content, int slice) {
        return new Feed(content, slice, End.COMPLETE, false);
    }

    /** Overwrites every buffer that was given out as soon as another one is requested. */
    static Feed reusing(byte[] content, int slice) {
        return new Feed(content, slice, End.COMPLETE, true);
    }

    /** Fails in place of its completion, with an error that is none of the storage's. */
    static Feed failing(byte[] content, int slice) {
        return new Feed(content, slice, End.FAIL, false);
    }

    /** Never ends. */
    static Feed stuck(byte[] content, int slice) {
        return new Feed(content, slice, End.NEVER, false);
    }

    boolean wasSubscribed() {
        return subscribed;
    }

    /** Counts down when cancelled. */
    CountDownLatch cancelled() {
        return cancelled;
    }

    /** Counts down when everything has been taken. */
    CountDownLatch exhausted() {
        return exhausted;
    }

    @Override
    public void subscribe(Subscriber<? super ByteBuffer> subscriber) {
        subscribed = true;
        Flow flow = new Flow(subscriber);
        subscriber.onSubscribe(flow);
        flow.drain(0);
    }

    private final class Flow implements Subscription {
        private final Subscriber<? super ByteBuffer> subscriber;
        private final List<ByteBuffer> lent = new ArrayList<>();
        private long demand;
        private int offset;
        private boolean draining;
        private boolean done;

        Flow(Subscriber<? super ByteBuffer> subscriber) {
            this.subscriber = subscriber;
        }

        @Override
        public void request(long n) {
            drain(n);
        }

        @Override
        public synchronized void cancel() {
            done = true;
            cancelled.countDown();
        }

        private void drain(long more) {
            synchronized (this) {
                if (more > 0) {
                    demand = demand + more < 0 ? Long.MAX_VALUE : demand + more;
                    takeBack();
                }
                if (draining) {
                    return;
                }
                draining = true;
            }
            while (true) {
                Optional<ByteBuffer> next = Optional.empty();
                synchronized (this) {
                    if (done) {
                        return;
                    }
                    if (offset == content.length) {
                        exhausted.countDown();
                        done = end != End.NEVER;
                        if (!done) {
                            draining = false;
                            return;
                        }
                    } else if (demand == 0) {
                        draining = false;
                        return;
                    } else {
                        // requested before: whoever asks for many at once is done with each when onNext returns
                        takeBack();
                        next = Optional.of(slice());
                        demand--;
                    }
                }
                if (next.isPresent()) {
                    subscriber.onNext(next.get());
                } else {
                    end();
                    return;
                }
            }
        }

        private void takeBack() {
            lent.forEach(buffer -> {
                for (int i = 0; i < buffer.capacity(); i++) {
                    buffer.put(i, (byte) '#');
                }
            });
            lent.clear();
        }

        private ByteBuffer slice() {
            int length = Math.min(slice, content.length - offset);
            byte[] copy = new byte[length];
            System.arraycopy(content, offset, copy, 0, length);
            offset += length;
            ByteBuffer buffer = ByteBuffer.wrap(copy);
            if (reusing) {
                lent.add(buffer);
                return buffer.duplicate();
            }
            return buffer.asReadOnlyBuffer();
        }

        private void end() {
            if (end == End.FAIL) {
                subscriber.onError(new IllegalStateException("the sender hung up"));
            } else {
                subscriber.onComplete();
            }
        }
    }
}
