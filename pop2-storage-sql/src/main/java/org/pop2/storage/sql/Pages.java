package org.pop2.storage.sql;

import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A listing in pages by key: as many short statements as the subscriber asks for, and no long one. */
final class Pages {
    static final int SIZE = 500;

    private Pages() {}

    /** @param after the page that follows an element, or the first one for null */
    static <T> Flux<T> of(Function<@Nullable T, Mono<List<T>>> after) {
        return Mono.defer(() -> after.apply(null))
                .expand(page -> page.size() < SIZE ? Mono.empty() : after.apply(page.get(page.size() - 1)))
                .concatMapIterable(page -> page, 1);
    }
}
