package org.pop2.management;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.pop2.storage.Account;
import org.pop2.storage.Accounts;
import org.pop2.storage.Quota;
import org.pop2.storage.StoreException;
import org.pop2.storage.Usage;
import org.pop2.storage.UserName;
import org.pop2.storage.memory.MemoryMailStore;
import org.pop2.storage.tck.broken.ForwardingAccounts;
import org.pop2.storage.tck.broken.ForwardingStore;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

/** How often, how long and of how many users mail is counted. */
class MailboxSizesTest {
    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final Store store = new Store();
    private final MailboxSizes sizes = new MailboxSizes(store, time);

    /** So many users, who are asked about one by one. */
    private static final class Store extends ForwardingStore {
        private final AtomicInteger users = new AtomicInteger();
        private final AtomicInteger lists = new AtomicInteger();
        private final AtomicInteger now = new AtomicInteger();
        private final AtomicInteger mostAtATime = new AtomicInteger();
        private final AtomicBoolean down = new AtomicBoolean();
        private Function<Integer, Mono<Long>> octets = number -> Mono.just((long) number);

        Store() {
            super(MemoryMailStore.create());
        }

        @Override
        public Accounts accounts() {
            return new ForwardingAccounts(super.accounts()) {
                @Override
                public Publisher<Account> list() {
                    return Store.this.list();
                }
            };
        }

        private Flux<Account> list() {
            return Flux.defer(() -> {
                lists.incrementAndGet();
                return down.get()
                        ? Flux.error(new StoreException(StoreException.Reason.UNAVAILABLE, "the disk is gone"))
                        : Flux.range(1, users.get())
                                .map(number -> new Account(new UserName("user" + number), "{PLAIN}x", true));
            });
        }

        @Override
        public Publisher<Usage> usage(UserName user) {
            return Mono.defer(() -> octets.apply(Integer.parseInt(user.value().substring(4))))
                    .doOnSubscribe(asked -> mostAtATime.accumulateAndGet(now.incrementAndGet(), Math::max))
                    .doOnTerminate(now::decrementAndGet)
                    .doOnCancel(now::decrementAndGet)
                    .map(octets -> new Usage(1, octets, Quota.UNLIMITED));
        }
    }

    @AfterEach
    void stop() {
        sizes.dispose();
        time.dispose();
    }

    private MailboxSizes.Count counted() {
        return sizes.latest().orElseThrow();
    }

    @Test
    void theLargestOfTenThousandAreToldAndTheOthersSummedUp() {
        store.users.set(12_000);
        assertThat(sizes.latest()).isEmpty();
        MailboxSizes.Count count = counted();
        assertThat(count.users()).isEqualTo(MailboxSizes.MOST_USERS);
        assertThat(count.complete()).isFalse();
        assertThat(count.messages()).isEqualTo(10_000);
        assertThat(count.octets()).isEqualTo(10_000L * 10_001 / 2);
        assertThat(count.largest()).hasSize(MailboxSizes.MOST_SHOWN);
        assertThat(count.largest().get(0).user()).isEqualTo(new UserName("user10000"));
        assertThat(count.largest().get(19).user()).isEqualTo(new UserName("user9981"));
        assertThat(store.mostAtATime).hasValue(1);
    }

    @Test
    void whoLooksOftenDoesNotMakeTheStorageWork() {
        store.users.set(3);
        for (int i = 0; i < 100; i++) {
            sizes.latest();
        }
        assertThat(store.lists).hasValue(1);
        assertThat(counted().complete()).isTrue();
        time.advanceTimeBy(MailboxSizes.DISTANCE.minusMillis(1));
        store.users.set(4);
        assertThat(counted().users()).isEqualTo(3);
        assertThat(store.lists).hasValue(1);
        time.advanceTimeBy(Duration.ofMillis(1));
        sizes.latest();
        assertThat(counted().users()).isEqualTo(4);
        assertThat(store.lists).hasValue(2);
        // nobody looks
        time.advanceTimeBy(Duration.ofHours(9));
        assertThat(store.lists).hasValue(2);
    }

    @Test
    void aSlowStorageIsAskedForAMinuteAndThenLeftInPeace() {
        store.users.set(1000);
        store.octets = number -> Mono.delay(Duration.ofSeconds(1), time).thenReturn((long) number);
        sizes.latest();
        time.advanceTimeBy(Duration.ofSeconds(30));
        assertThat(sizes.latest()).isEqualTo(Optional.empty());
        time.advanceTimeBy(Duration.ofSeconds(31));
        assertThat(counted().users()).isBetween(58, 60);
        assertThat(counted().complete()).isFalse();
        assertThat(store.now).hasValue(0);
        time.advanceTimeBy(Duration.ofMinutes(18));
        sizes.latest();
        assertThat(store.lists).hasValue(1);
        time.advanceTimeBy(Duration.ofMinutes(1));
        sizes.latest();
        assertThat(store.lists).hasValue(2);
    }

    @Test
    void aMailboxThatCannotBeCountedIsOneOfMany() {
        store.users.set(3);
        store.octets = number -> number == 2
                ? Mono.error(new StoreException(StoreException.Reason.CORRUPT, "no mbox"))
                : Mono.just((long) number);
        sizes.latest();
        assertThat(counted().failed()).isEqualTo(1);
        assertThat(counted().octets()).isEqualTo(4);
        assertThat(counted().largest()).hasSize(2);
    }

    @Test
    void aStorageThatFailsLeavesWhatIsKnown() {
        store.users.set(3);
        sizes.latest();
        store.down.set(true);
        time.advanceTimeBy(MailboxSizes.DISTANCE);
        sizes.latest();
        assertThat(store.lists).hasValue(2);
        assertThat(counted().users()).isEqualTo(3);
        assertThat(store.lists).hasValue(2);
    }
}
