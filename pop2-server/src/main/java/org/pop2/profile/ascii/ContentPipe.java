package org.pop2.profile.ascii;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;

/**
 * Passes a message from the storage's thread to a thread that reads and blocks. Holds {@value #WINDOW} buffers at most;
 * each is released when it has been read, or when the pipe is closed, which may happen on any thread.
 */
final class ContentPipe extends InputStream implements CoreSubscriber<ContentBuffer> {
    static final int WINDOW = 4;

    private final long stallNanos;
    private final long deadline;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    // all under the lock
    private final Deque<ContentBuffer> buffers = new ArrayDeque<>();
    private @Nullable ByteBuffer reading;
    private @Nullable Subscription subscription;
    private boolean ended;
    private boolean closed;
    private @Nullable Throwable failure;

    /**
     * @param stallNanos how long to wait for the next buffer
     * @param nanos limit for the whole message
     */
    ContentPipe(long stallNanos, long nanos) {
        this.stallNanos = stallNanos;
        this.deadline = System.nanoTime() + nanos;
    }

    /** Why reading failed. */
    @Nullable
    Throwable failure() {
        lock.lock();
        try {
            return failure;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void onSubscribe(Subscription upstream) {
        lock.lock();
        try {
            if (!closed) {
                subscription = upstream;
            }
        } finally {
            lock.unlock();
        }
        if (subscription == upstream) {
            upstream.request(WINDOW);
        } else {
            upstream.cancel();
        }
    }

    @Override
    public void onNext(ContentBuffer buffer) {
        lock.lock();
        try {
            if (!closed) {
                buffers.add(buffer);
                changed.signal();
                return;
            }
        } finally {
            lock.unlock();
        }
        buffer.release();
    }

    @Override
    public void onError(Throwable cause) {
        lock.lock();
        try {
            failure = failure == null ? cause : failure;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void onComplete() {
        lock.lock();
        try {
            ended = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] to, int start, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        Subscription more = null;
        int count;
        lock.lock();
        try {
            ByteBuffer source = reading == null ? next() : reading;
            if (source == null) {
                return -1;
            }
            count = Math.min(length, source.remaining());
            source.get(to, start, count);
            reading = source;
            if (!source.hasRemaining()) {
                reading = null;
                buffers.remove().release();
                more = subscription;
            }
        } finally {
            lock.unlock();
        }
        if (more != null) {
            more.request(1);
        }
        return count;
    }

    /** Waits for the next buffer, which stays first among those held; null at the end. */
    private @Nullable ByteBuffer next() throws IOException {
        long wait = Math.min(stallNanos, deadline - System.nanoTime());
        while (buffers.isEmpty() && !ended && !closed && failure == null && wait > 0) {
            try {
                wait = changed.awaitNanos(wait);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                fail(new StoreException(Reason.UNAVAILABLE, "interrupted while a message was converted", e));
            }
        }
        if (closed && failure == null) {
            failure = new StoreException(Reason.UNAVAILABLE, "nobody waits for this message any more");
        }
        // even a storage that never stops giving comes to an end
        boolean late = deadline - System.nanoTime() <= 0;
        if (failure == null && (late || (buffers.isEmpty() && !ended))) {
            fail(new StoreException(Reason.UNAVAILABLE, "a message took too long to be read for its conversion"));
        }
        if (failure != null) {
            throw new IOException(failure);
        }
        ContentBuffer first = buffers.peek();
        return first == null ? null : first.octets().duplicate();
    }

    private void fail(StoreException cause) {
        failure = failure == null ? cause : failure;
    }

    @Override
    public void close() {
        Subscription upstream;
        lock.lock();
        try {
            closed = true;
            upstream = subscription;
            subscription = null;
            reading = null;
            for (ContentBuffer buffer = buffers.poll(); buffer != null; buffer = buffers.poll()) {
                buffer.release();
            }
            changed.signal();
        } finally {
            lock.unlock();
        }
        if (upstream != null) {
            upstream.cancel();
        }
    }

    static long minutes(int minutes) {
        return TimeUnit.MINUTES.toNanos(minutes);
    }
}
