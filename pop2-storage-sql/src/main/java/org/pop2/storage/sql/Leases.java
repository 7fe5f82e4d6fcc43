package org.pop2.storage.sql;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Parameters;
import io.r2dbc.spi.Readable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.sql.Database.Repeat;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The leases of this node: got, renewed, reported on, lost and given back. The package's page tells the design. */
final class Leases {
    private static final Logger LOG = LoggerFactory.getLogger(Leases.class);

    /** Leases renewed, and news read, by one statement. */
    private static final int BATCH = 1000;

    /** How often a waiting newcomer looks again. */
    private static final Duration LOOK_AGAIN = Duration.ofMillis(200);

    private static final Duration LONGEST_TICK = Duration.ofMillis(500);
    private static final Duration LONGEST_MARGIN = Duration.ofSeconds(10);

    private final Database database;
    private final HoldPolicy policy;
    private final Duration ttl;
    private final Optional<String> nodeName;
    private final UUID node = UUID.randomUUID();
    private final Map<UUID, Holding> held = new ConcurrentHashMap<>();
    /** Sessions that have ended, and may still have their lease at the database. */
    private final Map<UUID, Abandoned> abandoned = new ConcurrentHashMap<>();
    /** Whether the database has not let us renew since it was last said. */
    private final AtomicBoolean failing = new AtomicBoolean();

    private final Disposable.Composite timers = Disposables.composite();
    private final Together<Wanted, Taken> taking = new Together<>(this::takeFree);
    private final Together<Holding, Boolean> givingBack = new Together<>(this::giveBack);

    Leases(Database database, HoldPolicy policy, Duration ttl, Optional<String> nodeName) {
        this.database = database;
        this.policy = policy;
        this.ttl = ttl;
        this.nodeName = nodeName;
    }

    /** Frees what an earlier run of this node left, and starts to renew. */
    Mono<Void> start() {
        Mono<Void> adopt = nodeName.map(name -> database.run(
                                "start", Repeat.ALWAYS, c -> database.changed(c, Sql.FREE_EARLIER_RUNS, name, node))
                        .then())
                .orElse(Mono.empty());
        return adopt.then(Mono.fromRunnable(() -> {
            Duration tick = shorter(LONGEST_TICK, ttl.dividedBy(12));
            // apart, as the first must not wait for the database
            timers.add(Flux.interval(tick).onBackpressureDrop().subscribe(n -> giveUpUnconfirmed()));
            timers.add(Flux.interval(tick)
                    .onBackpressureDrop()
                    .concatMap(
                            n -> renew().then(readNews())
                                    .then(freeAbandoned())
                                    .then(Mono.<Void>fromRunnable(this::works))
                                    .onErrorResume(this::later),
                            0)
                    .subscribe());
        }));
    }

    /**
     * A lease.
     *
     * @param first the first messages, up to {@link Sql#LISTED}, if they came with it
     */
    record Acquired(Holding holding, Optional<List<Snapshot.Row>> first) {}

    /**
     * The lease of a mailbox; empty if there is no such mailbox. Fails as busy if the holder keeps it for too long.
     *
     * @param cancelled whether nobody wants it any more: then it stops waiting
     */
    Mono<Acquired> acquire(UUID mailboxId, BooleanSupplier cancelled) {
        return Mono.defer(() -> attempt(
                mailboxId,
                UUID.randomUUID(),
                System.nanoTime() + policy.busyWait().toNanos(),
                cancelled));
    }

    private Mono<Acquired> attempt(UUID mailboxId, UUID session, long deadline, BooleanSupplier cancelled) {
        if (cancelled.getAsBoolean()) {
            return Mono.error(busy());
        }
        Mono<Acquired> again = Mono.defer(() -> attempt(mailboxId, session, deadline, cancelled));
        Duration left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
        Holding local = held.get(mailboxId);
        if (local != null && (local.isReleasing() || local.silence().compareTo(policy.takeoverAfter()) < 0)) {
            if (left.isZero()) {
                return Mono.error(busy());
            }
            Duration untilSilent = policy.takeoverAfter().minus(local.silence());
            Duration pause = local.isReleasing() || untilSilent.isNegative() ? left : shorter(left, untilSilent);
            return Mono.firstWithSignal(local.whenEnded(), Mono.delay(pause).then())
                    .then(again);
        }
        return take(mailboxId, session, local).flatMap(taken -> {
            if (taken.holding != null) {
                return Mono.just(new Acquired(taken.holding, taken.first));
            }
            return taken.exists ? afterRefusal(mailboxId, left, again) : Mono.empty();
        });
    }

    private record Wanted(UUID mailboxId, UUID session) {}

    /**
     * @param exists whether there is such a mailbox
     * @param first its first messages, if they are known
     */
    private record Taken(@Nullable Holding holding, boolean exists, Optional<List<Snapshot.Row>> first) {
        static Taken not(boolean exists) {
            return new Taken(null, exists, Optional.empty());
        }
    }

    private Mono<Taken> take(UUID mailboxId, UUID session, @Nullable Holding local) {
        if (local != null) {
            return takeAlone(mailboxId, session, local);
        }
        // most leases are free; what could not be had this way is looked at by itself
        return taking.ask(new Wanted(mailboxId, session))
                .flatMap(taken ->
                        taken.holding == null && taken.exists ? takeAlone(mailboxId, session, null) : Mono.just(taken));
    }

    private Mono<List<Taken>> takeFree(List<Wanted> wanted) {
        UUID[] mailboxes = wanted.stream().map(Wanted::mailboxId).toArray(UUID[]::new);
        UUID[] sessions = wanted.stream().map(Wanted::session).toArray(UUID[]::new);
        return Mono.defer(() -> {
            long sentAt = System.nanoTime();
            return database.run(
                            "open",
                            Repeat.ALWAYS,
                            connection -> database.rows(
                                    connection,
                                    Sql.ACQUIRE_MANY,
                                    Answer::of,
                                    mailboxes,
                                    sessions,
                                    node,
                                    nodeName.<Object>map(name -> name).orElse(Parameters.in(String.class)),
                                    (double) ttl.toMillis(),
                                    (double) policy.takeoverAfter().toMillis()))
                    .map(answers -> taken(wanted, answers, sentAt))
                    // it may have got them all the same
                    .doOnError(error -> wanted.forEach(one -> abandon(one.mailboxId, one.session)));
        });
    }

    /** A row of the answer to {@link Sql#ACQUIRE_MANY}. */
    private record Answer(
            int number, @Nullable Long epoch, boolean exists, boolean listed, Snapshot.@Nullable Row message) {
        static Answer of(Readable row) {
            return new Answer(
                    Rows.get(row, 0, Long.class).intValue(),
                    row.get(1, Long.class),
                    Rows.get(row, 2, Boolean.class),
                    Rows.get(row, 3, Boolean.class),
                    row.get(4) == null ? null : Snapshot.Row.at(row, 4));
        }
    }

    private List<Taken> taken(List<Wanted> wanted, List<Answer> answers, long sentAt) {
        List<Taken> all = new ArrayList<>(wanted.size());
        int at = 0;
        for (int i = 0; i < wanted.size(); i++) {
            Answer answer = answers.get(at);
            List<Snapshot.Row> messages = new ArrayList<>();
            while (at < answers.size() && answers.get(at).number == i + 1) {
                Snapshot.Row message = answers.get(at).message;
                if (message != null) {
                    messages.add(message);
                }
                at++;
            }
            if (answer.epoch == null) {
                all.add(Taken.not(answer.exists));
            } else {
                Holding holding = new Holding(wanted.get(i).mailboxId, wanted.get(i).session, answer.epoch, sentAt);
                register(holding);
                all.add(new Taken(holding, true, answer.listed ? Optional.of(messages) : Optional.empty()));
            }
        }
        return all;
    }

    private Mono<Taken> takeAlone(UUID mailboxId, UUID session, @Nullable Holding local) {
        return Mono.defer(() -> {
            long sentAt = System.nanoTime();
            return database.run(
                            "open",
                            Repeat.ALWAYS,
                            connection -> database.rows(
                                            connection,
                                            Sql.ACQUIRE,
                                            row -> taken(row, mailboxId, session, sentAt),
                                            mailboxId,
                                            session,
                                            node,
                                            nodeName.<Object>map(name -> name).orElse(Parameters.in(String.class)),
                                            (double) ttl.toMillis(),
                                            local == null ? Parameters.in(UUID.class) : local.session,
                                            (double) policy.takeoverAfter().toMillis())
                                    .map(rows -> rows.get(0))
                                    .onErrorResume(PostgresErrors::isLocked, e -> Mono.just(Taken.not(true))))
                    .doOnNext(taken -> {
                        if (taken.holding != null) {
                            register(taken.holding);
                        }
                    })
                    // it may have got the lease all the same
                    .doOnError(error -> abandon(mailboxId, session));
        });
    }

    private static Taken taken(Readable row, UUID mailboxId, UUID session, long sentAt) {
        Long epoch = row.get(0, Long.class);
        return epoch == null
                ? Taken.not(Rows.get(row, 1, Boolean.class))
                : new Taken(new Holding(mailboxId, session, epoch, sentAt), true, Optional.empty());
    }

    /** The statements of two sessions may end in another order than they were carried out: the later epoch has it. */
    private void register(Holding taken) {
        held.merge(taken.mailboxId, taken, (one, other) -> {
            Holding later = one.epoch > other.epoch ? one : other;
            Holding earlier = later == one ? other : one;
            earlier.lose();
            return later;
        });
    }

    private Mono<Acquired> afterRefusal(UUID mailboxId, Duration left, Mono<Acquired> again) {
        if (left.isZero()) {
            return Mono.error(busy());
        }
        return database.run(
                        "open",
                        Repeat.ALWAYS,
                        connection -> database.changed(connection, Sql.ASK_HOLDER, mailboxId)
                                .onErrorResume(PostgresErrors::isLocked, e -> Mono.just(1L)))
                .flatMap(asked -> {
                    // not all newcomers at the same instant
                    long pause = LOOK_AGAIN.toMillis() / 2
                            + ThreadLocalRandom.current().nextLong(LOOK_AGAIN.toMillis());
                    return Mono.delay(shorter(left, Duration.ofMillis(pause))).then(again);
                });
    }

    /** The hold is over and the row is somebody else's, or free: nothing to tell the database. */
    void forget(Holding holding) {
        held.remove(holding.mailboxId, holding);
        holding.end();
    }

    /** Ends a hold that deletes nothing; completes when the next one may have it, or nothing can be done just now. */
    Mono<Void> giveUp(Holding holding) {
        return ended(holding, givingBack.ask(holding));
    }

    private Mono<List<Boolean>> giveBack(List<Holding> holdings) {
        Long[] epochs = holdings.stream().map(holding -> holding.epoch).toArray(Long[]::new);
        return database.run(
                        "give up a mailbox",
                        Repeat.ALWAYS,
                        connection -> database.changed(
                                connection, Sql.FREE_MANY_UNUSED, ids(holdings), sessions(holdings), epochs))
                .map(freed -> Collections.nCopies(holdings.size(), true));
    }

    /** The same after an error: a database that is not there has been waited for already. */
    Mono<Void> giveUpAtOnce(Holding holding) {
        return ended(
                holding,
                database.run(
                        "give up a mailbox",
                        Repeat.IF_VICTIM,
                        connection -> database.changed(
                                connection, Sql.FREE_UNUSED, holding.mailboxId, holding.session, holding.epoch)));
    }

    private Mono<Void> ended(Holding holding, Mono<?> freeing) {
        return freeing.then()
                .onErrorResume(error -> {
                    LOG.atDebug()
                            .addKeyValue("mailbox", holding.mailboxId)
                            .addKeyValue("error", error.toString())
                            .log("lease-not-returned");
                    abandon(holding.mailboxId, holding.session);
                    return Mono.empty();
                })
                .then(Mono.fromRunnable(() -> forget(holding)));
    }

    private void abandon(UUID mailboxId, UUID session) {
        abandoned.put(session, new Abandoned(mailboxId, session, System.nanoTime()));
    }

    /**
     * Frees what could not be freed when its session ended, so that the user need not wait for the lease to run out. A
     * statement whose connection was lost may still be waiting for its turn at the database: so this goes on for as
     * long as that can take.
     */
    private Mono<Void> freeAbandoned() {
        return Flux.defer(() -> Flux.fromIterable(new ArrayList<>(abandoned.values())))
                .concatMap(
                        lease -> {
                            boolean last = lease.age().compareTo(database.limit()) > 0;
                            return database.run(
                                            "free a mailbox",
                                            Repeat.IF_VICTIM,
                                            connection -> database.changed(
                                                    connection, Sql.FREE, lease.mailboxId, lease.session))
                                    .doOnNext(freed -> {
                                        if (freed > 0 || last) {
                                            abandoned.remove(lease.session);
                                        }
                                    });
                        },
                        0)
                .then();
    }

    /** How many mailboxes this node holds. */
    int count() {
        return held.size();
    }

    /** Stops renewing, and gives back everything. */
    Mono<Void> close() {
        return Mono.defer(() -> {
            timers.dispose();
            List<UUID> all = new ArrayList<>(held.keySet());
            abandoned.values().forEach(lease -> all.add(lease.mailboxId));
            held.values().forEach(Holding::lose);
            held.clear();
            abandoned.clear();
            // a database that is not there is not waited for: they end by themselves
            return inBatches(
                    all,
                    batch -> database.run(
                                    "close",
                                    Repeat.IF_VICTIM,
                                    connection -> database.changed(
                                            connection, Sql.FREE_MANY, batch.toArray(new UUID[0]), node))
                            .then());
        });
    }

    /** By this node's clock alone: what may have ended at the database is no longer served. */
    private void giveUpUnconfirmed() {
        held.values().forEach(this::giveUpUnconfirmed);
    }

    private void giveUpUnconfirmed(Holding holding) {
        Duration margin = shorter(LONGEST_MARGIN, ttl.dividedBy(6));
        if (holding.unconfirmed().compareTo(ttl.minus(margin)) >= 0) {
            lose(holding, "its lease could not be renewed in time");
        }
    }

    /** Its client has spoken: perhaps to a process that was stopped for a while, and whose timers come only now. */
    void active(Holding holding) {
        giveUpUnconfirmed(holding);
        holding.active();
    }

    private void lose(Holding holding, String why) {
        if (holding.lose()) {
            held.remove(holding.mailboxId, holding);
            LOG.atInfo()
                    .addKeyValue("mailbox", holding.mailboxId)
                    .addKeyValue("reason", why)
                    .log("lease-lost");
        }
    }

    private Mono<Void> renew() {
        List<Holding> due = new ArrayList<>();
        for (Holding holding : held.values()) {
            if (holding.isHeld() && holding.unconfirmed().compareTo(ttl.dividedBy(3)) >= 0) {
                due.add(holding);
            }
        }
        return renew(due);
    }

    private Mono<Void> renew(List<Holding> due) {
        return inBatches(due, batch -> {
            long sentAt = System.nanoTime();
            return database.run("renew leases", Repeat.IF_VICTIM, connection -> renew(connection, batch, sentAt));
        });
    }

    private Mono<Void> renew(Connection connection, List<Holding> batch, long sentAt) {
        Map<UUID, Holding> missing = new HashMap<>();
        batch.forEach(holding -> missing.put(holding.mailboxId, holding));
        Long[] silences =
                batch.stream().map(holding -> holding.silence().toMillis()).toArray(Long[]::new);
        return database.rows(
                        connection,
                        Sql.RENEW,
                        row -> Rows.get(row, 0, UUID.class),
                        ids(batch),
                        sessions(batch),
                        silences,
                        (double) ttl.toMillis())
                .flatMap(renewed -> {
                    for (UUID mailboxId : renewed) {
                        Holding holding = missing.remove(mailboxId);
                        if (holding != null) {
                            holding.confirmed(sentAt);
                        }
                    }
                    return missing.isEmpty() ? Mono.empty() : findLost(connection, missing);
                });
    }

    /** Not renewed: locked just now, or no longer ours. */
    private Mono<Void> findLost(Connection connection, Map<UUID, Holding> missing) {
        return database.rows(
                        connection, Sql.LEASE_SESSIONS, LeaseOwner::of, (Object) ids(new ArrayList<>(missing.values())))
                .doOnNext(owners -> {
                    for (LeaseOwner owner : owners) {
                        Holding holding = missing.get(owner.mailboxId);
                        if (holding != null && !holding.session.equals(owner.session)) {
                            lose(holding, "another session took it");
                        }
                    }
                })
                .then();
    }

    /** Somebody waits for a mailbox of ours, or has taken it. */
    private Mono<Void> readNews() {
        if (held.isEmpty()) {
            return Mono.empty();
        }
        return database.run(
                        "read lease news",
                        Repeat.IF_VICTIM,
                        connection -> database.rows(connection, Sql.NEWS, LeaseOwner::of, node, BATCH))
                .flatMap(news -> {
                    List<Holding> asked = new ArrayList<>();
                    List<UUID> read = new ArrayList<>();
                    for (LeaseOwner owner : news) {
                        Holding holding = held.get(owner.mailboxId);
                        if (holding != null && holding.session.equals(owner.session)) {
                            asked.add(holding);
                        } else {
                            if (holding != null) {
                                lose(holding, "another node took it");
                            }
                            read.add(owner.mailboxId);
                        }
                    }
                    asked.removeIf(holding -> !holding.isHeld());
                    return renew(asked).then(read.isEmpty() ? Mono.empty() : newsRead(read.toArray(new UUID[0])));
                });
    }

    private Mono<Void> newsRead(UUID[] mailboxIds) {
        return database.run(
                        "read lease news",
                        Repeat.IF_VICTIM,
                        connection -> database.changed(connection, Sql.NEWS_READ, mailboxIds, node))
                .then();
    }

    /** Said once, not at every tick. */
    private Mono<Void> later(Throwable error) {
        if (failing.compareAndSet(false, true)) {
            LOG.atWarn().addKeyValue("error", error.getMessage()).log("leases-not-renewed");
        }
        abandoned.values().removeIf(lease -> lease.age().compareTo(ttl.plus(database.limit())) > 0);
        return Mono.empty();
    }

    private void works() {
        if (failing.compareAndSet(true, false)) {
            LOG.atInfo().log("leases-renewed-again");
        }
    }

    private static <T> Mono<Void> inBatches(List<T> all, Function<List<T>, Mono<Void>> work) {
        return Flux.fromIterable(all).buffer(BATCH).concatMap(work, 0).then();
    }

    private static UUID[] ids(List<Holding> holdings) {
        return holdings.stream().map(holding -> holding.mailboxId).toArray(UUID[]::new);
    }

    private static UUID[] sessions(List<Holding> holdings) {
        return holdings.stream().map(holding -> holding.session).toArray(UUID[]::new);
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) <= 0 ? one : other;
    }

    private static StoreException busy() {
        return new StoreException(Reason.BUSY, "open: another session holds the mailbox");
    }

    /** @param since when it was given up, by the monotonic clock */
    private record Abandoned(UUID mailboxId, UUID session, long since) {
        Duration age() {
            return Duration.ofNanos(System.nanoTime() - since);
        }
    }

    private record LeaseOwner(UUID mailboxId, @Nullable UUID session) {
        static LeaseOwner of(Readable row) {
            return new LeaseOwner(Rows.get(row, 0, UUID.class), row.get(1, UUID.class));
        }
    }
}
