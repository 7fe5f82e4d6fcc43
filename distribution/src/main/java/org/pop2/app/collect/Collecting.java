package org.pop2.app.collect;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.pop2.app.config.CollectorSettings;
import org.pop2.fetch.FetchResult;
import org.pop2.fetch.source.SourceException;
import org.pop2.management.PageTable;
import org.pop2.storage.MailStore;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreMetrics;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Collects the mail of a server's accounts: each has one connection, and a thread only while it works. Of several nodes
 * on one database, the one that holds the account's ledger collects; the others try again from time to time.
 */
public final class Collecting {
    private static final Logger LOG = LoggerFactory.getLogger(Collecting.class);

    /** Accounts that are worked on at a time: so many, as some providers do not answer for a minute. */
    private static final int MOST_THREADS = 256;

    /** A thread without work ends: its stack is what costs most of an account. */
    private static final Duration SPARE = Duration.ofSeconds(2);

    /** Time over which the first runs are spread. */
    private static final Duration START = Duration.ofSeconds(2);

    /** Pause while another node, or a command, works on an account. */
    private static final Duration BUSY = Duration.ofSeconds(30);

    /** Pause after a connection was lost while waiting for mail, as providers and routers cut idle ones. */
    private static final Duration AFTER_WAIT = Duration.ofSeconds(10);

    /** A provider that ends a wait sooner does not let us wait. */
    private static final Duration LEAST_WAIT = Duration.ofSeconds(5);

    private static final Duration MOST_PATIENCE = Duration.ofHours(1);

    /** Pause after a refused login, as providers lock accounts after too many attempts. */
    private static final Duration AFTER_REFUSAL = Duration.ofHours(1);

    private static final Duration MOST_AFTER_REFUSAL = Duration.ofDays(1);

    /** When runs are due. Does not run them: one whose threads may end would not start any for them. */
    private final ScheduledThreadPoolExecutor timer;

    private final ThreadPoolExecutor threads;
    private final List<Account> accounts = new ArrayList<>();
    private final AtomicLong messages = new AtomicLong();
    private final AtomicLong octets = new AtomicLong();
    private volatile boolean stopped;

    private Collecting(List<CollectorSettings> collectors, MailStore store) {
        timer = new ScheduledThreadPoolExecutor(1, work -> daemon(work, "collect-timer"));
        timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        AtomicInteger number = new AtomicInteger();
        threads = new ThreadPoolExecutor(
                MOST_THREADS,
                MOST_THREADS,
                SPARE.toMillis(),
                TimeUnit.MILLISECONDS,
                new LinkedBlockingQueue<>(),
                work -> daemon(work, "collect-" + number.incrementAndGet()));
        threads.allowCoreThreadTimeOut(true);
        collectors.forEach(each -> accounts.add(new Account(each, store)));
    }

    private static Thread daemon(Runnable work, String name) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        return thread;
    }

    /** Prepares for these accounts, without starting. */
    public static Collecting of(List<CollectorSettings> collectors, MailStore store) {
        return new Collecting(collectors, store);
    }

    /**
     * Finds out whether messages that were being stored when the server was killed are stored, before users can delete
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

    /** Metrics for operators. */
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

    /** The accounts and how they are, for the status page. */
    public PageTable table() {
        return new PageTable(
                "Mail collected from providers",
                List.of("Account", "User", "From", "Messages", "Last good run (UTC)", "State"),
                () -> accounts.stream().map(Account::row).toList());
    }

    /** Starts collecting. */
    public void start() {
        accounts.forEach(
                each -> each.next(Duration.ofMillis(ThreadLocalRandom.current().nextLong(START.toMillis()))));
    }

    /** Ends waits at once, and lets messages under way be stored, within the limit. Blocks. */
    public void stop(Duration limit) {
        stopped = true;
        timer.shutdown();
        accounts.forEach(each -> each.work.stopConnecting());
        accounts.forEach(each -> threads.execute(each::endWait));
        threads.shutdown();
        try {
            if (!threads.awaitTermination(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                accounts.forEach(each -> each.work.interrupt());
                if (!threads.awaitTermination(1, TimeUnit.SECONDS)) {
                    LOG.atWarn().log("collection-not-ended");
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        threads.shutdownNow();
    }

    /** Varies a duration by up to a fifth, so that many servers or accounts do not connect at once. */
    private static Duration jittered(Duration duration) {
        return Duration.ofMillis(
                (long) (duration.toMillis() * ThreadLocalRandom.current().nextDouble(0.8, 1.2)));
    }

    /** The pause after this many consecutive failures. */
    static Duration patience(Duration every, int failures, boolean loginRefused) {
        Duration first = loginRefused ? AFTER_REFUSAL : every;
        Duration most = loginRefused ? MOST_AFTER_REFUSAL : MOST_PATIENCE.compareTo(every) > 0 ? MOST_PATIENCE : every;
        Duration longer = first.multipliedBy(1L << Math.min(16, Math.max(0, failures - 1)));
        return longer.compareTo(most) < 0 ? longer : most;
    }

    /** One account. */
    private final class Account {
        private final CollectorSettings settings;
        private final OneAccount work;
        private final AtomicInteger failures = new AtomicInteger();
        private final AtomicLong stored = new AtomicLong();
        private volatile @Nullable Instant lastRun;
        private volatile String state = "has not run yet";
        private volatile long waitsSince;
        /** Waits in a row that were too short. */
        private volatile int earlyEnds;

        Account(CollectorSettings settings, MailStore store) {
            this.settings = settings;
            this.work = new OneAccount(settings, store, new LoggedEvents(settings.name()), () -> stopped);
        }

        List<String> row() {
            Instant last = lastRun;
            return List.of(
                    settings.name(),
                    settings.user().value(),
                    settings.from().host(),
                    String.valueOf(stored.get()),
                    last == null ? "-" : last.truncatedTo(ChronoUnit.SECONDS).toString(),
                    state);
        }

        // nothing comes out of a run: it logs
        @SuppressWarnings("FutureReturnValueIgnored")
        void next(Duration delay) {
            try {
                timer.schedule(() -> threads.execute(this::run), delay.toMillis(), TimeUnit.MILLISECONDS);
            } catch (RejectedExecutionException e) {
                // the server stops
                return;
            }
        }

        /** The wait at the provider is over. */
        private void waited(boolean news, @Nullable Throwable failure) {
            boolean early = System.nanoTime() - waitsSince < LEAST_WAIT.toNanos();
            earlyEnds = early && !news ? earlyEnds + 1 : 0;
            if (failure == null && (news || !early)) {
                again();
                return;
            }
            end();
            // who does not let us wait is asked now and then
            Duration delay = settings.every();
            if (failure != null && (stopped || earlyEnds <= 1)) {
                delay = interrupted(failure);
            } else if (failure != null) {
                delay = failed(failure);
            }
            if (!stopped) {
                next(jittered(delay));
            }
        }

        private void again() {
            try {
                threads.execute(this::run);
            } catch (RejectedExecutionException e) {
                // the server stops, and this had just ended
                end();
            }
        }

        private void endWait() {
            if (work.endsWait()) {
                end();
            }
        }

        private void end() {
            try {
                work.close();
            } catch (IOException | StoreException e) {
                failed(e);
            }
        }

        private void run() {
            Duration delay = settings.every();
            boolean waits = false;
            try {
                waits = work.attend(this::ran, threads, this::waited);
            } catch (SourceException e) {
                delay = failed(e);
            } catch (StoreException e) {
                delay = e.reason() == StoreException.Reason.BUSY ? busy() : failed(e);
            } catch (IOException | RuntimeException e) {
                delay = failed(e);
            } finally {
                if (!waits && !stopped) {
                    next(jittered(delay));
                }
            }
        }

        private Duration busy() {
            state = "another node, or a command, is at it";
            return BUSY;
        }

        private void ran(FetchResult result) {
            int before = failures.getAndSet(0);
            if (before > 0) {
                LOG.atInfo()
                        .addKeyValue("account", settings.name())
                        .addKeyValue("failures", before)
                        .log("collection-works-again");
            }
            waitsSince = System.nanoTime();
            stored.addAndGet(result.stored());
            lastRun = Instant.now();
            state = result.refused() > 0 ? "works; " + result.refused() + " refused here, to be tried again" : "works";
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

        private Duration interrupted(Throwable e) {
            LOG.atDebug()
                    .addKeyValue("account", settings.name())
                    .addKeyValue("error", e.getMessage())
                    .log("collection-interrupted");
            return AFTER_WAIT;
        }

        private Duration failed(Throwable e) {
            if (stopped) {
                return interrupted(e);
            }
            SourceException.Reason reason = e instanceof SourceException known ? known.reason() : null;
            int count = failures.incrementAndGet();
            boolean loginRefused = reason == SourceException.Reason.LOGIN_REFUSED;
            Duration delay = patience(settings.every(), count, loginRefused);
            String again = delay.toSeconds() + "s";
            state = "failed " + count + (count == 1 ? " time: " : " times: ") + e.getMessage();
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
