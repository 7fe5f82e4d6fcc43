package org.pop2.management;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.MailStore;
import org.pop2.storage.Usage;
import org.pop2.storage.UserName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * How much mail users have. As a storage may have to look at every mailbox for that, it is counted only when somebody
 * looks, one user after the other, for at most a minute, and in at most a twentieth of the time. Safe for many threads.
 */
final class MailboxSizes implements Disposable {
    private static final Logger LOG = LoggerFactory.getLogger(MailboxSizes.class);

    /** Most users that are listed. */
    static final int MOST_SHOWN = 20;

    /** Most users that are counted. */
    static final int MOST_USERS = 10_000;

    static final Duration LIMIT = Duration.ofMinutes(1);

    /** Pause between two counts. */
    static final Duration DISTANCE = Duration.ofMinutes(5);

    private static final int REST = 19;

    /** The usage of a user. */
    record Entry(UserName user, Usage usage) {}

    /**
     * The result of a count.
     *
     * @param at when it finished
     * @param users who were counted
     * @param failed those of them whose mail could not be counted
     * @param complete whether all users were counted
     * @param messages of all counted users
     * @param octets of these, as they go over the wire
     * @param largest the users with most octets, largest first
     */
    record Count(
            Instant at, int users, int failed, boolean complete, long messages, long octets, List<Entry> largest) {}

    private final MailStore store;
    private final Scheduler timer;
    private Optional<Count> latest = Optional.empty();
    private boolean counting;
    private long notBefore = Long.MIN_VALUE;
    private final Disposable.Swap work = Disposables.swap();

    MailboxSizes(MailStore store, Scheduler timer) {
        this.store = store;
        this.timer = timer;
    }

    /** The latest complete count, if there is one. Starts another when due; never waits. */
    Optional<Count> latest() {
        long now = timer.now(TimeUnit.MILLISECONDS);
        Optional<Count> known;
        boolean begins;
        synchronized (this) {
            known = latest;
            begins = !counting && now >= notBefore && !work.isDisposed();
            counting |= begins;
        }
        if (begins) {
            work.update(count(now).subscribe(nothing -> {}, error -> unknown(error)));
        }
        return known;
    }

    private Mono<Void> count(long began) {
        Tally tally = new Tally();
        return Flux.defer(() -> store.accounts().list())
                .doOnComplete(() -> tally.listed = true)
                .take(MOST_USERS)
                .concatMap(account -> usage(account.user()))
                .doOnComplete(() -> tally.counted = true)
                .takeUntilOther(Mono.delay(LIMIT, timer))
                .doOnNext(tally::add)
                .then()
                .doOnSuccess(nothing -> ended(began, tally))
                .onErrorResume(error -> {
                    unknown(error);
                    ended(began, null);
                    return Mono.empty();
                });
    }

    private static void unknown(Throwable error) {
        LOG.atWarn().addKeyValue("error", error.toString()).log("mailbox-sizes-unknown");
    }

    private record Counted(UserName user, Optional<Usage> usage) {}

    private Mono<Counted> usage(UserName user) {
        return Mono.defer(() -> Mono.from(store.usage(user)))
                .map(usage -> new Counted(user, Optional.of(usage)))
                .onErrorResume(error -> {
                    LOG.atDebug()
                            .addKeyValue("user", user)
                            .addKeyValue("error", error.toString())
                            .log("mailbox-size-unknown");
                    return Mono.just(new Counted(user, Optional.empty()));
                });
    }

    private synchronized void ended(long began, @Nullable Tally tally) {
        long now = timer.now(TimeUnit.MILLISECONDS);
        notBefore = now + Math.max(DISTANCE.toMillis(), REST * (now - began));
        counting = false;
        if (tally != null) {
            latest = Optional.of(tally.count(Instant.ofEpochMilli(now)));
        }
    }

    /** Stops counting. */
    @Override
    public void dispose() {
        work.dispose();
    }

    @Override
    public boolean isDisposed() {
        return work.isDisposed();
    }

    /** A count in progress. Updated sequentially and read at the end. */
    private static final class Tally {
        private static final Comparator<Entry> BY_SIZE = Comparator.<Entry>comparingLong(
                        entry -> entry.usage().octets())
                .thenComparing(entry -> entry.user().value(), Comparator.reverseOrder());

        private final PriorityQueue<Entry> largest = new PriorityQueue<>(BY_SIZE);
        private int users;
        private int failed;
        private long messages;
        private long octets;
        private volatile boolean listed;
        private volatile boolean counted;

        private void add(Counted one) {
            users++;
            if (one.usage().isEmpty()) {
                failed++;
                return;
            }
            Usage usage = one.usage().get();
            messages += usage.messages();
            octets += usage.octets();
            largest.add(new Entry(one.user(), usage));
            if (largest.size() > MOST_SHOWN) {
                largest.remove();
            }
        }

        private Count count(Instant at) {
            List<Entry> sorted = new ArrayList<>(largest);
            sorted.sort(BY_SIZE.reversed());
            return new Count(at, users, failed, listed && counted, messages, octets, List.copyOf(sorted));
        }
    }
}
