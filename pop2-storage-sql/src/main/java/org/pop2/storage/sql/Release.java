package org.pop2.storage.sql;

import io.r2dbc.spi.Connection;
import java.util.Arrays;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.sql.Database.Repeat;
import reactor.core.publisher.Mono;

/**
 * The end of a hold that deletes: one transaction that checks the fencing token, moves the messages into expunged and
 * frees the lease. Where the outcome of its COMMIT is unknown, the same transaction is run again and finds out: its
 * lock on the lease waits for the first one to end, and then either the lease is still ours (the first did not commit),
 * or what this session expunged is there (it did), or neither (somebody else has the mailbox, and nothing was deleted).
 */
final class Release {
    private final Database database;
    private final Holding holding;
    private final long[] uids;
    private final BatchSize batch = new BatchSize();
    /** Whether an earlier try, or this one, may have been committed without our having heard of it. */
    private boolean mayHaveCommitted;

    /** Whether the last try had sent its COMMIT. */
    private boolean committing;

    private Release(Database database, Holding holding, long[] uids) {
        this.database = database;
        this.holding = holding;
        this.uids = uids;
    }

    /** @param uids what to delete: at least one */
    static Mono<Void> of(Database database, Holding holding, long[] uids) {
        return Mono.defer(() -> {
            Release release = new Release(database, holding, uids);
            return release.batch
                    .orSmaller(database.transaction("release", Repeat.ALWAYS, release::run))
                    .onErrorMap(release::orUnknown)
                    .then();
        });
    }

    /**
     * Every other reason promises that nothing was deleted; after a COMMIT whose answer was lost, that is not known.
     */
    private Throwable orUnknown(Throwable error) {
        boolean refused = committing && PostgresErrors.isAnswer(error);
        return mayHaveCommitted && !refused
                ? new StoreException(
                        Reason.UNKNOWN_OUTCOME,
                        "release: whether the messages of mailbox " + holding.mailboxId + " were deleted is not known: "
                                + error.getMessage(),
                        error)
                : error;
    }

    private Mono<Boolean> run(Connection connection) {
        committing = false;
        return database.rows(connection, Sql.FENCE, row -> 1, holding.mailboxId, holding.session, holding.epoch)
                .flatMap(fence -> fence.isEmpty() ? withoutLease(connection) : withLease(connection));
    }

    private Mono<Boolean> withLease(Connection connection) {
        // no earlier try did, or the lease would be gone
        mayHaveCommitted = false;
        return batch.overAll(uids.length, (from, end) -> expunge(connection, from, end))
                .reduce(Moved.NONE, Moved::plus)
                .flatMap(moved -> {
                    if (moved.messages() != uids.length) {
                        return Mono.error(new StoreException(
                                Reason.CORRUPT,
                                "release: " + (uids.length - moved.messages()) + " messages of mailbox "
                                        + holding.mailboxId + " vanished while it was held; nothing was deleted"));
                    }
                    return database.changed(
                            connection, Sql.SUBTRACT, holding.mailboxId, moved.messages(), moved.octets());
                })
                .then(Mono.defer(() -> database.changed(
                        connection, Sql.FREE_FENCED, holding.mailboxId, holding.session, holding.epoch)))
                .map(freed -> {
                    mayHaveCommitted = true;
                    committing = true;
                    return true;
                });
    }

    private Mono<Boolean> withoutLease(Connection connection) {
        Mono<Boolean> stale = Mono.error(() -> {
            mayHaveCommitted = false;
            holding.lostInRelease();
            return new StoreException(
                    Reason.BUSY,
                    "release: the hold on mailbox " + holding.mailboxId + " was lost; nothing was deleted");
        });
        if (!mayHaveCommitted) {
            return stale;
        }
        return database.rows(connection, Sql.RELEASED_BY, row -> 1, holding.mailboxId, uids[0], holding.session)
                .flatMap(found -> found.isEmpty() ? stale : Mono.just(true));
    }

    private Mono<Moved> expunge(Connection connection, int from, int end) {
        Long[] some = Arrays.stream(uids, from, end).boxed().toArray(Long[]::new);
        return database.rows(
                        connection, Sql.EXPUNGE, Moved::of, holding.mailboxId, some, holding.session, holding.epoch)
                .map(rows -> rows.get(0));
    }
}
