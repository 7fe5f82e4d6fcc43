package org.pop2.app.collect;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.pop2.fetch.Journal;
import org.pop2.storage.Ledgers;
import org.pop2.storage.MailStore;
import org.pop2.storage.StoreException;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/** A journal in the storage: files of the state directory, or tables. */
final class LedgerJournal implements Journal {
    /** A limit for storages that have none of their own. */
    private static final Duration LIMIT = Duration.ofMinutes(5);

    private final Ledgers.Ledger ledger;

    private LedgerJournal(Ledgers.Ledger ledger) {
        this.ledger = ledger;
    }

    /**
     * Opens it. Blocks.
     *
     * @throws StoreException with {@link StoreException.Reason#BUSY} if another process, or node, has it
     */
    static LedgerJournal open(MailStore store, String name) {
        Ledgers ledgers = store.ledgers()
                .orElseThrow(() -> new StoreException(
                        StoreException.Reason.UNAVAILABLE, "this storage cannot remember what was collected"));
        return new LedgerJournal(
                Mono.from(ledgers.ledger(name)).blockOptional(LIMIT).orElseThrow());
    }

    @Override
    public List<String> lines() {
        return Mono.from(ledger.lines()).blockOptional(LIMIT).orElseThrow();
    }

    @Override
    public void append(List<String> lines) {
        await(ledger.append(lines));
    }

    @Override
    public void replace(List<String> lines) {
        await(ledger.replace(lines));
    }

    @Override
    public void close() throws IOException {
        await(ledger.close());
    }

    private static void await(Publisher<Void> work) {
        Mono.from(work).block(LIMIT);
    }
}
