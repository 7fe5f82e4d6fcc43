package org.pop2.net;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Stops a server: once, and completely whatever goes wrong on the way. */
public final class Stop {
    private final AtomicBoolean begun = new AtomicBoolean();
    private final Sinks.Empty<Void> ended = Sinks.empty();

    /** Works at the first subscription and cannot be cancelled; further ones await the same end. */
    public Mono<Void> by(Mono<Void> steps) {
        return Mono.defer(() -> {
            if (begun.compareAndSet(false, true)) {
                steps.subscribe(nothing -> {}, error -> {}, ended::tryEmitEmpty);
            }
            return ended.asMono();
        });
    }

    public boolean hasBegun() {
        return begun.get();
    }

    /** Completes when all is done. */
    public Mono<Void> ended() {
        return ended.asMono();
    }

    /** Runs steps one after the other, each regardless of errors before. Works at subscription; never fails. */
    public static Mono<Void> inOrder(Consumer<Throwable> failed, List<Mono<Void>> steps) {
        return Flux.fromIterable(steps)
                .concatMap(step -> StorageCalls.of(() -> step).onErrorResume(error -> {
                    failed.accept(error);
                    return Mono.empty();
                }))
                .then();
    }
}
