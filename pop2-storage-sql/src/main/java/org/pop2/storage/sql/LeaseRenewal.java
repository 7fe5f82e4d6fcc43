package org.pop2.storage.sql;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Readable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.sql.Database.Repeat;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Renews the leases of this node, reports how long their clients have been silent, and finds out which were taken. */
final class LeaseRenewal {
    /** How often, at least, a node looks whether somebody asks about a mailbox that it holds. */
    static final Duration LONGEST_TICK = Duration.ofMillis(500);

    /**
     * Leases renewed, and news read, by one statement. Few statements: a node that is busy waits for each. And not one
     * for all: who lets go of a mailbox waits for the statement that renews it.
     */
    static final int BATCH = 5000;

    private final Database database;
    private final HeldLeases held;
    private final LeaseOwner owner;

    LeaseRenewal(Database database, HeldLeases held, LeaseOwner owner) {
        this.database = database;
        this.held = held;
        this.owner = owner;
    }

    Duration tick() {
        Duration part = owner.ttl().dividedBy(12);
        return part.compareTo(LONGEST_TICK) < 0 ? part : LONGEST_TICK;
    }

    /** What is due, and what somebody asks about. */
    Mono<Void> renew() {
        return Mono.defer(() -> renew(held.due())).then(Mono.defer(this::readNews));
    }

    private Mono<Void> renew(List<Holding> due) {
        return inBatches(due, batch -> {
            return database.run("renew leases", Repeat.IF_VICTIM, connection -> renew(connection, batch));
        });
    }

    private Mono<Void> renew(Connection connection, List<Holding> due) {
        // one that is being released meanwhile is locked, and all others would wait for it
        List<Holding> batch = due.stream().filter(Holding::isHeld).toList();
        if (batch.isEmpty()) {
            return Mono.empty();
        }
        // both as of now, when there is a connection to send them by: the report may be acted on for a second
        long sentAt = System.nanoTime();
        Long[] silences =
                batch.stream().map(holding -> holding.silence().toMillis()).toArray(Long[]::new);
        return database.changed(
                        connection,
                        Sql.RENEW,
                        ids(batch),
                        batch.stream().map(holding -> holding.session).toArray(UUID[]::new),
                        silences,
                        (double) owner.ttl().toMillis())
                .flatMap(renewed -> {
                    if (renewed == batch.size()) {
                        batch.forEach(holding -> holding.confirmed(sentAt));
                        return Mono.empty();
                    }
                    return findLost(connection, batch, sentAt);
                });
    }

    /**
     * Some were not renewed: no longer ours, or given back just now. A session's lease that is there now was there
     * then, and was renewed, for no session gets a lease twice.
     */
    private Mono<Void> findLost(Connection connection, List<Holding> batch, long sentAt) {
        Map<UUID, Holding> byMailbox = new HashMap<>();
        batch.forEach(holding -> byMailbox.put(holding.mailboxId, holding));
        return database.rows(connection, Sql.LEASE_SESSIONS, Holder::of, (Object) ids(batch))
                .doOnNext(holders -> {
                    for (Holder holder : holders) {
                        Holding holding = byMailbox.get(holder.mailboxId);
                        if (holding != null && holding.session.equals(holder.session)) {
                            holding.confirmed(sentAt);
                        } else if (holding != null) {
                            held.taken(holding, "another session took it");
                        }
                    }
                })
                .then();
    }

    /** Somebody waits for a mailbox of ours, or has taken it. */
    private Mono<Void> readNews() {
        if (held.count() == 0) {
            return Mono.empty();
        }
        return database.run(
                        "read lease news",
                        Repeat.IF_VICTIM,
                        connection -> database.rows(connection, Sql.NEWS, Holder::of, owner.node(), BATCH))
                .flatMap(news -> {
                    List<Holding> asked = new ArrayList<>();
                    List<UUID> read = new ArrayList<>();
                    for (Holder holder : news) {
                        Holding holding = held.of(holder.mailboxId);
                        if (holding != null && holding.session.equals(holder.session)) {
                            asked.add(holding);
                        } else {
                            if (holding != null) {
                                held.taken(holding, "another node took it");
                            }
                            read.add(holder.mailboxId);
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
                        connection -> database.changed(connection, Sql.NEWS_READ, mailboxIds, owner.node()))
                .then();
    }

    /** Gives back all leases that this node has on those mailboxes. */
    Mono<Void> free(List<UUID> mailboxIds) {
        return inBatches(
                mailboxIds,
                batch -> database.run(
                                "close",
                                Repeat.IF_VICTIM,
                                connection -> database.changed(
                                        connection, Sql.FREE_MANY, batch.toArray(new UUID[0]), owner.node()))
                        .then());
    }

    private static <T> Mono<Void> inBatches(List<T> all, Function<List<T>, Mono<Void>> work) {
        return Flux.fromIterable(all).buffer(BATCH).concatMap(work, 0).then();
    }

    private static UUID[] ids(List<Holding> holdings) {
        return holdings.stream().map(holding -> holding.mailboxId).toArray(UUID[]::new);
    }

    private record Holder(UUID mailboxId, @Nullable UUID session) {
        static Holder of(Readable row) {
            return new Holder(Rows.get(row, 0, UUID.class), row.get(1, UUID.class));
        }
    }
}
