package org.pop2.storage.fs.io;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
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
 * <p>No thread here is ever interrupted: an interrupt closes the {@link java.nio.channels.FileChannel} the thread uses,
 * and with it goes the lock. Reactor interrupts when a subscription is cancelled, on every scheduler that can cancel a
 * task; {@code fromExecutor(pool::execute)} gives it nothing to cancel with. So the method reference is not style.
 */
@SuppressWarnings("UnnecessaryMethodReference") // see above: it hides the pool's other methods
public final class Work implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Work.class);
    private static final int QUEUE = 65_536;
    private static final long LOOK_MILLIS = 10_000;
    private static final int CLOSE_SECONDS = 30;

    private final ThreadPoolExecutor workers;
    private final ThreadPoolExecutor readers;
    private final ScheduledThreadPoolExecutor timer;
    private final Scheduler scheduler;
    private final Scheduler reading;
    private final Busy busy = new Busy();

    public Work(int workerThreads, int readerThreads) {
        workers = pool("pop2-mbox-worker-", workerThreads);
        readers = pool("pop2-mbox-reader-", readerThreads);
        timer = new ScheduledThreadPoolExecutor(1, task -> thread("pop2-mbox-timer", task));
        timer.setRemoveOnCancelPolicy(true);
        timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        scheduler = Schedulers.fromExecutor(this::execute);
        reading = Schedulers.fromExecutor(readers());
        every(LOOK_MILLIS, () -> busy.look(System.nanoTime()));
    }

    private void execute(Runnable task) {
        workers.execute(() -> busy.run(task));
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

    public Executor readers() {
        return task -> readers.execute(() -> busy.run(task));
    }

    /** For tasks that read, and wait for a lock only if another program has written to what they read. */
    public Scheduler reading() {
        return reading;
    }

    /** For tasks that may wait for a lock. */
    public Scheduler scheduler() {
        return scheduler;
    }

    /**
     * Runs on a worker at each subscription; an empty result is an empty publisher.
     *
     * @param about what errors are about
     */
    public <T> Mono<T> call(Path about, Callable<@Nullable T> body) {
        return Mono.fromCallable(body).subscribeOn(scheduler).onErrorMap(e -> StoreErrors.about(about.toString(), e));
    }

    /** Hands a task to the workers later. */
    public void later(long millis, Runnable task, Runnable rejected) {
        ScheduledFuture<?> unused = timer.schedule(() -> submit(task, rejected), millis, TimeUnit.MILLISECONDS);
    }

    /** Hands a task to the workers now. */
    public void submit(Runnable task, Runnable rejected) {
        try {
            execute(task);
        } catch (RejectedExecutionException e) {
            LOG.atDebug().addKeyValue("error", e.toString()).log("task-rejected");
            rejected.run();
        }
    }

    /** Runs a task on the timer's thread again and again. */
    public void every(long millis, Runnable task) {
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
        workers.shutdown();
        readers.shutdown();
        try {
            if (!workers.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)
                    || !readers.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                LOG.atWarn().addKeyValue("seconds", CLOSE_SECONDS).log("file-work-unfinished");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
