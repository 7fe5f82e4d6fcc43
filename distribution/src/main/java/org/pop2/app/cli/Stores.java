package org.pop2.app.cli;

import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.pop2.app.config.Configuration;
import org.pop2.storage.MailStore;
import org.pop2.storage.StoreException;
import org.pop2.storage.fs.exchange.OpenStore;
import reactor.core.publisher.Mono;

/** Opens a storage for one piece of work. */
public final class Stores {
    /** Administration is short; locks are waited for 10 s at most, and a database answers or is gone. */
    public static final Duration ADMINISTRATION = Duration.ofMinutes(1);

    /**
     * Opens the storage, works on it and closes it. Blocks.
     *
     * @param limit for all of it; it fails as {@link StoreException.Reason#BUSY} after that
     * @return what the work emitted; nothing if it only completed
     * @throws StoreException as the storage throws it
     */
    public static <T> @Nullable T work(
            Configuration.Storage storage, Duration limit, Function<MailStore, Mono<T>> work) {
        return OpenStore.await(Mono.usingWhen(Mono.from(storage.open()), work, MailStore::close), limit);
    }

    /** Opens the storage for many steps; it waits for mailboxes as the configuration says. The caller closes it. */
    public static OpenStore open(Configuration.Storage storage) {
        return OpenStore.of(storage::open, storage.holdPolicy().busyWait());
    }

    private Stores() {}
}
