package org.pop2.app.collect;

import java.io.Closeable;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.pop2.app.config.CollectorSettings;
import org.pop2.fetch.Collector;
import org.pop2.fetch.StoreTarget;
import org.pop2.fetch.source.Source;
import org.pop2.fetch.source.SourceSettings;
import org.pop2.fetch.source.Sources;
import org.pop2.storage.MailStore;

/** The work on one account: a session at the provider, which lasts while it can wait for new mail. */
final class OneAccount {
    /** Providers may disconnect clients that are silent for 30 minutes (RFC 2177: 29). */
    private static final Duration IDLE = Duration.ofMinutes(28);

    private final CollectorSettings settings;
    private final MailStore store;
    private final Collector.Observer observer;
    private final BooleanSupplier stopped;

    private volatile @Nullable Source source;
    private final AtomicReference<@Nullable Session> session = new AtomicReference<>();
    private final AtomicBoolean waiting = new AtomicBoolean();

    /** What lasts from one run to the next. */
    private record Session(LedgerJournal journal, Source source, Collector collector) implements Closeable {
        @Override
        public void close() throws IOException {
            try {
                source.close();
            } finally {
                journal.close();
            }
        }
    }

    /** Called after each successful run. */
    @FunctionalInterface
    interface Told {
        void ran(Collector.Result result);
    }

    OneAccount(CollectorSettings settings, MailStore store, Collector.Observer observer, BooleanSupplier stopped) {
        this.settings = settings;
        this.store = store;
        this.observer = observer;
        this.stopped = stopped;
    }

    static SourceSettings source(CollectorSettings settings) {
        return new SourceSettings(
                settings.from(),
                new AccountLogin(settings.passwordFile(), settings.tokenCommand()),
                settings.authorities(),
                settings.clearText(),
                SourceSettings.TIMEOUT);
    }

    /** Finds out what became of a message that was being stored when a server was killed. */
    void recall() throws IOException {
        try (LedgerJournal journal = LedgerJournal.open(store, settings.ledger())) {
            collector(journal).recall();
        }
    }

    /** One run. */
    Collector.Result once() throws IOException {
        try (LedgerJournal journal = LedgerJournal.open(store, settings.ledger());
                Source opened = open()) {
            Collector.Result result = collector(journal).run(opened);
            opened.finish();
            return result;
        } finally {
            source = null;
        }
    }

    /** Looks what a run would find, without changing anything. */
    Collector.Preview preview(Source opened) throws IOException {
        try (LedgerJournal journal = LedgerJournal.open(store, settings.ledger())) {
            return collector(journal).preview(opened);
        }
    }

    /**
     * Runs, in the session that is open or in a new one.
     *
     * @param threads for what the provider says while this waits for new mail, which occupies no thread
     * @param again called when the wait is over. If it failed, the run that follows finds out
     * @return whether it waits; if not, the session is closed
     */
    // nothing more comes of a wait
    @SuppressWarnings("FutureReturnValueIgnored")
    boolean attend(Told told, Executor threads, Runnable again) throws IOException {
        boolean waits = false;
        try {
            Session now = session();
            told.ran(now.collector().run(now.source()));
            if (!stopped.getAsBoolean() && now.source().canAwait()) {
                Duration most = settings.every().compareTo(IDLE) < 0 ? settings.every() : IDLE;
                waiting.set(true);
                now.source().await(most, threads).whenComplete((news, failure) -> {
                    if (endsWait()) {
                        again.run();
                    }
                });
                // a stop meanwhile may not have seen that this waits
                waits = !stopped.getAsBoolean() || !endsWait();
            } else {
                now.source().finish();
            }
            return waits;
        } finally {
            if (!waits) {
                waiting.set(false);
                close();
            }
        }
    }

    private Session session() throws IOException {
        Session now = session.get();
        if (now == null) {
            LedgerJournal journal = LedgerJournal.open(store, settings.ledger());
            try {
                now = new Session(journal, open(), collector(journal));
            } finally {
                if (now == null) {
                    interrupt();
                    journal.close();
                }
            }
            session.set(now);
        }
        return now;
    }

    /** Ends a wait, if there is one; who did has to close the session. */
    boolean endsWait() {
        return waiting.compareAndSet(true, false);
    }

    /** Closes the session, if one is open. */
    void close() throws IOException {
        Session closing = session.getAndSet(null);
        source = null;
        if (closing != null) {
            closing.close();
        }
    }

    private Source open() throws IOException {
        Source opened = Sources.open(source(settings));
        source = opened;
        return opened;
    }

    private Collector collector(LedgerJournal journal) throws IOException {
        return Collector.of(
                new StoreTarget(store, settings.user(), settings.folder()),
                journal,
                settings.plan(),
                observer,
                stopped,
                Clock.systemUTC());
    }

    /** Ends whatever is done, at once. */
    void interrupt() {
        Source opened = source;
        if (opened != null) {
            opened.close();
        }
    }
}
