package org.pop2.storage.sql;

import io.r2dbc.spi.Parameters;
import io.r2dbc.spi.Readable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.sql.Database.Repeat;
import reactor.core.publisher.Mono;

/**
 * One session's attempts to acquire a mailbox: at once if it is free, else repeatedly for as long as the policy lets a
 * newcomer wait.
 *
 * <p>Whether the holder is silent, or gone, is never concluded from an old report. A holder on another node is asked,
 * and only an answer younger than {@link Sql#FRESH} counts; a lease that has run out is taken when its node was asked
 * and did not answer, for if the database's clock stepped, all leases run out at once.
 */
final class LeaseAcquisition {
    /** How often a waiting newcomer looks again. */
    private static final Duration LOOK_AGAIN = Duration.ofMillis(200);

    /** A node that lives looks for questions at least twice in this time. */
    private static final Duration ANSWER =
            LeaseRenewal.LONGEST_TICK.multipliedBy(2).plus(LOOK_AGAIN);

    private final Database database;
    private final HeldLeases held;
    private final AbandonedLeases abandoned;
    private final LeaseOwner owner;
    private final HoldPolicy policy;
    private final UUID mailboxId;
    private final BooleanSupplier cancelled;
    private final UUID session = UUID.randomUUID();
    private final long deadline;
    /** When the node of a lease that has run out was first asked; by the monotonic clock. */
    private @Nullable Long askedAt;

    /** @param cancelled whether nobody wants it any more: then it stops waiting */
    LeaseAcquisition(
            Database database,
            HeldLeases held,
            AbandonedLeases abandoned,
            LeaseOwner owner,
            HoldPolicy policy,
            UUID mailboxId,
            BooleanSupplier cancelled) {
        this.database = database;
        this.held = held;
        this.abandoned = abandoned;
        this.owner = owner;
        this.policy = policy;
        this.mailboxId = mailboxId;
        this.cancelled = cancelled;
        this.deadline = System.nanoTime() + policy.busyWait().toNanos();
    }

    /**
     * A lease.
     *
     * @param first the first messages, up to {@link Sql#LISTED}, if they came with it
     */
    record Acquired(Holding holding, Optional<List<Snapshot.Row>> first) {}

    /**
     * What the database answered.
     *
     * @param acquired nothing if somebody else keeps the mailbox
     * @param expired whether that is somebody whose lease has run out
     */
    private record Answer(Optional<Acquired> acquired, boolean expired) {
        private static final Answer LOCKED = new Answer(Optional.empty(), false);
    }

    /** The lease; empty if there is no such mailbox. Fails as busy if the holder keeps it for too long. */
    Mono<Acquired> attempt() {
        if (cancelled.getAsBoolean()) {
            return Mono.error(busy());
        }
        Mono<Acquired> again = Mono.defer(this::attempt);
        Holding local = held.of(mailboxId);
        if (local != null && (local.isReleasing() || local.silence().compareTo(policy.takeoverAfter()) < 0)) {
            Duration left = left();
            if (left.isZero()) {
                return Mono.error(busy());
            }
            Duration untilSilent = policy.takeoverAfter().minus(local.silence());
            Duration pause = local.isReleasing() || untilSilent.isNegative() ? left : shorter(left, untilSilent);
            return Mono.firstWithSignal(local.whenEnded(), Mono.delay(pause).then())
                    .then(again);
        }
        return take(local)
                .flatMap(answer -> answer.acquired
                        .map(Mono::just)
                        .orElseGet(() -> ask(answer.expired).then(again)));
    }

    private Duration left() {
        return Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
    }

    private boolean isUnanswered() {
        return askedAt != null && System.nanoTime() - askedAt >= ANSWER.toNanos();
    }

    private Mono<Answer> take(@Nullable Holding local) {
        return Mono.defer(() -> {
            long sentAt = System.nanoTime();
            return database.run(
                            "open",
                            Repeat.ALWAYS,
                            connection -> database.rows(
                                            connection,
                                            Sql.ACQUIRE,
                                            Line::of,
                                            mailboxId,
                                            session,
                                            owner.node(),
                                            owner.nameOrNull(),
                                            (double) owner.ttl().toMillis(),
                                            local == null ? Parameters.in(UUID.class) : local.session,
                                            (double) policy.takeoverAfter().toMillis(),
                                            isUnanswered())
                                    .flatMap(lines -> answer(lines, sentAt))
                                    .onErrorResume(PostgresErrors::isLocked, e -> Mono.just(Answer.LOCKED)))
                    // it may have got the lease all the same
                    .doOnError(error -> abandoned.add(mailboxId, session));
        });
    }

    /** A row of the answer to {@link Sql#ACQUIRE}. */
    private record Line(@Nullable Long epoch, boolean expired, boolean listed, Snapshot.@Nullable Row message) {
        static Line of(Readable row) {
            return new Line(
                    row.get(0, Long.class),
                    Rows.get(row, 1, Boolean.class),
                    Rows.get(row, 2, Boolean.class),
                    row.get(3) == null ? null : Snapshot.Row.at(row, 3));
        }
    }

    private Mono<Answer> answer(List<Line> lines, long sentAt) {
        if (lines.isEmpty()) {
            return Mono.empty();
        }
        Line head = lines.get(0);
        if (head.epoch == null) {
            return Mono.just(new Answer(Optional.empty(), head.expired));
        }
        List<Snapshot.Row> messages = new ArrayList<>();
        for (Line line : lines) {
            if (line.message != null) {
                messages.add(line.message);
            }
        }
        Holding holding = new Holding(mailboxId, session, head.epoch, sentAt);
        held.register(holding);
        return Mono.just(new Answer(
                Optional.of(new Acquired(holding, head.listed ? Optional.of(messages) : Optional.empty())), false));
    }

    /** Asks the holder's node to report, and waits a little for the answer; fails as busy when the time is over. */
    private Mono<Void> ask(boolean expired) {
        Duration left = left();
        if (expired && askedAt == null) {
            askedAt = System.nanoTime();
        }
        // a crashed node does not answer: a newcomer that may not wait at all waits this once
        boolean waits = !left.isZero() || (expired && !isUnanswered());
        if (!waits) {
            return Mono.error(busy());
        }
        // not all newcomers at the same instant
        Duration pause = Duration.ofMillis(
                LOOK_AGAIN.toMillis() / 2 + ThreadLocalRandom.current().nextLong(LOOK_AGAIN.toMillis()));
        return database.run(
                        "open",
                        Repeat.ALWAYS,
                        connection -> database.changed(connection, Sql.ASK_HOLDER, mailboxId)
                                .onErrorResume(PostgresErrors::isLocked, e -> Mono.just(1L)))
                .then(Mono.delay(expired ? pause : shorter(left, pause)))
                .then();
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) <= 0 ? one : other;
    }

    private static StoreException busy() {
        return new StoreException(Reason.BUSY, "open: another session holds the mailbox");
    }
}
