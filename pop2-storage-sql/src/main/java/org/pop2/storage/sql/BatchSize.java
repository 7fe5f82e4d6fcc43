package org.pop2.storage.sql;

import java.time.Duration;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Adapts how many rows a statement touches, so that it ends well before its time limit even on a cold disk, where each
 * row is a separate read. Starts small, grows while statements are quick, and shrinks when the server cancels one. For
 * sequential statements of one piece of work.
 */
final class BatchSize {
    private static final int FIRST = 500;
    private static final int MOST = 5_000;
    private static final int STEP = 4;
    private static final Duration QUICK = Duration.ofMillis(250);

    private int rows = FIRST;
    private int most = MOST;

    int rows() {
        return rows;
    }

    /** A statement over at most that many rows; how long it takes decides about the next one. */
    <T> Mono<T> timed(Mono<T> statement) {
        return Mono.defer(() -> {
            long start = System.nanoTime();
            return statement.doOnNext(answer -> {
                if (System.nanoTime() - start < QUICK.toNanos()) {
                    rows = Math.min(most, rows * STEP);
                }
            });
        });
    }

    /** A statement over some of many rows, given by their indices. */
    interface Part<T> {
        Mono<T> over(int from, int end);
    }

    /** The answers of the statements, one after the other, that together go over so many rows: at least one. */
    <T> Flux<T> overAll(int all, Part<T> part) {
        return over(0, all, part)
                .expand(done -> done.end == all ? Mono.empty() : over(done.end, all, part))
                .map(Done::answer);
    }

    private record Done<T>(int end, T answer) {}

    private <T> Mono<Done<T>> over(int from, int all, Part<T> part) {
        int end = Math.min(all, from + rows);
        return timed(part.over(from, end)).map(answer -> new Done<>(end, answer));
    }

    /** Runs the work again, with smaller batches, as often as the server gives up a statement of it for its length. */
    <T> Mono<T> orSmaller(Mono<T> work) {
        return work.onErrorResume(error -> PostgresErrors.isOverTime(error) && rows > 1, error -> {
            rows = Math.max(1, rows / (STEP * STEP));
            // it must not grow into the same wall again
            most = rows;
            return Mono.defer(() -> orSmaller(work));
        });
    }
}
