package org.pop2.net;

import java.util.List;
import java.util.function.Consumer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The steps of a stop: each is done, whatever came of those before, so that a stop always comes to its end. */
public final class StopSteps {
    private StopSteps() {}

    /** Works at subscription; never fails. */
    public static Mono<Void> inOrder(Consumer<Throwable> failed, List<Mono<Void>> steps) {
        return Flux.fromIterable(steps)
                .concatMap(step -> StorageCalls.of(() -> step).onErrorResume(error -> {
                    failed.accept(error);
                    return Mono.empty();
                }))
                .then();
    }
}
