package org.pop2.storage.support;

import java.util.Optional;
import org.pop2.storage.Accounts;
import org.pop2.storage.BatchDelivery;
import org.pop2.storage.Examined;
import org.pop2.storage.FolderName;
import org.pop2.storage.Ledgers;
import org.pop2.storage.MailStore;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Message;
import org.pop2.storage.Recoverable;
import org.pop2.storage.Repairable;
import org.pop2.storage.Retention;
import org.pop2.storage.StoreMetrics;
import org.pop2.storage.Usage;
import org.pop2.storage.UserName;
import org.reactivestreams.Publisher;

/** Forwards everything to another storage, optional abilities included. To change something, override that method. */
public class ForwardingStore implements MailStore {
    private final MailStore store;

    /** Wraps an open storage; {@link #close} closes it. */
    public ForwardingStore(MailStore store) {
        this.store = store;
    }

    @Override
    public Accounts accounts() {
        return store.accounts();
    }

    @Override
    public Publisher<Mailbox> open(UserName user, FolderName folder) {
        return store.open(user, folder);
    }

    @Override
    public Publisher<Void> deliver(UserName user, FolderName folder, Message message) {
        return store.deliver(user, folder, message);
    }

    @Override
    public Publisher<FolderName> folders(UserName user) {
        return store.folders(user);
    }

    @Override
    public Publisher<Usage> usage(UserName user) {
        return store.usage(user);
    }

    @Override
    public Optional<Retention> retention() {
        return store.retention();
    }

    @Override
    public Optional<BatchDelivery> batchDelivery() {
        return store.batchDelivery();
    }

    @Override
    public Optional<Repairable> repairable() {
        return store.repairable();
    }

    @Override
    public Optional<StoreMetrics> metrics() {
        return store.metrics();
    }

    @Override
    public Optional<Examined> examined() {
        return store.examined();
    }

    @Override
    public Optional<Recoverable> recoverable() {
        return store.recoverable();
    }

    @Override
    public Optional<Ledgers> ledgers() {
        return store.ledgers();
    }

    @Override
    public Publisher<Void> close() {
        return store.close();
    }
}
