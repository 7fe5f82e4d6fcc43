package org.pop2.net;

import java.util.Optional;
import java.util.function.Supplier;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/**
 * Calls a storage so that there is always an outcome. Whatever it throws is emitted as an error, including errors that
 * Reactor considers fatal and rethrows (an {@link OutOfMemoryError}, a {@link LinkageError}); otherwise the session
 * would wait for ever, and a stop would wait for the session.
 */
public final class StorageCalls {
    private StorageCalls() {}

    /** Makes the call at subscription, and emits at most one element. Cancelling cancels it. */
    public static <T> Mono<T> of(Supplier<? extends Publisher<T>> call) {
        return Mono.create(sink -> {
            try {
                sink.onDispose(Mono.from(call.get())
                        .map(Optional::of)
                        .defaultIfEmpty(Optional.empty())
                        .subscribe(value -> value.ifPresentOrElse(sink::success, sink::success), sink::error));
            } catch (Throwable e) {
                sink.error(e);
            }
        });
    }
}
