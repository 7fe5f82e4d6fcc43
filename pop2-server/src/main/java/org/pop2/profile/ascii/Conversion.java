package org.pop2.profile.ascii;

import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.scheduler.Schedulers;

/**
 * Converts messages on threads of its own, since mime4j blocks on a stream, which an event loop must not.
 *
 * <p>The threads are few. Each is occupied only while a message is read from the storage, never while a client receives
 * it: the result is small, and complete before anything is sent. If all are busy, a conversion waits for at most a
 * minute, behind at most 1000 others, then fails like a storage that cannot be reached. Sending the message unconverted
 * instead would make its length and form depend on the server's load.
 */
public final class Conversion {
    private static final int THREADS =
            Math.max(2, Math.min(4, Runtime.getRuntime().availableProcessors()));
    private static final int QUEUE = 1000;
    private static final int WIDTH = 78;

    /** For the next piece of a message; storages have shorter limits of their own. */
    private static final int STALL_MINUTES = 1;
    /** For a whole message: a few hundred MiB from a slow disk. */
    private static final int LONGEST_MINUTES = 15;

    private static final int QUEUE_MINUTES = 1;

    /** The threads end when idle, so that nobody has to stop them. */
    private static final class Threads {
        static final ThreadPoolExecutor POOL = pool(THREADS, QUEUE);
    }

    static ThreadPoolExecutor pool(int threads, int queue) {
        AtomicInteger count = new AtomicInteger();
        ThreadFactory factory = task -> {
            Thread thread = new Thread(task, "pop2-ascii-" + count.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                threads, threads, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(queue), factory);
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    private Conversion() {}

    /**
     * Reads a message and converts it to text. Starts at subscription. Cancelling frees the message's buffers and the
     * thread.
     *
     * @param width longest line in octets, for text that can be broken; 0 or more than a screen has: as a screen has
     * @param fullHeader whether fields that programs wrote for programs are shown, too
     * @param dropAttachments whether a message is complete without its attachments
     * @return fails as reading the message does, and with {@link Reason#UNAVAILABLE} if there was no thread for it in
     *     time
     */
    public static Mono<Converted> of(
            Publisher<ContentBuffer> message, int width, boolean fullHeader, boolean dropAttachments) {
        return of(message, width, fullHeader, dropAttachments, Threads.POOL, ContentPipe.minutes(QUEUE_MINUTES));
    }

    static Mono<Converted> of(
            Publisher<ContentBuffer> message,
            int width,
            boolean fullHeader,
            boolean dropAttachments,
            ThreadPoolExecutor pool,
            long queueNanos) {
        Converter converter = new Converter(width <= 0 ? WIDTH : Math.min(width, WIDTH), fullHeader, dropAttachments);
        return Mono.create(sink -> {
            Job job = new Job(message, converter, pool, sink);
            sink.onCancel(job::cancel);
            job.start(pool, queueNanos);
        });
    }

    private static final class Job implements Runnable {
        private enum State {
            WAITING,
            RUNNING,
            OVER
        }

        private final Publisher<ContentBuffer> message;
        private final Converter converter;
        private final ThreadPoolExecutor pool;
        private final MonoSink<Converted> sink;
        private final AtomicReference<State> state = new AtomicReference<>(State.WAITING);
        private final ContentPipe pipe =
                new ContentPipe(ContentPipe.minutes(STALL_MINUTES), ContentPipe.minutes(LONGEST_MINUTES));
        /** Set before the pipe is closed, which fails the converter; nobody is told then. */
        private volatile boolean cancelled;

        private final Disposable.Swap limit = Disposables.swap();

        Job(Publisher<ContentBuffer> message, Converter converter, ThreadPoolExecutor pool, MonoSink<Converted> sink) {
            this.message = message;
            this.converter = converter;
            this.pool = pool;
            this.sink = sink;
        }

        void start(Executor executor, long queueNanos) {
            limit.update(Schedulers.parallel().schedule(this::waitedTooLong, queueNanos, TimeUnit.NANOSECONDS));
            try {
                executor.execute(this);
            } catch (RejectedExecutionException full) {
                waitedTooLong();
            }
        }

        private void waitedTooLong() {
            if (state.compareAndSet(State.WAITING, State.OVER)) {
                limit.dispose();
                pool.remove(this);
                sink.error(new StoreException(Reason.UNAVAILABLE, "too many messages wait for their conversion"));
            }
        }

        void cancel() {
            cancelled = true;
            limit.dispose();
            if (state.compareAndSet(State.WAITING, State.OVER)) {
                pool.remove(this);
            } else {
                pipe.close();
            }
        }

        @Override
        public void run() {
            if (!state.compareAndSet(State.WAITING, State.RUNNING)) {
                return;
            }
            limit.dispose();
            @Nullable Converted converted = null;
            @Nullable Throwable failure = null;
            try {
                message.subscribe(pipe);
                converted = converter.convert(pipe);
                failure = pipe.failure();
            } catch (Throwable e) {
                // an OutOfMemoryError among them: whatever it is, the client is not to wait for ever
                failure = Objects.requireNonNullElse(pipe.failure(), e);
            } finally {
                pipe.close();
            }
            if (cancelled) {
                return;
            }
            if (failure == null) {
                sink.success(converted);
            } else {
                sink.error(failure);
            }
        }
    }
}
