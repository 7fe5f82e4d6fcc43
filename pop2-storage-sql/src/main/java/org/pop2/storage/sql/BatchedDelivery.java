package org.pop2.storage.sql;

import io.r2dbc.spi.Connection;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.BatchDelivery;
import org.pop2.storage.FolderName;
import org.pop2.storage.Message;
import org.pop2.storage.Quota;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.UserName;
import org.pop2.storage.sql.Database.Repeat;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * One delivery of several small messages: gathered in memory, then stored by one transaction, chunks and all. Nothing
 * is staged, so nothing is left where it fails.
 */
final class BatchedDelivery {
    /** Chunks of one statement, and their octets. */
    private static final int MOST_CHUNKS = 64;

    private static final long MOST_CHUNK_OCTETS = 1024 * 1024;

    private final Database database;
    private final UserName user;
    private final FolderName folder;
    private final Quota usualQuota;
    private final UUID mailboxId;
    private final List<Gathered> gathered = new ArrayList<>();
    private long octets;
    /** The first number that the transaction took when it was tried last; 0: not yet. */
    private volatile long firstUid;

    /** A message as it will be stored. */
    private record Gathered(
            UUID body,
            List<Bytea> chunks,
            long octets,
            String sha256,
            @Nullable UUID delivery,
            String sender,
            @Nullable Long received) {}

    private BatchedDelivery(Database database, UserName user, FolderName folder, Quota usualQuota) {
        this.database = database;
        this.user = user;
        this.folder = folder;
        this.usualQuota = usualQuota;
        this.mailboxId = MailboxId.of(user, folder);
    }

    /** @param usualQuota for users who have none of their own */
    static Mono<Void> of(
            Database database, UserName user, FolderName folder, List<Message> messages, Quota usualQuota) {
        return Mono.defer(() -> new BatchedDelivery(database, user, folder, usualQuota).deliver(messages));
    }

    private Mono<Void> deliver(List<Message> messages) {
        return Flux.fromIterable(messages)
                .concatMap(this::gather, 0)
                .then(Mono.defer(() -> database.transaction("deliver", Repeat.ALWAYS, this::store)))
                .then();
    }

    private Mono<Void> gather(Message message) {
        WireForm wire = new WireForm(Integer.MAX_VALUE);
        return Flux.from(message.content())
                .onErrorMap(error -> error instanceof StoreException
                        ? error
                        : new StoreException(Reason.UNAVAILABLE, "deliver: the message broke off", error))
                .concatMap(buffer -> add(wire, buffer), 0)
                .then(Mono.fromRunnable(() -> {
                    wire.end();
                    octets += wire.octets();
                    gathered.add(new Gathered(
                            UUID.randomUUID(),
                            wire.take(),
                            wire.octets(),
                            HexFormat.of().formatHex(wire.sha256()),
                            message.deliveryId().map(MailboxId::ofDelivery).orElse(null),
                            message.sender(),
                            Delivery.received(message).orElse(null)));
                }));
    }

    private Mono<Void> add(WireForm wire, ByteBuffer buffer) {
        wire.add(buffer);
        // each line feed may have got a carriage return
        return octets + wire.octets() <= 2L * BatchDelivery.MOST_OCTETS
                ? Mono.empty()
                : Mono.error(new StoreException(
                        Reason.UNAVAILABLE, "deliver: a batch of more than " + BatchDelivery.MOST_OCTETS + " octets"));
    }

    private Mono<Boolean> store(Connection connection) {
        return quota(connection, Sql.QUOTA_OF)
                // before the mailbox is locked, as whatever locks both does
                .flatMap(quota -> quota.isUnlimited() ? Mono.just(quota) : quota(connection, Sql.LOCK_QUOTA))
                .flatMap(quota -> store(connection, quota));
    }

    private Mono<Quota> quota(Connection connection, String sql) {
        return database.rows(
                        connection, sql, row -> PostgresAccounts.quota(row, 0).orElse(usualQuota), user.value())
                .flatMap(rows -> rows.isEmpty()
                        ? Mono.error(new StoreException(Reason.NOT_FOUND, "deliver: no account " + user))
                        : Mono.just(rows.get(0)));
    }

    private Mono<Void> addChunks(Connection connection, List<Gathered> messages) {
        List<List<Object>> statements = new ArrayList<>();
        List<Object> parameters = new ArrayList<>();
        long inStatement = 0;
        for (Gathered message : messages) {
            for (int seq = 0; seq < message.chunks().size(); seq++) {
                if (parameters.isEmpty() || parameters.size() > 3 * MOST_CHUNKS || inStatement >= MOST_CHUNK_OCTETS) {
                    parameters = new ArrayList<>(List.of(mailboxId));
                    statements.add(parameters);
                    inStatement = 0;
                }
                parameters.addAll(List.of(message.body(), seq, message.chunks().get(seq)));
                inStatement += Math.min(message.octets(), WireForm.CHUNK_OCTETS);
            }
        }
        return Flux.fromIterable(statements)
                .concatMap(each -> database.changed(connection, Sql.addChunks(each.size() / 3), each.toArray()))
                .then();
    }

    private Mono<Boolean> store(Connection connection, Quota quota) {
        long earlier = firstUid;
        return takeUids(connection)
                .switchIfEmpty(Mono.defer(
                        () -> database.changed(connection, Sql.CREATE_MAILBOX, mailboxId, user.value(), folder.value())
                                .then(takeUids(connection))))
                .flatMap(uid -> committed(connection, earlier).flatMap(done -> {
                    firstUid = uid;
                    return done
                            ? giveBack(connection, gathered).thenReturn(false)
                            : addNew(connection, quota, uid).thenReturn(true);
                }));
    }

    /** An earlier try whose connection was lost may have been committed; the lock just taken waited for it. */
    private Mono<Boolean> committed(Connection connection, long earlier) {
        return earlier == 0
                ? Mono.just(false)
                : Flux.fromIterable(gathered)
                        .map(Gathered::body)
                        .concatMap(body ->
                                database.rows(connection, Sql.COMMITTED_BEFORE, row -> 1, mailboxId, earlier, body))
                        .any(rows -> !rows.isEmpty());
    }

    private Mono<Long> takeUids(Connection connection) {
        return database.rows(connection, Sql.TAKE_UIDS, row -> Rows.get(row, 0, Long.class), mailboxId, octets, (long)
                        gathered.size())
                .flatMap(rows -> rows.isEmpty() ? Mono.empty() : Mono.just(rows.get(0)));
    }

    private Mono<Void> addNew(Connection connection, Quota quota, long uid) {
        return delivered(connection).flatMap(known -> {
            List<Gathered> fresh = new ArrayList<>();
            List<Gathered> repeated = new ArrayList<>();
            Set<UUID> seen = new HashSet<>(known);
            for (Gathered message : gathered) {
                boolean isNew = message.delivery() == null || seen.add(message.delivery());
                (isNew ? fresh : repeated).add(message);
            }
            return giveBack(connection, repeated)
                    .then(quota.isUnlimited() || fresh.isEmpty() ? Mono.empty() : requireRoom(connection, quota))
                    .then(fresh.isEmpty() ? Mono.empty() : add(connection, fresh, uid));
        });
    }

    private Mono<List<UUID>> delivered(Connection connection) {
        UUID[] ids = gathered.stream()
                .map(Gathered::delivery)
                .flatMap(id -> Optional.ofNullable(id).stream())
                .toArray(UUID[]::new);
        return ids.length == 0
                ? Mono.just(List.of())
                : database.rows(
                        connection, Sql.ALL_DELIVERED_BEFORE, row -> Rows.get(row, 0, UUID.class), mailboxId, ids);
    }

    /** Of messages that are there already: they are not counted. */
    private Mono<Void> giveBack(Connection connection, List<Gathered> messages) {
        if (messages.isEmpty()) {
            return Mono.empty();
        }
        return database.changed(
                        connection,
                        Sql.GIVE_BACK_UIDS,
                        mailboxId,
                        messages.stream().mapToLong(Gathered::octets).sum(),
                        (long) messages.size())
                .then();
    }

    /** With these messages, which are counted already; an error rolls that back. */
    private Mono<Void> requireRoom(Connection connection, Quota quota) {
        return Delivery.usage(database, connection, user, quota)
                .doOnNext(usage -> quota.require(user, usage.messages(), usage.octets()))
                .then();
    }

    private Mono<Void> add(Connection connection, List<Gathered> messages, long uid) {
        Long[] uids = new Long[messages.size()];
        for (int i = 0; i < uids.length; i++) {
            uids[i] = uid + i;
        }
        return addChunks(connection, messages)
                .then(database.changed(
                        connection,
                        Sql.ADD_MESSAGES,
                        mailboxId,
                        array(messages, UUID[]::new, Gathered::body),
                        uids,
                        array(messages, Long[]::new, Gathered::octets),
                        array(
                                messages,
                                Integer[]::new,
                                message -> message.chunks().size()),
                        array(messages, UUID[]::new, Gathered::delivery),
                        array(messages, String[]::new, Gathered::sha256),
                        array(messages, String[]::new, Gathered::sender),
                        array(messages, Long[]::new, Gathered::received)))
                .then();
    }

    private static <T> T[] array(
            List<Gathered> messages, IntFunction<T[]> array, Function<Gathered, @Nullable Object> column) {
        return messages.stream().map(column).toArray(array);
    }
}
