package org.pop2.app.collect;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.pop2.app.config.CollectorSettings;
import org.pop2.app.fetch.LeadingFrom;
import org.pop2.fetch.AccountCollector;
import org.pop2.fetch.AccountCollectors;
import org.pop2.fetch.FetchObserver;
import org.pop2.fetch.FetchResult;
import org.pop2.fetch.StoreTarget;
import org.pop2.fetch.source.SourceSettings;
import org.pop2.storage.MailStore;

/** The work on one account: a session at the provider, which lasts while it can wait for new mail. Blocks. */
final class OneAccount {
    /** Providers may disconnect clients that are silent for 30 minutes (RFC 2177: 29). */
    private static final Duration IDLE = Duration.ofMinutes(28);

    private final CollectorSettings settings;
    private final MailStore store;
    private final FetchObserver observer;
    private final BooleanSupplier stopped;

    private final AtomicReference<@Nullable Opened> opened = new AtomicReference<>();
    private final AtomicBoolean waiting = new AtomicBoolean();

    /** The thread that connects just now; guarded by this. */
    private @Nullable Thread connecting;

    /** What lasts from one run to the next. */
    private record Opened(LedgerJournal journal, AccountCollector.Session session) implements Closeable {
        @Override
        public void close() throws IOException {
            try {
                session.close();
            } finally {
                journal.close();
            }
        }
    }

    /** Called after each successful run. */
    @FunctionalInterface
    interface Told {
        void ran(FetchResult result);
    }

    /** Work with an open session. */
    @FunctionalInterface
    interface Look {
        void at(AccountCollector.Session session) throws IOException;
    }

    OneAccount(CollectorSettings settings, MailStore store, FetchObserver observer, BooleanSupplier stopped) {
        this.settings = settings;
        this.store = store;
        this.observer = observer;
        this.stopped = stopped;
    }

    private AccountCollector collector(LedgerJournal journal) throws IOException {
        SourceSettings source = new SourceSettings(
                settings.from(),
                new AccountLogin(settings.passwordFile(), settings.tokenCommand()),
                settings.authorities(),
                settings.clearText(),
                SourceSettings.TIMEOUT);
        return AccountCollectors.of(
                source,
                new StoreTarget(store, settings.user(), settings.folder()),
                journal,
                settings.plan(),
                new LeadingFrom(),
                observer,
                stopped);
    }

    /** Finds out what became of a message that was being stored when a server was killed. */
    void recall() throws IOException {
        try (LedgerJournal journal = LedgerJournal.open(store, settings.ledger())) {
            collector(journal).recall();
        }
    }

    /** One run. */
    FetchResult once() throws IOException {
        try (Opened now = open()) {
            FetchResult result = now.session().run();
            now.session().finish();
            return result;
        }
    }

    /** A session without a run: to look what one would find. */
    void look(Look look) throws IOException {
        try (Opened now = open()) {
            look.at(now.session());
            now.session().finish();
        }
    }

    /** Called when a wait for new mail is over. */
    @FunctionalInterface
    interface Waited {
        /**
         * The wait is over.
         *
         * @param failure after which the session is of no use
         */
        void over(boolean news, @Nullable Throwable failure);
    }

    /**
     * Runs, in the session that is open or in a new one.
     *
     * @param threads for what the provider says while this waits for new mail, which occupies no thread
     * @return whether it waits; if not, the session is closed
     */
    // nothing more comes of a wait
    @SuppressWarnings("FutureReturnValueIgnored")
    boolean attend(Told told, Executor threads, Waited waited) throws IOException {
        boolean waits = false;
        if (stopped.getAsBoolean()) {
            return false;
        }
        try {
            Opened now = opened.get();
            if (now == null) {
                now = open();
                opened.set(now);
            }
            AccountCollector.Session session = now.session();
            FetchResult result = session.run();
            if (!stopped.getAsBoolean() && session.canAwait()) {
                told.ran(result);
                Duration most = settings.every().compareTo(IDLE) < 0 ? settings.every() : IDLE;
                waiting.set(true);
                session.await(most, threads).whenComplete((news, failure) -> {
                    if (endsWait()) {
                        waited.over(Boolean.TRUE.equals(news), failure);
                    }
                });
                // a stop meanwhile may not have seen that this waits
                waits = !stopped.getAsBoolean() || !endsWait();
            } else {
                session.finish();
                told.ran(result);
            }
            return waits;
        } finally {
            if (!waits) {
                waiting.set(false);
                close();
            }
        }
    }

    private Opened open() throws IOException {
        LedgerJournal journal = LedgerJournal.open(store, settings.ledger());
        AccountCollector.Session session = null;
        try {
            AccountCollector collector = collector(journal);
            beginsToConnect();
            session = collector.connect();
        } finally {
            hasConnected();
            if (session == null) {
                journal.close();
            }
        }
        return new Opened(journal, session);
    }

    private synchronized void beginsToConnect() {
        connecting = Thread.currentThread();
    }

    private synchronized void hasConnected() {
        connecting = null;
        // what was meant for the attempt to connect is no reason not to close the journal
        Thread.interrupted();
    }

    /** Ends an attempt to connect, if there is one. */
    synchronized void stopConnecting() {
        if (connecting != null) {
            connecting.interrupt();
        }
    }

    /** Ends a wait, if there is one; who did has to close the session. */
    boolean endsWait() {
        return waiting.compareAndSet(true, false);
    }

    /** Closes the session, if one is open. */
    void close() throws IOException {
        Opened closing = opened.getAndSet(null);
        if (closing != null) {
            closing.close();
        }
    }

    /** Ends whatever is done, at once. */
    void interrupt() {
        Opened now = opened.get();
        if (now != null) {
            now.session().close();
        }
    }
}
