package org.pop2.storage.sql;

import io.r2dbc.spi.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.LongFunction;
import org.pop2.storage.Ledgers;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.sql.Database.Repeat;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A ledger, held by a lease that is renewed until it is closed. */
final class PostgresLedger implements Ledgers.Ledger {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresLedger.class);

    /** A node that died keeps it for so long. */
    static final Duration TTL = Duration.ofMinutes(1);

    /** Rows that are read at a time, and lines that a row has at most. */
    private static final int PAGE = 200;

    private static final int LINES = 1000;

    private final Database database;
    private final String name;
    private final UUID holder = UUID.randomUUID();
    private final Disposable.Swap renewing = Disposables.swap();

    private PostgresLedger(Database database, String name) {
        this.database = database;
        this.name = name;
    }

    static Mono<Ledgers.Ledger> open(Database database, String name) {
        return Mono.defer(() -> {
            PostgresLedger ledger = new PostgresLedger(database, name);
            return database.run(
                            "open a ledger",
                            Repeat.ALWAYS,
                            connection -> database.changed(connection, Sql.CREATE_LEDGER, name)
                                    .then(database.changed(
                                            connection, Sql.TAKE_LEDGER, name, ledger.holder, (double) TTL.toMillis())))
                    .flatMap(taken -> taken > 0
                            ? Mono.<Ledgers.Ledger>just(ledger)
                            : Mono.error(new StoreException(Reason.BUSY, "another is at work with the ledger " + name)))
                    .doOnNext(opened -> ledger.renew());
        });
    }

    private void renew() {
        renewing.update(Flux.interval(TTL.dividedBy(4))
                .onBackpressureDrop()
                .concatMap(
                        tick -> database.run(
                                        "renew a ledger",
                                        Repeat.IF_VICTIM,
                                        connection -> keep(connection, number -> Mono.just(number)))
                                .onErrorResume(error -> {
                                    LOG.atDebug()
                                            .addKeyValue("ledger", name)
                                            .addKeyValue("error", error.getMessage())
                                            .log("ledger-not-renewed");
                                    return Mono.empty();
                                }),
                        1)
                .subscribe());
    }

    /** Goes on with the number of a new entry, if it is still ours. */
    private <T> Mono<T> keep(Connection connection, LongFunction<Mono<T>> work) {
        return database.rows(
                        connection, Sql.KEEP_LEDGER, row -> Rows.get(row, 0, Long.class), name, holder, TTL.toMillis())
                .flatMap(found -> found.isEmpty()
                        ? Mono.error(new StoreException(Reason.BUSY, "another took the ledger " + name))
                        : work.apply(found.get(0)));
    }

    @Override
    public Publisher<List<String>> lines() {
        return page(0, new ArrayList<>());
    }

    private record Entry(long number, String lines) {}

    private Mono<List<String>> page(long after, List<String> found) {
        return database.run(
                        "read a ledger",
                        Repeat.ALWAYS,
                        connection -> database.rows(
                                connection,
                                Sql.LEDGER_LINES,
                                row -> new Entry(Rows.get(row, 0, Long.class), Rows.get(row, 1, String.class)),
                                name,
                                after,
                                PAGE))
                .flatMap(entries -> {
                    entries.forEach(entry -> found.addAll(entry.lines().lines().toList()));
                    return entries.size() < PAGE
                            ? Mono.just(found)
                            : page(entries.get(entries.size() - 1).number(), found);
                });
    }

    @Override
    public Publisher<Void> append(List<String> lines) {
        List<String> checked = Ledgers.checked(lines);
        return checked.isEmpty()
                ? Mono.empty()
                : database.transaction(
                                "write a ledger",
                                // added twice it would say something else
                                Repeat.IF_VICTIM,
                                connection -> keep(connection, number -> add(connection, number, checked)))
                        .then();
    }

    @Override
    public Publisher<Void> replace(List<String> lines) {
        List<String> checked = Ledgers.checked(lines);
        return database.transaction(
                        "replace a ledger",
                        Repeat.IF_VICTIM,
                        connection -> keep(
                                connection,
                                number -> database.changed(connection, Sql.CLEAR_LEDGER, name)
                                        .then(add(connection, number, checked))))
                .then();
    }

    /** Long lists have several rows: each has a number of its own. */
    private Mono<Long> add(Connection connection, long first, List<String> lines) {
        return Flux.range(0, (lines.size() + LINES - 1) / LINES)
                .concatMap(
                        part -> {
                            String text = String.join(
                                    "\n", lines.subList(part * LINES, Math.min(lines.size(), (part + 1) * LINES)));
                            Mono<Long> number =
                                    part == 0 ? Mono.just(first) : keep(connection, next -> Mono.just(next));
                            return number.flatMap(
                                    next -> database.changed(connection, Sql.ADD_TO_LEDGER, name, next, text));
                        },
                        1)
                .reduce(0L, Long::sum);
    }

    @Override
    public Publisher<Void> close() {
        return Mono.defer(() -> {
            renewing.dispose();
            return database.run(
                            "close a ledger",
                            Repeat.ALWAYS,
                            connection -> database.changed(connection, Sql.FREE_LEDGER, name, holder))
                    .then();
        });
    }
}
