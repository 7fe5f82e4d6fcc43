package org.pop2.storage.sql;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Parameters;
import io.r2dbc.spi.Readable;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.pop2.storage.FolderName;
import org.pop2.storage.Message;
import org.pop2.storage.Quota;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.Usage;
import org.pop2.storage.UserName;
import org.pop2.storage.sql.Database.Repeat;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * One delivery. Its chunks are staged in short statements while the message is received, listed as unreferenced; then
 * one small transaction makes it a message. Whatever happens before that commit leaves only chunks that are swept.
 */
final class Delivery {
    private static final Logger LOG = LoggerFactory.getLogger(Delivery.class);

    /** Full chunks that are held before they are written: half a MiB per delivery under way. */
    private static final int BATCH = 8;

    private final Database database;
    private final UserName user;
    private final FolderName folder;
    private final Message message;
    private final Quota usualQuota;
    private final UUID mailboxId;
    private final UUID bodyId = UUID.randomUUID();
    private final Optional<UUID> deliveryId;
    private final WireForm wire = new WireForm(BATCH);
    private final AtomicBoolean staged = new AtomicBoolean();
    private int chunks;
    /**
     * Whether there is one to be obeyed. As the message began to come: one set since holds from the next message on.
     */
    private volatile boolean hasQuota;
    /** The number that the transaction took when it was tried last; 0: not yet. */
    private volatile long uid;

    private Delivery(Database database, UserName user, FolderName folder, Message message, Quota usualQuota) {
        this.usualQuota = usualQuota;
        this.database = database;
        this.user = user;
        this.folder = folder;
        this.message = message;
        this.mailboxId = MailboxId.of(user, folder);
        this.deliveryId = message.deliveryId().map(MailboxId::ofDelivery);
    }

    /** @param usualQuota for users who have none of their own */
    static Mono<Void> of(Database database, UserName user, FolderName folder, Message message, Quota usualQuota) {
        return Mono.defer(() -> new Delivery(database, user, folder, message, usualQuota).deliver());
    }

    private Mono<Void> deliver() {
        return stage().then(receive())
                .then(Mono.defer(this::commit))
                .onErrorResume(error -> drop().then(Mono.error(error)))
                .doOnCancel(() -> drop().subscribe());
    }

    private Mono<Void> stage() {
        return database.run("deliver", Repeat.ALWAYS, connection -> {
                    staged.set(true);
                    return database.rows(connection, Sql.STAGE, this::quota, mailboxId, bodyId, user.value());
                })
                .flatMap(known -> {
                    hasQuota = !known.isEmpty() && !known.get(0).isUnlimited();
                    return known.isEmpty() ? Mono.error(noAccount()) : Mono.empty();
                });
    }

    private Quota quota(Readable row) {
        return PostgresAccounts.quota(row, 0).orElse(usualQuota);
    }

    private StoreException noAccount() {
        return new StoreException(Reason.NOT_FOUND, "deliver: no account " + user);
    }

    /** Without prefetch: the next buffer is requested when this one is used up. */
    private Mono<Void> receive() {
        return Flux.from(message.content())
                .onErrorMap(error -> error instanceof StoreException
                        ? error
                        : new StoreException(Reason.UNAVAILABLE, "deliver: the message broke off", error))
                .concatMap(this::add, 0)
                .then(Mono.defer(() -> {
                    wire.end();
                    return write();
                }));
    }

    private Mono<Void> add(ByteBuffer buffer) {
        wire.add(buffer);
        if (!wire.isFull()) {
            return Mono.empty();
        }
        return write().then(Mono.defer(() -> {
                    wire.add(buffer);
                    return wire.isFull() ? write() : Mono.<Void>empty();
                })
                .repeat(buffer::hasRemaining)
                .then());
    }

    private Mono<Void> write() {
        List<Bytea> batch = wire.take();
        if (batch.isEmpty()) {
            return Mono.empty();
        }
        List<Object> parameters = new ArrayList<>(List.of(mailboxId, bodyId));
        for (Bytea chunk : batch) {
            parameters.add(chunks++);
            parameters.add(chunk);
        }
        String sql = Sql.stageChunks(batch.size());
        return database.run(
                        "deliver",
                        Repeat.ALWAYS,
                        connection -> database.rows(connection, sql, row -> 1, parameters.toArray()))
                .flatMap(staging -> staging.isEmpty() ? Mono.error(swept()) : Mono.empty());
    }

    private Mono<Void> commit() {
        Bytea sha256 = Bytea.of(wire.sha256());
        return database.transaction(
                        "deliver",
                        Repeat.ALWAYS,
                        connection -> lockQuota(connection).flatMap(quota -> commit(connection, sha256, quota)))
                .then(deliveryId.isPresent() ? drop() : Mono.empty());
    }

    /** Before the mailbox is locked, as whatever locks both does. Costs nothing where there is no quota. */
    private Mono<Quota> lockQuota(Connection connection) {
        if (!hasQuota) {
            return Mono.just(Quota.UNLIMITED);
        }
        return database.rows(connection, Sql.LOCK_QUOTA, this::quota, user.value())
                .flatMap(rows -> rows.isEmpty() ? Mono.error(noAccount()) : Mono.just(rows.get(0)));
    }

    /** With this message, which is counted already; an error rolls that back. */
    private Mono<Usage> requireRoom(Connection connection, Quota quota) {
        return usage(database, connection, user, quota)
                .doOnNext(usage -> quota.require(user, usage.messages(), usage.octets()));
    }

    static Mono<Usage> usage(Database database, Connection connection, UserName user, Quota quota) {
        return database.rows(
                        connection,
                        Sql.USAGE,
                        row -> new Usage(Rows.get(row, 0, Long.class), Rows.get(row, 1, Long.class), quota),
                        user.value())
                .map(rows -> rows.get(0));
    }

    private Mono<Boolean> commit(Connection connection, Bytea sha256, Quota quota) {
        long earlier = uid;
        return takeUid(connection)
                .switchIfEmpty(Mono.defer(
                        () -> database.changed(connection, Sql.CREATE_MAILBOX, mailboxId, user.value(), folder.value())
                                .then(takeUid(connection))))
                // an earlier try whose connection was lost may have been committed; the lock just taken waited for it
                .filterWhen(taken -> isNew(connection, earlier))
                // only now: one that is there already is not refused, full as the mailbox may be with it
                .flatMap(taken -> quota.isUnlimited()
                        ? Mono.just(taken)
                        : requireRoom(connection, quota).thenReturn(taken))
                .flatMap(taken -> {
                    uid = taken;
                    return database.changed(
                                    connection,
                                    Sql.ADD_MESSAGE,
                                    mailboxId,
                                    bodyId,
                                    taken,
                                    wire.octets(),
                                    chunks,
                                    deliveryId.<Object>map(id -> id).orElse(Parameters.in(UUID.class)),
                                    sha256,
                                    message.sender(),
                                    received(message)
                                            .<Object>map(micros -> micros)
                                            .orElse(Parameters.in(Long.class)))
                            .flatMap(added -> added == 1 ? Mono.just(true) : Mono.error(swept()));
                })
                // there already: the number is given back, and the message not counted
                .switchIfEmpty(
                        Mono.defer(() -> database.changed(connection, Sql.GIVE_BACK_UIDS, mailboxId, wire.octets(), 1L)
                                .thenReturn(false)));
    }

    /** In microseconds since 1970, which is as exact as PostgreSQL is. */
    static Optional<Long> received(Message message) {
        return message.received().map(time -> time.getEpochSecond() * 1_000_000 + time.getNano() / 1_000);
    }

    private Mono<Long> takeUid(Connection connection) {
        return database.rows(
                        connection, Sql.TAKE_UIDS, row -> Rows.get(row, 0, Long.class), mailboxId, wire.octets(), 1L)
                .flatMap(rows -> rows.isEmpty() ? Mono.empty() : Mono.just(rows.get(0)));
    }

    private Mono<Boolean> isNew(Connection connection, long earlier) {
        Mono<Boolean> committed = earlier == 0
                ? Mono.just(false)
                : database.rows(connection, Sql.COMMITTED_BEFORE, row -> 1, mailboxId, earlier, bodyId)
                        .map(rows -> !rows.isEmpty());
        Mono<Boolean> repeated = deliveryId
                .map(id -> database.rows(connection, Sql.DELIVERED_BEFORE, row -> 1, mailboxId, id)
                        .map(rows -> !rows.isEmpty()))
                .orElse(Mono.just(false));
        return committed.flatMap(yes -> yes ? Mono.just(false) : repeated.map(known -> !known));
    }

    /** What was staged and is no message is given to the sweep. The sweep finds it by its age, too. */
    private Mono<Void> drop() {
        if (!staged.get()) {
            return Mono.empty();
        }
        return database.run(
                        "drop a delivery",
                        Repeat.ALWAYS,
                        connection -> database.changed(connection, Sql.DOOM, mailboxId, bodyId))
                .onErrorResume(error -> {
                    LOG.atDebug().addKeyValue("error", error.toString()).log("chunks-left");
                    return Mono.empty();
                })
                .then();
    }

    private static StoreException swept() {
        return new StoreException(Reason.UNAVAILABLE, "deliver: took so long that its chunks were swept");
    }
}
