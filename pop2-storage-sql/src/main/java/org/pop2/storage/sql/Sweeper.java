package org.pop2.storage.sql;

import io.r2dbc.spi.Readable;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.pop2.storage.FolderName;
import org.pop2.storage.Retention;
import org.pop2.storage.UserName;
import org.pop2.storage.sql.Database.Repeat;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Removes what is past its retention and what broken deliveries left. Any number of nodes may sweep at once. */
final class Sweeper implements Retention {
    private static final Logger LOG = LoggerFactory.getLogger(Sweeper.class);

    private static final Duration EVERY = Duration.ofMinutes(10);
    /** A delivery that has taken this long has broken off. */
    private static final Duration ABANDONED = Duration.ofHours(24);

    /** A release whose answer was lost looks for what it deleted: it must be there still. */
    private static final Duration SHORTEST_RETENTION = Duration.ofMinutes(5);

    private static final int MESSAGES = 200;
    /** 16 MiB. */
    private static final int CHUNKS = 256;

    private final Database database;
    private final Duration retention;

    Sweeper(Database database, Duration retention) {
        this.database = database;
        this.retention = retention.compareTo(SHORTEST_RETENTION) < 0 ? SHORTEST_RETENTION : retention;
    }

    Disposable start() {
        return Flux.interval(EVERY)
                .onBackpressureDrop()
                .concatMap(
                        n -> sweepAll()
                                .doOnNext(swept -> LOG.atDebug()
                                        .addKeyValue("swept", swept)
                                        .log("swept"))
                                .onErrorResume(error -> {
                                    LOG.atWarn()
                                            .addKeyValue("error", error.getMessage())
                                            .log("sweep-failed");
                                    return Mono.empty();
                                }),
                        0)
                .subscribe();
    }

    @Override
    public Publisher<Expunged> expunged(UserName user, FolderName folder) {
        UUID mailboxId = MailboxId.of(user, folder);
        return Pages.<Expunged>of(last -> database.run(
                "list deleted messages",
                Repeat.ALWAYS,
                connection -> database.rows(
                        connection,
                        Sql.EXPUNGED_AFTER,
                        Sweeper::expunged,
                        mailboxId,
                        last == null ? 0L : last.uid(),
                        Pages.SIZE)));
    }

    @Override
    public Publisher<Long> undelete(UserName user, FolderName folder, Collection<Long> uids) {
        UUID mailboxId = MailboxId.of(user, folder);
        BatchSize batch = new BatchSize();
        Long[] wanted = uids.toArray(new Long[0]);
        return batch.orSmaller(database.transaction(
                "undelete",
                Repeat.IF_VICTIM,
                connection -> batch.overAll(
                                wanted.length,
                                (from, end) -> database.rows(
                                                connection,
                                                Sql.UNDELETE,
                                                Moved::of,
                                                mailboxId,
                                                Arrays.copyOfRange(wanted, from, end))
                                        .map(rows -> rows.get(0)))
                        .reduce(Moved.NONE, Moved::plus)
                        .flatMap(moved -> database.changed(
                                        connection, Sql.SUBTRACT, mailboxId, -moved.messages(), -moved.octets())
                                .thenReturn(moved.messages()))));
    }

    Publisher<Swept> sweep() {
        return sweepAll();
    }

    private Mono<Swept> sweepAll() {
        return untilNone(expire())
                .flatMap(expired ->
                        untilNone(doomAbandoned()).then(sweepDoomed()).map(bodies -> new Swept(expired, bodies)));
    }

    /** A batch of what is past its retention, mailbox by mailbox. */
    private Mono<Long> expire() {
        return listing(Sql.EXPIRED, Old::of, (double) retention.toMillis(), MESSAGES)
                .flatMapMany(old -> Flux.fromIterable(old.stream()
                        .collect(Collectors.groupingBy(
                                Old::mailboxId, LinkedHashMap::new, Collectors.mapping(Old::uid, Collectors.toList())))
                        .entrySet()))
                .concatMap(mailbox -> changing(
                        Sql.EXPIRE, mailbox.getKey(), mailbox.getValue().toArray(new Long[0]), (double)
                                retention.toMillis()))
                .reduce(0L, Long::sum);
    }

    private Mono<Long> doomAbandoned() {
        return listing(Sql.ABANDONED, Body::of, (double) ABANDONED.toMillis(), MESSAGES)
                .flatMapMany(Flux::fromIterable)
                .concatMap(body -> changing(Sql.DOOM, body.mailboxId, body.bodyId))
                .reduce(0L, Long::sum);
    }

    private Mono<Long> sweepDoomed() {
        return untilNone(listing(Sql.DOOMED, Body::of, MESSAGES)
                .flatMapMany(Flux::fromIterable)
                .concatMap(this::sweep)
                .reduce(0L, Long::sum));
    }

    private Mono<Long> sweep(Body body) {
        return untilNone(changing(Sql.DELETE_CHUNKS, body.mailboxId, body.bodyId, CHUNKS))
                .then(changing(Sql.SWEPT, body.mailboxId, body.bodyId));
    }

    /** Repeats a batch until it finds nothing; the sum. */
    private static Mono<Long> untilNone(Mono<Long> batch) {
        return batch.expand(changed -> changed == 0 ? Mono.empty() : batch).reduce(0L, Long::sum);
    }

    /** A batch of what is to be done, of any mailbox. */
    private <T> Mono<List<T>> listing(String sql, Function<Readable, T> row, Object... parameters) {
        return database.run("sweep", Repeat.ALWAYS, connection -> database.rows(connection, sql, row, parameters));
    }

    private Mono<Long> changing(String sql, Object... parameters) {
        return database.run("sweep", Repeat.ALWAYS, connection -> database.changed(connection, sql, parameters));
    }

    private static Expunged expunged(Readable row) {
        return new Expunged(
                Rows.get(row, 0, Long.class),
                Rows.get(row, 1, Long.class),
                Rows.get(row, 2, Instant.class),
                Rows.get(row, 3, Instant.class),
                Rows.get(row, 4, String.class));
    }

    private record Old(UUID mailboxId, long uid) {
        static Old of(Readable row) {
            return new Old(Rows.get(row, 0, UUID.class), Rows.get(row, 1, Long.class));
        }
    }

    private record Body(UUID mailboxId, UUID bodyId) {
        static Body of(Readable row) {
            return new Body(Rows.get(row, 0, UUID.class), Rows.get(row, 1, UUID.class));
        }
    }
}
