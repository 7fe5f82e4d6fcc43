package org.pop2.app.collect;

import java.io.IOException;
import java.time.Duration;
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

    private volatile AccountCollector.@Nullable Session session;
    private volatile boolean waiting;

    /** Called after each successful run. */
    @FunctionalInterface
    interface Told {
        void ran(FetchResult result);
    }

    OneAccount(CollectorSettings settings, MailStore store, FetchObserver observer, BooleanSupplier stopped) {
        this.settings = settings;
        this.store = store;
        this.observer = observer;
        this.stopped = stopped;
    }

    private SourceSettings source() {
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
    FetchResult once() throws IOException {
        try (LedgerJournal journal = LedgerJournal.open(store, settings.ledger());
                AccountCollector.Session opened = open(journal)) {
            FetchResult result = opened.run();
            opened.finish();
            return result;
        } finally {
            session = null;
        }
    }

    /** Work with an open session. */
    @FunctionalInterface
    interface Look {
        void at(AccountCollector.Session session) throws IOException;
    }

    /** A session without a run: to look what one would find. */
    void look(Look look) throws IOException {
        try (LedgerJournal journal = LedgerJournal.open(store, settings.ledger());
                AccountCollector.Session opened = open(journal)) {
            look.at(opened);
            opened.finish();
        } finally {
            session = null;
        }
    }

    /**
     * Runs once, and again whenever the provider announces new mail, until stopped.
     *
     * @param mayWait whether it may occupy its thread for waiting
     */
    void attend(boolean mayWait, Told told) throws IOException {
        try (LedgerJournal journal = LedgerJournal.open(store, settings.ledger());
                AccountCollector.Session opened = open(journal)) {
            told.ran(opened.run());
            boolean canWait = mayWait && opened.canAwait();
            Duration most = settings.every().compareTo(IDLE) < 0 ? settings.every() : IDLE;
            while (canWait && !stopped.getAsBoolean()) {
                waiting = true;
                try {
                    if (!stopped.getAsBoolean()) {
                        opened.await(most);
                    }
                } finally {
                    waiting = false;
                }
                if (!stopped.getAsBoolean()) {
                    told.ran(opened.run());
                }
            }
            opened.finish();
        } finally {
            session = null;
        }
    }

    private AccountCollector.Session open(LedgerJournal journal) throws IOException {
        AccountCollector.Session opened = collector(journal).connect();
        session = opened;
        return opened;
    }

    private AccountCollector collector(LedgerJournal journal) throws IOException {
        return AccountCollectors.of(
                source(),
                new StoreTarget(store, settings.user(), settings.folder()),
                journal,
                settings.plan(),
                new LeadingFrom(),
                observer,
                stopped);
    }

    /** Ends a wait at once; with force, also anything else. */
    void interrupt(boolean force) {
        AccountCollector.Session opened = session;
        if (opened != null && (force || waiting)) {
            opened.close();
        }
    }
}
