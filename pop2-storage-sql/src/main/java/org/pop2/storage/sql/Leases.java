package org.pop2.storage.sql;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.sql.Database.Repeat;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * The leases of this node: got ({@link LeaseAcquisition}), renewed and reported on ({@link LeaseRenewal}), given back,
 * or left to be freed later ({@link AbandonedLeases}). The package's page tells the design.
 */
final class Leases {
    private static final Logger LOG = LoggerFactory.getLogger(Leases.class);

    /** How long a store that is closed waits for attempts to get a mailbox. */
    private static final Duration ATTEMPT_LIMIT = Duration.ofSeconds(2);

    private final Database database;
    private final Database renewals;
    private final HoldPolicy policy;
    private final LeaseOwner owner;
    private final HeldLeases held;
    private final AbandonedLeases abandoned;
    private final LeaseRenewal renewal;
    /** Whether the database has not let us renew since it was last said. */
    private final AtomicBoolean failing = new AtomicBoolean();

    /** Attempts to get a mailbox that have not ended; each completes when it has. */
    private final Set<Sinks.Empty<Void>> attempts = ConcurrentHashMap.newKeySet();

    private volatile boolean closing;

    private final Disposable.Composite timers = Disposables.composite();

    /** @param renewals the same database, for what must not wait behind clients; closed with this */
    Leases(Database database, Database renewals, HoldPolicy policy, Duration ttl, Optional<String> nodeName) {
        this.database = database;
        this.renewals = renewals;
        this.policy = policy;
        this.owner = new LeaseOwner(UUID.randomUUID(), nodeName, ttl);
        this.held = new HeldLeases(ttl);
        this.abandoned = new AbandonedLeases(renewals, ttl);
        this.renewal = new LeaseRenewal(renewals, held, owner);
    }

    /** Mailboxes that sessions of this node hold. */
    int count() {
        return held.count();
    }

    /** Leases of this node that another session took. */
    long takeovers() {
        return held.takeovers();
    }

    /** Leases of this node that were given up because the database had not confirmed them in time. */
    long expired() {
        return held.expired();
    }

    /** Frees what an earlier run of this node left, and starts to renew. */
    Mono<Void> start() {
        Mono<Void> adopt = owner.name()
                .map(name -> database.run(
                                "start",
                                Repeat.ALWAYS,
                                c -> database.changed(c, Sql.FREE_EARLIER_RUNS, name, owner.node()))
                        .then())
                .orElse(Mono.empty());
        return adopt.then(Mono.fromRunnable(() -> {
            Duration tick = renewal.tick();
            // apart, as the first must not wait for the database
            timers.add(Flux.interval(tick).onBackpressureDrop().subscribe(n -> held.giveUpUnconfirmed()));
            timers.add(Flux.interval(tick)
                    .onBackpressureDrop()
                    .concatMap(
                            n -> renewal.renew()
                                    .then(abandoned.free())
                                    .then(Mono.<Void>fromRunnable(this::works))
                                    .onErrorResume(this::later),
                            0)
                    .subscribe());
        }));
    }

    /** Said once, not at every tick. */
    private Mono<Void> later(Throwable error) {
        if (failing.compareAndSet(false, true)) {
            LOG.atWarn().addKeyValue("error", error.getMessage()).log("leases-not-renewed");
        }
        abandoned.dropExpired();
        return Mono.empty();
    }

    private void works() {
        if (failing.compareAndSet(true, false)) {
            LOG.atInfo().log("leases-renewed-again");
        }
    }

    /**
     * The lease of a mailbox; empty if there is no such mailbox. Fails as busy if the holder keeps it for too long.
     *
     * @param cancelled whether nobody wants it any more: then it stops waiting
     */
    Mono<LeaseAcquisition.Acquired> acquire(UUID mailboxId, BooleanSupplier cancelled) {
        return Mono.defer(() -> {
            Sinks.Empty<Void> end = Sinks.empty();
            attempts.add(end);
            BooleanSupplier unwanted = () -> closing || cancelled.getAsBoolean();
            return new LeaseAcquisition(database, held, abandoned, owner, policy, mailboxId, unwanted)
                    .attempt()
                    .doFinally(signal -> {
                        attempts.remove(end);
                        end.tryEmitEmpty();
                    });
        });
    }

    /** Its client has spoken: perhaps to a process that was stopped for a while, and whose timers come only now. */
    void active(Holding holding) {
        held.giveUpUnconfirmed(holding);
        holding.active();
    }

    /** The hold is over and the row is somebody else's, or free: nothing to tell the database. */
    void forget(Holding holding) {
        held.forget(holding);
    }

    /** Ends a hold that deletes nothing; completes when the next one may have it, or nothing can be done just now. */
    Mono<Void> giveUp(Holding holding) {
        return giveUp(holding, Repeat.ALWAYS);
    }

    /** The same after an error: a database that is not there has been waited for already. */
    Mono<Void> giveUpAtOnce(Holding holding) {
        return giveUp(holding, Repeat.IF_VICTIM);
    }

    private Mono<Void> giveUp(Holding holding, Repeat repeat) {
        return database.run(
                        "give up a mailbox",
                        repeat,
                        connection -> database.changed(
                                connection, Sql.FREE_UNUSED, holding.mailboxId, holding.session, holding.epoch))
                .then()
                .onErrorResume(error -> {
                    LOG.atDebug()
                            .addKeyValue("mailbox", holding.mailboxId)
                            .addKeyValue("error", error.toString())
                            .log("lease-not-returned");
                    abandoned.add(holding.mailboxId, holding.session);
                    return Mono.empty();
                })
                .then(Mono.fromRunnable(() -> forget(holding)));
    }

    /** Stops renewing, and gives back everything. */
    Mono<Void> close() {
        return free().onErrorResume(error -> Mono.empty()).then(renewals.close());
    }

    private Mono<Void> free() {
        return Mono.defer(() -> {
            timers.dispose();
            closing = true;
            return attemptsEnd().then(Mono.defer(() -> {
                List<UUID> all = new ArrayList<>(held.loseAll());
                all.addAll(abandoned.takeAll());
                // a database that is not there is not waited for: they end by themselves
                return renewal.free(all);
            }));
        });
    }

    /** What is at the database just now may get a lease yet, and nobody would be left to give it back. */
    private Mono<Void> attemptsEnd() {
        return Mono.when(attempts.stream().map(Sinks.Empty::asMono).toList())
                .timeout(ATTEMPT_LIMIT)
                .onErrorResume(error -> Mono.empty());
    }
}
