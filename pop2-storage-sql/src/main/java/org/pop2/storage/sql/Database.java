package org.pop2.storage.sql;

import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.R2dbcTimeoutException;
import io.r2dbc.spi.R2dbcTransientResourceException;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Result;
import io.r2dbc.spi.Statement;
import io.r2dbc.spi.Wrapped;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.util.retry.Retry;
import reactor.util.retry.RetryBackoffSpec;

/**
 * Short pieces of work on pooled connections.
 *
 * <p>A piece of work, once subscribed, runs to its end or its time limit, whoever waits for it: a subscriber that
 * cancels only stops listening. A connection given up in the middle of a statement is a connection lost; so cancelling
 * must never reach it. Every statement has a limit at the server ({@code statement_timeout}) and a longer one here;
 * where the second is reached, the connection is closed and not used again.
 *
 * <p>The server is told of what was given up, by a request to cancel it: a COMMIT that waits for a standby has no limit
 * there, and processes that nobody waits for any more would pile up. Such a COMMIT then takes effect on the server at
 * once, and may be undone by a failover; here its outcome stays unknown. So whoever looks afterwards whether it took
 * effect has to write something, too: the COMMIT of that waits for the standby, and comes after what it looked at.
 */
final class Database {
    private static final Logger LOG = LoggerFactory.getLogger(Database.class);

    /** A whole transaction is tried again this often (storage contract: 40001 and 40P01). */
    private static final int VICTIM_RETRIES = 5;

    private static final Duration FIRST_PAUSE = Duration.ofMillis(20);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(2);

    /** Nobody knows whether a transaction was committed (SQLSTATE, SQL standard). */
    private static final String RESOLUTION_UNKNOWN = "08007";

    private final ConnectionPool pool;
    private final int poolSize;
    private final Duration limit;
    private final String begin;

    /**
     * @param limit for the answer to one statement
     * @param begin what begins a transaction, and sets its limits; empty: BEGIN, as the connection has them already
     */
    Database(ConnectionPool pool, int poolSize, Duration limit, String begin) {
        this.pool = pool;
        this.poolSize = poolSize;
        this.limit = limit;
        this.begin = begin;
    }

    /** Whether work may be repeated after its connection was lost. */
    enum Repeat {
        /** Only when the server says that the transaction was a victim of others, and so has not happened. */
        IF_VICTIM,
        /**
         * Also when nobody knows whether it happened: running it again finds out, or changes nothing more. Goes on for
         * as long as one statement may take, so that a restart of the database is a pause and no error.
         */
        ALWAYS
    }

    /** Statements that each commit by themselves. */
    <T> Mono<T> run(String doing, Repeat repeat, Function<Connection, Mono<T>> work) {
        return toTheEnd(repeated(doing, repeat, onConnection(work)));
    }

    /** One transaction; an error rolls it back. The work must emit. */
    <T> Mono<T> transaction(String doing, Repeat repeat, Function<Connection, Mono<T>> work) {
        return toTheEnd(repeated(doing, repeat, onConnection(connection -> inTransaction(connection, work))));
    }

    /** All rows of a statement. The caller sees to it that there cannot be many. */
    <T> Mono<List<T>> rows(
            Connection connection, String sql, Function<? super Readable, ? extends T> row, Object... parameters) {
        return Flux.from(statement(connection, sql, parameters).execute())
                .concatMap(result -> result.<T>map(row))
                .collectList()
                .timeout(limit);
    }

    /** The number of rows that a statement changed. */
    Mono<Long> changed(Connection connection, String sql, Object... parameters) {
        return Flux.from(statement(connection, sql, parameters).execute())
                .concatMap(Result::getRowsUpdated)
                .reduce(0L, Long::sum)
                .timeout(limit);
    }

    /** Runs a publisher to its end, though whoever waits for it cancels. Starts anew with each subscription. */
    static <T> Mono<T> toTheEnd(Mono<T> work) {
        return Mono.defer(() -> {
            Sinks.One<T> outcome = Sinks.one();
            work.subscribe(outcome::tryEmitValue, outcome::tryEmitError, outcome::tryEmitEmpty);
            return outcome.asMono();
        });
    }

    /** Closes the pool. Dead connections cause no error. */
    Mono<Void> close() {
        return pool.disposeLater().onErrorResume(error -> {
            LOG.atDebug().addKeyValue("error", error.toString()).log("database-connection-not-closed");
            return Mono.empty();
        });
    }

    /** For the answer to one statement. */
    Duration limit() {
        return limit;
    }

    ConnectionPool pool() {
        return pool;
    }

    private <T> Mono<T> onConnection(Function<Connection, Mono<T>> work) {
        return Mono.usingWhen(
                pool.create()
                        // After a restart of the database every idle connection is found dead. Who waited for one in
                        // use does not wait again, at the end of the queue.
                        .retryWhen(Retry.max(poolSize + 1L)
                                .filter(error -> !(error instanceof R2dbcTimeoutException && allInUse()))
                                .onRetryExhaustedThrow((policy, signal) -> signal.failure()))
                        .onErrorMap(R2dbcTimeoutException.class, this::noConnection),
                work,
                Database::giveBack,
                (connection, error) -> PostgresErrors.leavesConnectionUsable(error)
                        ? giveBack(connection)
                        : discard(connection, PostgresErrors.mayGoOn(error)),
                connection -> discard(connection, true));
    }

    private <T> Mono<T> inTransaction(Connection connection, Function<Connection, Mono<T>> work) {
        return begin(connection)
                .then(Mono.defer(() -> work.apply(connection)))
                .flatMap(result -> limited(commit(connection)).then(Mono.just(result)))
                .onErrorResume(error -> PostgresErrors.leavesConnectionUsable(error)
                        ? limited(connection.rollbackTransaction()).then(Mono.error(error))
                        : Mono.error(error));
    }

    /**
     * Committed is only what the server says so of without reserve. It warns where the wait for a standby was
     * cancelled; an engine over several servers may have lost its connection to one that was about to commit.
     */
    private static Mono<Void> commit(Connection connection) {
        return Flux.from(connection.createStatement(Sql.COMMIT).execute())
                .concatMap(result -> result.flatMap(
                        segment -> segment instanceof Result.Message message ? reserve(message) : Mono.<Void>empty()))
                .then()
                .onErrorMap(
                        PostgresErrors::leavesCommitOpen, error -> unknown(String.valueOf(error.getMessage()), error));
    }

    private static Mono<Void> reserve(Result.Message message) {
        String state = String.valueOf(message.sqlState());
        if (state.startsWith("00")) {
            return Mono.empty();
        }
        return Mono.error(
                state.startsWith("01") ? unknown(message.message(), message.exception()) : message.exception());
    }

    private static R2dbcTransientResourceException unknown(String why, Throwable cause) {
        return new R2dbcTransientResourceException(
                "not known whether it was committed: " + why, RESOLUTION_UNKNOWN, cause);
    }

    private <T> Mono<T> repeated(String doing, Repeat repeat, Mono<T> work) {
        return Mono.defer(() -> {
            long start = System.nanoTime();
            return work.retryWhen(pausing(VICTIM_RETRIES).filter(PostgresErrors::isVictim))
                    .retryWhen(pausing(Long.MAX_VALUE)
                            .filter(error -> repeat == Repeat.ALWAYS
                                    && PostgresErrors.isConnectionLost(error)
                                    && System.nanoTime() - start < limit.toNanos()))
                    .onErrorMap(error -> PostgresErrors.of(doing, error));
        });
    }

    private Mono<Void> begin(Connection connection) {
        return begin.isEmpty()
                ? limited(connection.beginTransaction())
                : limited(Flux.from(connection.createStatement(begin).execute())
                        .flatMap(Result::getRowsUpdated)
                        .then());
    }

    private static RetryBackoffSpec pausing(long attempts) {
        return Retry.backoff(attempts, FIRST_PAUSE)
                .maxBackoff(LONGEST_PAUSE)
                .onRetryExhaustedThrow((policy, signal) -> signal.failure());
    }

    /** All in use is somebody else's doing; none to be had is the database's. */
    private StoreException noConnection(R2dbcTimeoutException error) {
        return allInUse()
                ? new StoreException(Reason.BUSY, "all " + poolSize + " connections to the database are in use", error)
                : new StoreException(Reason.UNAVAILABLE, "no connection to the database in time", error);
    }

    private boolean allInUse() {
        return pool.getMetrics()
                .map(metrics -> metrics.acquiredSize() >= poolSize)
                .orElse(false);
    }

    private Mono<Void> limited(Publisher<Void> step) {
        return Mono.from(step).timeout(limit);
    }

    private static Statement statement(Connection connection, String sql, Object... parameters) {
        Statement statement = connection.createStatement(sql);
        for (int i = 0; i < parameters.length; i++) {
            statement.bind(i, parameters[i]);
        }
        return statement;
    }

    /** Returns a connection to the pool; failing to do so is not an error of the work. */
    private static Mono<Void> giveBack(Connection connection) {
        return Mono.from(connection.close()).onErrorResume(error -> {
            LOG.atDebug().addKeyValue("error", error.toString()).log("database-connection-not-returned");
            return Mono.empty();
        });
    }

    /**
     * Closed underneath the pool, which then finds it invalid and forgets it.
     *
     * @param cancel whether the server may still be at work for it
     */
    private static Mono<Void> discard(Connection connection, boolean cancel) {
        Mono<Void> closing = Mono.empty();
        if (connection instanceof Wrapped<?> wrapped && wrapped.unwrap() instanceof Connection inner) {
            Mono<Void> first = cancel && inner instanceof PostgresqlConnection postgresql
                    ? postgresql.cancelRequest().timeout(CLOSE_LIMIT).onErrorResume(error -> {
                        LOG.atDebug().addKeyValue("error", error.toString()).log("database-statement-not-cancelled");
                        return Mono.empty();
                    })
                    : Mono.empty();
            closing = first.then(Mono.from(inner.close()).timeout(CLOSE_LIMIT)).onErrorResume(error -> {
                LOG.atDebug().addKeyValue("error", error.toString()).log("database-connection-not-closed");
                return Mono.empty();
            });
        }
        return closing.then(giveBack(connection));
    }
}
