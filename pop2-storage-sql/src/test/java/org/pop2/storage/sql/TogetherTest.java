package org.pop2.storage.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

/** Questions that go to the database together. */
class TogetherTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final List<List<Integer>> statements = new ArrayList<>();
    private final List<Sinks.One<List<String>>> answers = new ArrayList<>();
    private final Together<Integer, String> together = new Together<>(this::statement);

    private Mono<List<String>> statement(List<Integer> questions) {
        statements.add(questions);
        Sinks.One<List<String>> answer = Sinks.one();
        answers.add(answer);
        return answer.asMono();
    }

    private List<String> ask(int... questions) {
        List<String> heard = new ArrayList<>();
        for (int question : questions) {
            together.ask(question)
                    .subscribe(
                            answer -> heard.add(question + answer), error -> heard.add(question + error.getMessage()));
        }
        return heard;
    }

    @Test
    void oneAloneIsAskedAtOnce() {
        List<String> heard = ask(1);
        assertThat(statements).containsExactly(List.of(1));
        answers.get(0).tryEmitValue(List.of("a"));
        assertThat(heard).containsExactly("1a");
    }

    @Test
    void whileTwoStatementsAreUnderWayTheOthersGather() {
        List<String> heard = ask(1, 2, 3, 4, 5);
        assertThat(statements).containsExactly(List.of(1), List.of(2));
        answers.get(1).tryEmitValue(List.of("b"));
        assertThat(statements).containsExactly(List.of(1), List.of(2), List.of(3, 4, 5));
        answers.get(2).tryEmitValue(List.of("c", "d", "e"));
        answers.get(0).tryEmitValue(List.of("a"));
        assertThat(heard).containsExactly("2b", "3c", "4d", "5e", "1a");
        assertThat(statements).hasSize(3);
    }

    @Test
    void failureIsThatOfItsStatementAndTheNextOneIsSent() {
        List<String> heard = ask(1, 2, 3, 4);
        answers.get(0).tryEmitError(new StoreException(Reason.UNAVAILABLE, " lost"));
        assertThat(statements.get(2)).containsExactly(3, 4);
        answers.get(2).tryEmitError(new StoreException(Reason.UNAVAILABLE, " lost too"));
        answers.get(1).tryEmitValue(List.of("b"));
        assertThat(heard).containsExactly("1 lost", "3 lost too", "4 lost too", "2b");
        assertThat(ask(5)).isEmpty();
        assertThat(statements.get(3)).containsExactly(5);
    }

    @Test
    void answersThatAreNotOneForEachAreAnErrorOfAll() {
        List<String> heard = ask(1, 2, 3, 4);
        answers.get(0).tryEmitValue(List.of("a"));
        answers.get(2).tryEmitValue(List.of("c"));
        assertThat(heard).containsExactly("1a", "31 answers to 2", "41 answers to 2");
    }

    @Test
    void whoNoLongerWaitsIsAnsweredAllTheSame() {
        AtomicInteger answered = new AtomicInteger();
        Together<Integer, Integer> counting =
                new Together<>(questions -> Mono.delay(Duration.ofMillis(20)).map(late -> {
                    answered.addAndGet(questions.size());
                    return questions;
                }));
        for (int i = 0; i < 10; i++) {
            counting.ask(i).subscribe().dispose();
        }
        StepVerifier.create(counting.ask(10)).expectNext(10).expectComplete().verify(PATIENCE);
        // an earlier statement may be answered later
        await().atMost(PATIENCE).until(() -> answered.get() == 11);
    }

    @Test
    void noneIsForgottenWhenManyThreadsAskAtATime() {
        AtomicInteger sent = new AtomicInteger();
        Together<Integer, Integer> busy = new Together<>(questions -> {
            sent.incrementAndGet();
            return Mono.just(questions).publishOn(Schedulers.parallel());
        });
        int questions = 100_000;
        Long right = Flux.range(0, questions)
                .flatMap(
                        n -> busy.ask(n)
                                .subscribeOn(Schedulers.boundedElastic())
                                .filter(answer -> answer.equals(n)),
                        256)
                .count()
                .block(PATIENCE);
        assertThat(right).isEqualTo(questions);
        assertThat(sent.get()).isLessThanOrEqualTo(questions);
    }
}
