package org.pop2.app.collect;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.pop2.app.config.CollectorSettings;
import org.pop2.fetch.Collector;
import org.pop2.fetch.StoreTarget;
import org.pop2.fetch.source.Source;
import org.pop2.fetch.source.SourceSettings;
import org.pop2.fetch.source.Sources;
import org.pop2.storage.MailStore;

/** The work on one account: a session at the provider, which lasts while it can wait for new mail. Blocks. */
final class OneAccount {
    /** Providers may disconnect clients that are silent for 30 minutes (RFC 2177: 29). */
    private static final Duration IDLE = Duration.ofMinutes(28);

    private final CollectorSettings settings;
    private final MailStore store;
    private final Collector.Observer observer;
    private final BooleanSupplier stopped;

    private volatile @Nullable Source source;
    private volatile boolean waiting;

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
     * Runs once, and again whenever the provider announces new mail, until stopped.
     *
     * @param mayWait whether it may occupy its thread for waiting
     */
    void attend(boolean mayWait, Told told) throws IOException {
        try (LedgerJournal journal = LedgerJournal.open(store, settings.ledger());
                Source opened = open()) {
            Collector collector = collector(journal);
            told.ran(collector.run(opened));
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
                    told.ran(collector.run(opened));
                }
            }
            opened.finish();
        } finally {
            source = null;
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

    /** Ends a wait at once; with force, also anything else. */
    void interrupt(boolean force) {
        Source opened = source;
        if (opened != null && (force || waiting)) {
            opened.close();
        }
    }
}
