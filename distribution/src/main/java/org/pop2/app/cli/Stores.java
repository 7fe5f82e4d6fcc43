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
    /** Limit for administrative work, which is short: waiting for a lock takes at most 10 s. */
    public static final Duration ADMINISTRATION = Duration.ofMinutes(1);

    /**
     * Opens the storage, works on it and closes it. Blocks.
     *
     * @param limit limit for all of it, after which it fails as {@link StoreException.Reason#BUSY}
     * @return what the work emitted; {@code null} if it only completed
     * @throws StoreException as the storage throws it
     */
    public static <T> @Nullable T work(
            Configuration.Storage storage, Duration limit, Function<MailStore, Mono<T>> work) {
        return OpenStore.await(Mono.usingWhen(Mono.from(storage.open()), work, MailStore::close), limit);
    }

    /** Opens the storage for several steps. It waits for mailboxes as configured. The caller closes it. */
    public static OpenStore open(Configuration.Storage storage) {
        return OpenStore.of(storage::open, storage.holdPolicy().busyWait());
    }

    private Stores() {}
}
