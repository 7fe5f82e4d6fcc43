package org.pop2.storage.sql;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Parameters;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.pop2.storage.FolderName;
import org.pop2.storage.Message;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
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
    private final UUID mailboxId;
    private final UUID bodyId = UUID.randomUUID();
    private final Optional<UUID> deliveryId;
    private final WireForm wire = new WireForm(BATCH);
    private final AtomicBoolean staged = new AtomicBoolean();
    private int chunks;
    /** The number that the transaction took when it was tried last; 0: not yet. */
    private volatile long uid;

    private Delivery(Database database, UserName user, FolderName folder, Message message) {
        this.database = database;
        this.user = user;
        this.folder = folder;
        this.message = message;
        this.mailboxId = MailboxId.of(user, folder);
        this.deliveryId = message.deliveryId().map(MailboxId::ofDelivery);
    }

    static Mono<Void> of(Database database, UserName user, FolderName folder, Message message) {
        return Mono.defer(() -> new Delivery(database, user, folder, message).deliver());
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
                    return database.changed(connection, Sql.STAGE, mailboxId, bodyId, user.value())
                            .flatMap(added -> added > 0
                                    ? Mono.just(true)
                                    : database.rows(connection, Sql.HAS_ACCOUNT, row -> 1, user.value())
                                            .map(found -> !found.isEmpty()));
                })
                .flatMap(known -> known
                        ? Mono.empty()
                        : Mono.error(new StoreException(Reason.NOT_FOUND, "deliver: no account " + user)));
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
        return database.transaction("deliver", Repeat.ALWAYS, connection -> commit(connection, sha256))
                .then(deliveryId.isPresent() ? drop() : Mono.empty());
    }

    private Mono<Boolean> commit(Connection connection, Bytea sha256) {
        long earlier = uid;
        return takeUid(connection)
                .switchIfEmpty(Mono.defer(
                        () -> database.changed(connection, Sql.CREATE_MAILBOX, mailboxId, user.value(), folder.value())
                                .then(takeUid(connection))))
                // an earlier try whose connection was lost may have been committed; the lock just taken waited for it
                .filterWhen(taken -> isNew(connection, earlier))
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
                                    message.sender())
                            .flatMap(added -> added == 1 ? Mono.just(true) : Mono.error(swept()));
                })
                // there already: the number is given back, and the message not counted
                .switchIfEmpty(
                        Mono.defer(() -> database.changed(connection, Sql.GIVE_BACK_UID, mailboxId, wire.octets())
                                .thenReturn(false)));
    }

    private Mono<Long> takeUid(Connection connection) {
        return database.rows(connection, Sql.TAKE_UID, row -> Rows.get(row, 0, Long.class), mailboxId, wire.octets())
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
                    LOG.debug("Chunks of a failed delivery stay until the sweep finds them", error);
                    return Mono.empty();
                })
                .then();
    }

    private static StoreException swept() {
        return new StoreException(Reason.UNAVAILABLE, "deliver: took so long that its chunks were swept");
    }
}
