package org.pop2.storage.fs;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinWorkerThread;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The threads that touch files. Two pools, so that mailboxes whose locks are waited for do not keep others from being
 * read, and a timer.
 *
 * <p>The workers are as many as there are processors, since most of what they do is over in microseconds and more
 * threads would only take the processors from each other. What takes longer runs in {@link Waits}, and has another
 * thread started in its place, up to the number that is set.
 *
 * <p>No thread here is ever interrupted: an interrupt closes the {@link java.nio.channels.FileChannel} the thread uses,
 * and with it goes the lock. Reactor interrupts when a subscription is cancelled, on every scheduler that can cancel a
 * task; {@code fromExecutor(pool::execute)} gives it nothing to cancel with. So the method reference is not style. And
 * a fork-join pool that ends interrupts its threads, so it is told to end when they have nothing left to do.
 */
@SuppressWarnings("UnnecessaryMethodReference") // see above: it hides the pool's other methods
final class Work implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Work.class);
    private static final int QUEUE = 65_536;
    private static final long LOOK_MILLIS = 10_000;
    private static final int CLOSE_SECONDS = 30;
    private static final int CLOSED = Integer.MIN_VALUE / 2;

    private final ForkJoinPool workers;
    /** Tasks of the workers that are queued or running; below zero by {@link #CLOSED} when no more are taken. */
    private final AtomicInteger tasks = new AtomicInteger();

    private final ThreadPoolExecutor readers;
    private final ScheduledThreadPoolExecutor timer;
    private final Scheduler scheduler;
    private final Busy busy = new Busy();
    private final CountDownLatch idle = new CountDownLatch(1);

    Work(int workerThreads, int readerThreads) {
        workers = workers(workerThreads);
        readers = pool("pop2-mbox-reader-", readerThreads);
        timer = new ScheduledThreadPoolExecutor(1, task -> thread("pop2-mbox-timer", task));
        timer.setRemoveOnCancelPolicy(true);
        timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        scheduler = Schedulers.fromExecutor(this::execute);
        every(LOOK_MILLIS, () -> busy.look(System.nanoTime()));
    }

    private static ForkJoinPool workers(int most) {
        AtomicInteger number = new AtomicInteger();
        int busy = Math.min(most, Math.max(2, Runtime.getRuntime().availableProcessors()));
        return new ForkJoinPool(
                busy,
                pool -> {
                    ForkJoinWorkerThread thread = ForkJoinPool.defaultForkJoinWorkerThreadFactory.newThread(pool);
                    thread.setName("pop2-mbox-worker-" + number.incrementAndGet());
                    return thread;
                },
                (thread, error) -> LOG.atError().setCause(error).log("task-failed"),
                true,
                busy,
                most,
                busy,
                // all that may be started wait already: then this one waits as well
                pool -> true,
                60,
                TimeUnit.SECONDS);
    }

    private void execute(Runnable task) {
        int now = tasks.incrementAndGet();
        if (now < 0 || now > QUEUE) {
            tasks.decrementAndGet();
            throw new RejectedExecutionException(now < 0 ? "the storage is closed" : "too many tasks are queued");
        }
        boolean queued = false;
        try {
            workers.execute(() -> run(task));
            queued = true;
        } finally {
            if (!queued) {
                finished();
            }
        }
    }

    private void run(Runnable task) {
        // whatever ran here before may have left one
        Thread.interrupted();
        try {
            busy.run(task);
        } finally {
            finished();
        }
    }

    private void finished() {
        if (tasks.decrementAndGet() == CLOSED) {
            idle.countDown();
        }
    }

    private static ThreadPoolExecutor pool(String name, int threads) {
        AtomicInteger number = new AtomicInteger();
        ThreadPoolExecutor pool =
                new ThreadPoolExecutor(
                        threads,
                        threads,
                        60,
                        TimeUnit.SECONDS,
                        new LinkedBlockingQueue<>(QUEUE),
                        task -> thread(name + number.incrementAndGet(), task)) {
                    @Override
                    protected void beforeExecute(Thread thread, Runnable task) {
                        // whatever ran here before may have left one
                        Thread.interrupted();
                    }
                };
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    private static Thread thread(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    Executor readers() {
        return task -> readers.execute(() -> busy.run(task));
    }

    /** For tasks that may wait for a lock. */
    Scheduler scheduler() {
        return scheduler;
    }

    /**
     * Runs on a worker at each subscription; an empty result is an empty publisher.
     *
     * @param about what errors are about
     */
    <T> Mono<T> call(Path about, Callable<@Nullable T> body) {
        return Mono.fromCallable(body).subscribeOn(scheduler).onErrorMap(e -> StoreErrors.about(about.toString(), e));
    }

    /** Hands a task to the workers later. */
    void later(long millis, Runnable task, Runnable rejected) {
        ScheduledFuture<?> unused = timer.schedule(() -> submit(task, rejected), millis, TimeUnit.MILLISECONDS);
    }

    /** Hands a task to the workers now. */
    void submit(Runnable task, Runnable rejected) {
        try {
            execute(task);
        } catch (RejectedExecutionException e) {
            LOG.atDebug().addKeyValue("error", e.toString()).log("task-rejected");
            rejected.run();
        }
    }

    /** Runs a task on the timer's thread again and again. */
    void every(long millis, Runnable task) {
        ScheduledFuture<?> unused = timer.scheduleWithFixedDelay(
                () -> {
                    try {
                        task.run();
                    } catch (RuntimeException e) {
                        // an exception would end the repetition without a word
                        LOG.atError().setCause(e).log("task-failed");
                    }
                },
                millis,
                millis,
                TimeUnit.MILLISECONDS);
    }

    /** Lets what is running, and what is queued, come to its end. */
    @Override
    public void close() {
        timer.shutdown();
        if (tasks.addAndGet(CLOSED) == CLOSED) {
            idle.countDown();
        }
        readers.shutdown();
        try {
            boolean done = idle.await(CLOSE_SECONDS, TimeUnit.SECONDS);
            if (done) {
                workers.shutdown();
            }
            if (!done || !readers.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                LOG.atWarn().addKeyValue("seconds", CLOSE_SECONDS).log("file-work-unfinished");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
