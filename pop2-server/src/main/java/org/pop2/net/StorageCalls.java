package org.pop2.net;

import java.util.Optional;
import java.util.function.Supplier;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/**
 * Calls of a storage that always have an outcome. What a storage throws instead of telling it is told, also what
 * Reactor takes for the end of the process and throws on (an {@link OutOfMemoryError}, a {@link LinkageError}): else
 * the session would wait for ever, and a stop for the session.
 */
public final class StorageCalls {
    private StorageCalls() {}

    /** What the call publishes, at most one. It is made at subscription; cancelling cancels it. */
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
