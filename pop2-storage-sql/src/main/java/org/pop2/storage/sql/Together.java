package org.pop2.storage.sql;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Questions of many sessions that the database answers in one statement. One that finds nothing under way is asked at
 * once; while some are under way, the others gather, and go together when an answer comes. So a session alone waits for
 * nobody, and a thousand at a time need not a thousand statements.
 *
 * <p>Once asked, a question is answered, whoever waits for it. Where a statement fails, all its questions fail.
 *
 * @param <Q> a question; it must not be able to make the statement fail by what it says
 * @param <A> its answer
 */
final class Together<Q, A> {
    /** Asked in one statement at most. */
    private static final int BATCH = 64;
    /** Statements at a time: while one is at the database, the next is got ready. */
    private static final int UNDER_WAY = 2;

    private static final int MOST_WAITING = 65_536;

    private final Function<List<Q>, Mono<List<A>>> statement;
    private final Queue<Asked<Q, A>> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waitingCount = new AtomicInteger();
    private final AtomicInteger underWay = new AtomicInteger();

    /** @param statement answers questions in their order, one for each */
    Together(Function<List<Q>, Mono<List<A>>> statement) {
        this.statement = statement;
    }

    private record Asked<Q, A>(Q question, Sinks.One<A> answer) {}

    /** Asks at each subscription; fails as busy when too many wait. */
    Mono<A> ask(Q question) {
        return Mono.defer(() -> {
            if (waitingCount.incrementAndGet() > MOST_WAITING) {
                waitingCount.decrementAndGet();
                return Mono.error(new StoreException(Reason.BUSY, "too many wait for the database"));
            }
            Asked<Q, A> asked = new Asked<>(question, Sinks.one());
            waiting.add(asked);
            next();
            return asked.answer.asMono();
        });
    }

    private void next() {
        while (!waiting.isEmpty()) {
            if (underWay.incrementAndGet() > UNDER_WAY) {
                underWay.decrementAndGet();
                // the one that ends looks again, unless it ended just now
                if (underWay.get() >= UNDER_WAY) {
                    return;
                }
                continue;
            }
            List<Asked<Q, A>> batch = new ArrayList<>();
            while (batch.size() < BATCH) {
                Asked<Q, A> asked = waiting.poll();
                if (asked == null) {
                    break;
                }
                waitingCount.decrementAndGet();
                batch.add(asked);
            }
            if (batch.isEmpty()) {
                underWay.decrementAndGet();
            } else {
                send(batch);
            }
        }
    }

    private void send(List<Asked<Q, A>> batch) {
        List<Q> questions = batch.stream().map(Asked::question).toList();
        Mono.defer(() -> statement.apply(questions))
                .map(answers -> {
                    if (answers.size() != questions.size()) {
                        throw new IllegalStateException(answers.size() + " answers to " + questions.size());
                    }
                    return answers;
                })
                .switchIfEmpty(Mono.error(() -> new IllegalStateException("no answer")))
                .doFinally(end -> {
                    underWay.decrementAndGet();
                    next();
                })
                .subscribe(
                        answers -> {
                            for (int i = 0; i < batch.size(); i++) {
                                batch.get(i).answer.tryEmitValue(answers.get(i));
                            }
                        },
                        error -> batch.forEach(asked -> asked.answer.tryEmitError(error)));
    }
}
