package org.pop2.storage.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.Mailbox;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

@Timeout(60)
class OpeningTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** Counts how often it was released. */
    private static final class Held implements Mailbox {
        private final AtomicInteger releases = new AtomicInteger();

        @Override
        public int count() {
            return 0;
        }

        @Override
        public long octets(int number) {
            throw new IndexOutOfBoundsException(number);
        }

        @Override
        public boolean writable() {
            return false;
        }

        @Override
        public Publisher<ContentBuffer> content(int number) {
            return Flux.empty();
        }

        @Override
        public Publisher<Void> release(BitSet deleted) {
            assertThat(deleted.isEmpty()).isTrue();
            return Mono.fromRunnable(releases::incrementAndGet);
        }

        @Override
        public void active() {}

        @Override
        public Publisher<Void> lost() {
            return Mono.never();
        }
    }

    private final Held mailbox = new Held();
    private final List<Opening.Outcome> begun = new ArrayList<>();
    private final Opening opening = new Opening(begun::add);

    @Test
    void nothingIsOpenedUntilItIsAskedFor() {
        StepVerifier.create(opening, 0)
                .then(() -> assertThat(begun).isEmpty())
                .thenRequest(1)
                .then(() -> assertThat(begun).hasSize(1))
                .thenRequest(5)
                .then(() -> begun.get(0).opened(mailbox))
                .expectNext(mailbox)
                .expectComplete()
                .verify(PATIENCE);
        assertThat(begun).hasSize(1);
        assertThat(mailbox.releases).hasValue(0);
    }

    @Test
    void eachSubscriptionIsAnOpeningOfItsOwn() {
        Opening each = new Opening(outcome -> outcome.opened(new Held()));
        Mailbox first = Mono.from(each).block(PATIENCE);
        assertThat(Mono.from(each).block(PATIENCE)).isNotNull().isNotSameAs(first);
    }

    @Test
    void mailboxOfASubscriberThatHasGoneIsReleased() {
        Flux.from(opening).subscribe().dispose();
        Opening.Outcome outcome = begun.get(0);
        assertThat(outcome.isCancelled()).isTrue();
        outcome.opened(mailbox);
        assertThat(mailbox.releases).hasValue(1);
    }

    @Test
    void mailboxIsTheSubscribersOnceItWasGiven() {
        StepVerifier.create(opening)
                .then(() -> assertThat(begun.get(0).isCancelled()).isFalse())
                .then(() -> begun.get(0).opened(mailbox))
                .expectNext(mailbox)
                .thenCancel()
                .verify(PATIENCE);
        assertThat(mailbox.releases).hasValue(0);
    }

    @Test
    void whoCancelsBeforeAskingHasNothingOpened() {
        StepVerifier.create(opening, 0).thenCancel().verify(PATIENCE);
        assertThat(begun).isEmpty();
    }

    @Test
    void failureComesOutAsItIsAndWhatIsNoStoreExceptionBecomesOne() {
        StoreException busy = new StoreException(Reason.BUSY, "held by another session");
        StepVerifier.create(new Opening(outcome -> outcome.failed(busy)))
                .expectErrorSatisfies(error -> assertThat(error).isSameAs(busy))
                .verify(PATIENCE);
        IllegalStateException bug = new IllegalStateException("a bug");
        StepVerifier.create(new Opening(outcome -> outcome.failed(bug)))
                .expectErrorSatisfies(OpeningTest::isTold)
                .verify(PATIENCE);
    }

    private static void isTold(Throwable error) {
        assertThat(error)
                .isInstanceOfSatisfying(
                        StoreException.class, told -> assertThat(told.reason()).isEqualTo(Reason.UNAVAILABLE))
                .hasMessageContaining("a bug")
                .hasCauseInstanceOf(IllegalStateException.class);
    }

    @Test
    void whatBeginningThrowsComesOutOfThePublisher() {
        StepVerifier.create(new Opening(outcome -> {
                    throw new IllegalStateException("a bug");
                }))
                .expectErrorSatisfies(OpeningTest::isTold)
                .verify(PATIENCE);
    }

    @Test
    void nobodyWhoHasGoneIsTold() {
        List<Throwable> told = new ArrayList<>();
        Flux.from(new Opening(outcome -> {
                    begun.add(outcome);
                    outcome.opened(mailbox);
                }))
                .subscribe(given -> {}, told::add);
        begun.get(0).failed(new StoreException(Reason.BUSY, "held by another session"));
        assertThat(told).isEmpty();
    }

    @Test
    void demandThatIsNotPositiveEndsItAndTheMailboxThatComesIsReleased() {
        List<Throwable> told = new ArrayList<>();
        opening.subscribe(new Subscriber<>() {
            @Override
            public void onSubscribe(Subscription subscription) {
                subscription.request(1);
                subscription.request(0);
            }

            @Override
            public void onNext(Mailbox given) {
                throw new AssertionError("given after an error");
            }

            @Override
            public void onError(Throwable error) {
                told.add(error);
            }

            @Override
            public void onComplete() {
                throw new AssertionError("completed after an error");
            }
        });
        begun.get(0).opened(mailbox);
        assertThat(told).singleElement().isInstanceOf(StoreException.class);
        assertThat(mailbox.releases).hasValue(1);
    }

    @Test
    void mailboxIsEitherGivenOrReleasedHoweverTheCancellationFalls() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            for (int round = 0; round < 2_000; round++) {
                Held held = new Held();
                List<Opening.Outcome> outcomes = new ArrayList<>();
                AtomicInteger given = new AtomicInteger();
                CyclicBarrier both = new CyclicBarrier(2);
                Opening raced = new Opening(outcomes::add);
                Subscription[] subscription = new Subscription[1];
                raced.subscribe(new Subscriber<>() {
                    @Override
                    public void onSubscribe(Subscription its) {
                        subscription[0] = its;
                        its.request(1);
                    }

                    @Override
                    public void onNext(Mailbox mine) {
                        given.incrementAndGet();
                    }

                    @Override
                    public void onError(Throwable error) {
                        throw new AssertionError(error);
                    }

                    @Override
                    public void onComplete() {}
                });
                Future<?> opens = threads.submit(() -> {
                    both.await();
                    outcomes.get(0).opened(held);
                    return null;
                });
                Future<?> cancels = threads.submit(() -> {
                    both.await();
                    subscription[0].cancel();
                    return null;
                });
                opens.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
                cancels.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
                assertThat(given.get() + held.releases.get()).isEqualTo(1);
            }
        } finally {
            threads.shutdownNow();
        }
    }
}
