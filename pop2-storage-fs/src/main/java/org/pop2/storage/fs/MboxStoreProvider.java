package org.pop2.storage.fs;

import java.util.List;
import org.pop2.storage.MailStore;
import org.pop2.storage.MailStoreProvider;
import org.pop2.storage.StoreSettings;
import org.pop2.storage.fs.io.RealIo;
import org.pop2.storage.fs.io.StoreErrors;
import org.pop2.storage.fs.lock.Pause;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** The storage {@code mbox}: one mbox file per mailbox. */
public final class MboxStoreProvider implements MailStoreProvider {

    /** For {@link java.util.ServiceLoader}. */
    public MboxStoreProvider() {}

    @Override
    public String name() {
        return "mbox";
    }

    @Override
    public List<Setting> settings() {
        return MboxSettings.ALL;
    }

    @Override
    public Publisher<MailStore> open(StoreSettings settings) {
        MboxSettings mbox = MboxSettings.of(settings);
        return Mono.<MailStore>fromCallable(() -> MboxStore.open(mbox, new RealIo(), Pause.REAL))
                // a thread of its own, never interrupted: recovery happens on it
                .subscribeOn(Schedulers.fromExecutor(task -> new Thread(task, "pop2-mbox-open").start()))
                .onErrorMap(StoreErrors::of);
    }
}
