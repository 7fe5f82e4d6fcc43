package org.pop2.app.collect;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.pop2.app.config.CollectorSettings;
import org.pop2.fetch.Collector;
import org.pop2.fetch.source.SourceException;
import org.pop2.storage.MailStore;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreMetrics;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The accounts of a server, each looked after by itself: one connection, on threads that nobody else uses. Of several
 * nodes with one database one collects, the one that has the account's ledger; the others ask again now and then.
 */
public final class Collecting {
    private static final Logger LOG = LoggerFactory.getLogger(Collecting.class);

    /** With more accounts than threads none of them waits for new mail at its provider: all are looked at in turn. */
    private static final int MOST_THREADS = 256;

    /** The first runs of a server are spread over so long a time. */
    private static final Duration START = Duration.ofSeconds(2);

    /** How long another node, or a command, is left alone with an account. */
    private static final Duration BUSY = Duration.ofSeconds(30);

    /** A line that dropped while it waited for mail is no news: providers and routers do that. */
    private static final Duration AFTER_WAIT = Duration.ofSeconds(10);

    private static final Duration MOST_PATIENCE = Duration.ofHours(1);

    /** After a refused login: a provider locks an account that is asked for too often. */
    private static final Duration AFTER_REFUSAL = Duration.ofHours(1);

    private static final Duration MOST_AFTER_REFUSAL = Duration.ofDays(1);

    private final ScheduledThreadPoolExecutor threads;
    private final boolean mayWait;
    private final List<Account> accounts = new ArrayList<>();
    private final AtomicLong messages = new AtomicLong();
    private final AtomicLong octets = new AtomicLong();
    private volatile boolean stopped;

    private Collecting(List<CollectorSettings> collectors, MailStore store) {
        int count = Math.min(MOST_THREADS, collectors.size());
        mayWait = collectors.size() <= MOST_THREADS;
        int[] number = new int[1];
        threads = new ScheduledThreadPoolExecutor(count, work -> {
            Thread thread = new Thread(work, "collect-" + ++number[0]);
            thread.setDaemon(true);
            return thread;
        });
        threads.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        collectors.forEach(each -> accounts.add(new Account(each, store)));
    }

    /** Prepares for these accounts; nothing happens yet. */
    public static Collecting of(List<CollectorSettings> collectors, MailStore store) {
        return new Collecting(collectors, store);
    }

    /**
     * Finds out what became of messages that were being stored when this server was killed, before anybody can delete
     * them. Blocks.
     */
    public void recall() {
        for (Account each : accounts) {
            try {
                each.work.recall();
            } catch (IOException | StoreException e) {
                // the run finds out, or says so
                LOG.atDebug()
                        .addKeyValue("account", each.settings.name())
                        .addKeyValue("error", e.getMessage())
                        .log("collection-not-recalled");
            }
        }
    }

    /** What operators see of it. */
    public List<StoreMetrics.Measure> measures() {
        return List.of(
                new StoreMetrics.Measure(
                        "accounts",
                        "Accounts at providers that are configured",
                        StoreMetrics.Kind.GAUGE,
                        accounts::size),
                new StoreMetrics.Measure(
                        "failing",
                        "Accounts whose last run failed",
                        StoreMetrics.Kind.GAUGE,
                        () -> accounts.stream()
                                .filter(each -> each.failures.get() > 0)
                                .count()),
                new StoreMetrics.Measure(
                        "messages", "Messages collected from providers", StoreMetrics.Kind.COUNTER, messages::get),
                new StoreMetrics.Measure("octets", "Octets of these", StoreMetrics.Kind.COUNTER, octets::get));
    }

    /** From now on. */
    public void start() {
        accounts.forEach(
                each -> each.next(Duration.ofMillis(ThreadLocalRandom.current().nextLong(START.toMillis()))));
    }

    /** Ends waits at once, and lets a message that comes in be stored, for so long. Blocks. */
    public void stop(Duration limit) {
        stopped = true;
        threads.shutdown();
        accounts.forEach(each -> each.work.interrupt(false));
        try {
            if (!threads.awaitTermination(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                accounts.forEach(each -> each.work.interrupt(true));
                if (!threads.awaitTermination(1, TimeUnit.SECONDS)) {
                    LOG.atWarn().log("collection-not-ended");
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        threads.shutdownNow();
    }

    /** Up to a fifth more or less, so that many servers, or accounts, do not come at once. */
    private static Duration jittered(Duration duration) {
        return Duration.ofMillis(
                (long) (duration.toMillis() * ThreadLocalRandom.current().nextDouble(0.8, 1.2)));
    }

    /** How long after that many failures in a row. */
    static Duration patience(Duration every, int failures, boolean loginRefused) {
        Duration first = loginRefused ? AFTER_REFUSAL : every;
        Duration most = loginRefused ? MOST_AFTER_REFUSAL : MOST_PATIENCE.compareTo(every) > 0 ? MOST_PATIENCE : every;
        Duration longer = first.multipliedBy(1L << Math.min(16, Math.max(0, failures - 1)));
        return longer.compareTo(most) < 0 ? longer : most;
    }

    /** One of them. */
    private final class Account {
        private final CollectorSettings settings;
        private final OneAccount work;
        private final AtomicInteger failures = new AtomicInteger();
        private boolean ran;

        Account(CollectorSettings settings, MailStore store) {
            this.settings = settings;
            this.work = new OneAccount(settings, store, new LoggedEvents(settings.name()), () -> stopped);
        }

        // nothing comes out of a run: it logs
        @SuppressWarnings("FutureReturnValueIgnored")
        void next(Duration delay) {
            try {
                threads.schedule(this::run, delay.toMillis(), TimeUnit.MILLISECONDS);
            } catch (RejectedExecutionException e) {
                // the server stops
                return;
            }
        }

        private void run() {
            Duration delay = settings.every();
            ran = false;
            try {
                work.attend(mayWait, this::ran);
            } catch (SourceException e) {
                delay = failed(e);
            } catch (StoreException e) {
                delay = e.reason() == StoreException.Reason.BUSY ? BUSY : failed(e);
            } catch (IOException | RuntimeException e) {
                delay = failed(e);
            } finally {
                if (!stopped) {
                    next(jittered(delay));
                }
            }
        }

        private void ran(Collector.Result result) {
            int before = failures.getAndSet(0);
            if (before > 0) {
                LOG.atInfo()
                        .addKeyValue("account", settings.name())
                        .addKeyValue("failures", before)
                        .log("collection-works-again");
            }
            ran = true;
            messages.addAndGet(result.stored());
            octets.addAndGet(result.octets());
            if (result.didSomething()) {
                LOG.atInfo()
                        .addKeyValue("account", settings.name())
                        .addKeyValue("user", settings.user())
                        .addKeyValue("messages", result.stored())
                        .addKeyValue("octets", result.octets())
                        .addKeyValue("refused", result.refused())
                        .addKeyValue("left", result.left())
                        .log("mail-collected");
            }
        }

        private Duration failed(Exception e) {
            SourceException.Reason reason = e instanceof SourceException known ? known.reason() : null;
            if (stopped || (ran && reason == SourceException.Reason.CONNECTION)) {
                LOG.atDebug()
                        .addKeyValue("account", settings.name())
                        .addKeyValue("error", e.getMessage())
                        .log("collection-interrupted");
                return AFTER_WAIT;
            }
            int count = failures.incrementAndGet();
            boolean loginRefused = reason == SourceException.Reason.LOGIN_REFUSED;
            Duration delay = patience(settings.every(), count, loginRefused);
            String again = delay.toSeconds() + "s";
            if (loginRefused) {
                LOG.atError()
                        .addKeyValue("account", settings.name())
                        .addKeyValue("error", e.getMessage())
                        .addKeyValue("again", again)
                        .log("collection-login-refused");
            } else {
                LOG.atWarn()
                        .addKeyValue("account", settings.name())
                        .addKeyValue("error", e.getMessage())
                        .addKeyValue("failures", count)
                        .addKeyValue("again", again)
                        .log("collection-failed");
            }
            return delay;
        }
    }
}
