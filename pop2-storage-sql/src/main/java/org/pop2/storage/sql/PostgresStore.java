package org.pop2.storage.sql;

import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.pool.ConnectionPoolConfiguration;
import io.r2dbc.pool.PoolMetrics;
import io.r2dbc.postgresql.MultiHostConnectionStrategy.TargetServerType;
import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.r2dbc.postgresql.extension.CodecRegistrar;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ValidationDepth;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.ToIntFunction;
import org.pop2.storage.Accounts;
import org.pop2.storage.BatchDelivery;
import org.pop2.storage.FolderName;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.Ledgers;
import org.pop2.storage.MailStore;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Message;
import org.pop2.storage.Quota;
import org.pop2.storage.Retention;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.StoreMetrics;
import org.pop2.storage.Usage;
import org.pop2.storage.UserName;
import org.pop2.storage.sql.Database.Repeat;
import org.pop2.storage.support.Opening;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Mail in PostgreSQL: one of any number of nodes on one database. */
public final class PostgresStore implements MailStore, BatchDelivery, Retention, StoreMetrics, Ledgers {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresStore.class);

    private static final Duration MARGIN = Duration.ofSeconds(2);
    /** How long a node that is cut off in the middle of a transaction keeps its locks. */
    private static final Duration IDLE = Duration.ofSeconds(30);

    private static final Duration RECHECK = Duration.ofSeconds(1);

    private final Database database;
    private final PostgresAccounts accounts;
    private final Leases leases;
    private final Sweeper sweeper;
    private final Quota quota;
    private final ReadAhead readAhead = new ReadAhead();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final Disposable.Swap sweeping = Disposables.swap();

    private PostgresStore(Database database, Leases leases, Sweeper sweeper, Quota quota) {
        this.database = database;
        this.quota = quota;
        this.accounts = new PostgresAccounts(database);
        this.leases = leases;
        this.sweeper = sweeper;
    }

    /** Runs to its end once subscribed; a store that nobody waits for any more is closed again. */
    static Mono<PostgresStore> open(PostgresSettings settings, HoldPolicy policy) {
        return Mono.fromCallable(() -> {
                    settings.checkTlsFiles();
                    return settings.readPassword();
                })
                .subscribeOn(Schedulers.boundedElastic())
                .flatMap(password -> {
                    ConnectionFactory connections = connections(settings);
                    Database database = database(settings, connections, settings.poolSize());
                    // with a connection of its own: when all others are in use, held mailboxes are not lost
                    Database renewals = database(settings, connections, 1);
                    PostgresStore store = new PostgresStore(
                            database,
                            new Leases(database, renewals, policy, settings.leaseTtl(), settings.node()),
                            new Sweeper(database, settings.retention()),
                            settings.quota());
                    return schema(settings, database)
                            .then(store.start())
                            .then(settings.pooler() ? warnOfLimits(database) : Mono.empty())
                            .thenReturn(store)
                            .onErrorResume(error -> Mono.from(store.close()).then(Mono.error(error)));
                });
    }

    private static Mono<Void> schema(PostgresSettings settings, Database database) {
        // Flyway and its JDBC driver take a second to load: commands and deliveries need them only when there is work
        return SchemaMigration.isUpToDate(settings, database).flatMap(upToDate -> {
            if (upToDate) {
                return Mono.empty();
            }
            return settings.migrate() ? SchemaMigration.migrate(settings).then() : refuse(settings);
        });
    }

    private static Mono<Void> refuse(PostgresSettings settings) {
        return SchemaMigration.pending(settings)
                .flatMap(pending -> pending.isEmpty()
                        ? Mono.empty()
                        : Mono.error(new StoreException(
                                Reason.UNAVAILABLE,
                                "schema of " + settings + " is older than this program, and migrate is false; missing: "
                                        + String.join(", ", pending) + "; apply with: pop2d migrate")));
    }

    private static ConnectionFactory connections(PostgresSettings settings) {
        PostgresqlConnectionConfiguration.Builder connection = PostgresqlConnectionConfiguration.builder()
                .database(settings.databaseName())
                .username(settings.user())
                // for each connection anew: a password that was changed is found
                .password(Mono.<CharSequence>fromCallable(settings::readPassword)
                        .subscribeOn(Schedulers.boundedElastic()))
                .applicationName("pop2d")
                .connectTimeout(connectTimeout(settings))
                .tcpKeepAlive(true)
                .tcpNoDelay(true)
                .forceBinary(true)
                .codecRegistrar(bytea());
        if (settings.primaryOnly()) {
            settings.hosts().forEach(host -> connection.addHost(host.name(), host.port()));
            // one that was a standby a moment ago may be the primary now
            connection.targetServerType(TargetServerType.PRIMARY).hostRecheckTime(RECHECK);
        } else {
            connection
                    .host(settings.hosts().get(0).name())
                    .port(settings.hosts().get(0).port());
        }
        if (settings.tls().startSsl()) {
            settings.tlsCert().ifPresent(certificate -> connection.sslCert(certificate.toString()));
            settings.tlsKey().ifPresent(key -> connection.sslKey(key.toString()));
            connection.sslMode(settings.tls());
            settings.tlsCa().ifPresent(ca -> connection.sslRootCert(ca.toString()));
            if (!settings.tls().verifyPeerName()) {
                // Netty verifies names unless it is told not to, and the driver does not tell it
                connection.sslContextBuilderCustomizer(context -> context.endpointIdentificationAlgorithm(""));
            }
        }
        if (settings.pooler()) {
            // the next transaction may run on another server connection, where nothing of this one was prepared or set
            connection.preparedStatementCacheQueries(0);
        } else {
            connection
                    .statementTimeout(settings.statementTimeout())
                    .lockWaitTimeout(lockWait(settings))
                    .options(Map.of("idle_in_transaction_session_timeout", String.valueOf(IDLE.toMillis())));
        }
        return new PostgresqlConnectionFactory(connection.build());
    }

    private static Database database(PostgresSettings settings, ConnectionFactory connections, int size) {
        ConnectionPool pool = new ConnectionPool(ConnectionPoolConfiguration.builder()
                .connectionFactory(connections)
                .initialSize(0)
                .maxSize(size)
                .maxAcquireTime(settings.statementTimeout())
                .maxCreateConnectionTime(settings.statementTimeout())
                .maxIdleTime(Duration.ofMinutes(10))
                .maxLifeTime(Duration.ofMinutes(30))
                .validationDepth(ValidationDepth.LOCAL)
                // Database does, but not when the time is up
                .acquireRetry(0)
                .build());
        // a server connection that a pooler lends out is not ours to set: only what ends with the transaction may be
        // set
        String begin = settings.pooler()
                ? Sql.begin(
                        settings.statementTimeout().toMillis(),
                        lockWait(settings).toMillis(),
                        IDLE.toMillis())
                : "";
        return new Database(pool, size, settings.statementTimeout().plus(MARGIN), begin);
    }

    /** So that all hosts can be asked, and the last of them answer, while somebody waits for a connection. */
    private static Duration connectTimeout(PostgresSettings settings) {
        return shorter(
                settings.statementTimeout().dividedBy(settings.hosts().size()),
                Duration.ofSeconds(5).dividedBy(settings.hosts().size()));
    }

    private static Duration lockWait(PostgresSettings settings) {
        return shorter(settings.statementTimeout(), Duration.ofSeconds(3));
    }

    /** Statements outside of transactions have only the limits that the role has. */
    private static Mono<Void> warnOfLimits(Database database) {
        return database.run(
                        "start",
                        Repeat.ALWAYS,
                        connection -> database.rows(connection, Sql.UNLIMITED, row -> Rows.get(row, 0, String.class)))
                .doOnNext(unlimited -> {
                    if (!unlimited.isEmpty()) {
                        LOG.atWarn()
                                .addKeyValue("missing", String.join(", ", unlimited))
                                .log("database-timeouts-missing");
                    }
                })
                .then();
    }

    private static CodecRegistrar bytea() {
        return (connection, allocator, registry) ->
                Mono.fromRunnable(() -> registry.addFirst(new Bytea.ParameterCodec()));
    }

    private Mono<Void> start() {
        return database.run(
                        "start",
                        Repeat.ALWAYS,
                        connection -> database.rows(connection, Sql.ENCODING, row -> Rows.get(row, 0, String.class)))
                .flatMap(encoding -> encoding.get(0).equals("UTF8")
                        ? Mono.empty()
                        : Mono.error(new StoreException(
                                Reason.UNAVAILABLE, "the database's encoding is " + encoding.get(0) + ", not UTF8")))
                .then(leases.start())
                .then(Mono.fromRunnable(() -> sweeping.update(sweeper.start())));
    }

    @Override
    public Optional<BatchDelivery> batchDelivery() {
        return Optional.of(this);
    }

    @Override
    public Optional<Retention> retention() {
        return Optional.of(this);
    }

    @Override
    public Optional<Ledgers> ledgers() {
        return Optional.of(this);
    }

    @Override
    public Optional<StoreMetrics> metrics() {
        return Optional.of(this);
    }

    @Override
    public List<Measure> measures() {
        return List.of(
                new Measure("holds", "Mailboxes that sessions of this node hold", Kind.GAUGE, leases::count),
                new Measure(
                        "takeovers",
                        "Mailboxes that another session took from one of this node",
                        Kind.COUNTER,
                        leases::takeovers),
                new Measure(
                        "leases.lost",
                        "Mailboxes given up because their lease could not be renewed in time",
                        Kind.COUNTER,
                        leases::expired),
                pool("pool.connections", "Connections to the database that are open", PoolMetrics::allocatedSize),
                pool("pool.acquired", "Connections to the database that work", PoolMetrics::acquiredSize),
                pool(
                        "pool.pending",
                        "Work that waits for a connection to the database",
                        PoolMetrics::pendingAcquireSize),
                pool("pool.limit", "Connections to the database there may be", PoolMetrics::getMaxAllocatedSize));
    }

    private Measure pool(String name, String description, ToIntFunction<PoolMetrics> value) {
        return new Measure(
                name,
                description,
                Kind.GAUGE,
                () -> database.pool().getMetrics().map(value::applyAsInt).orElse(0));
    }

    @Override
    public Accounts accounts() {
        return accounts;
    }

    @Override
    public Publisher<Mailbox> open(UserName user, FolderName folder) {
        return new Opening(outcome -> ifOpen(Mono.defer(() -> open(MailboxId.of(user, folder), outcome::isCancelled)))
                .subscribe(outcome::opened, outcome::failed));
    }

    private Mono<Mailbox> open(UUID mailboxId, BooleanSupplier cancelled) {
        return leases.acquire(mailboxId, cancelled)
                .<Mailbox>flatMap(acquired -> Snapshot.read(database, mailboxId, acquired.first())
                        .<Mailbox>map(snapshot ->
                                new PostgresMailbox(database, leases, acquired.holding(), snapshot, readAhead))
                        .onErrorResume(
                                error -> leases.giveUp(acquired.holding()).then(Mono.error(error))))
                .switchIfEmpty(Mono.fromSupplier(UnknownMailbox::new));
    }

    @Override
    public Publisher<Void> deliver(UserName user, FolderName folder, Message message) {
        return ifOpen(Delivery.of(database, user, folder, message, quota));
    }

    @Override
    public Publisher<Void> deliver(UserName user, FolderName folder, List<Message> messages) {
        List<Message> batch = BatchDelivery.checked(messages);
        return batch.isEmpty() ? Mono.empty() : ifOpen(BatchedDelivery.of(database, user, folder, batch, quota));
    }

    @Override
    public Publisher<Ledger> ledger(String name) {
        Ledgers.require(name);
        return ifOpen(PostgresLedger.open(database, name));
    }

    @Override
    public Publisher<FolderName> folders(UserName user) {
        return Pages.<FolderName>of(last -> ifOpen(database.run(
                "list folders",
                Repeat.ALWAYS,
                connection -> database.rows(
                        connection,
                        Sql.FOLDERS_AFTER,
                        row -> new FolderName(Rows.get(row, 0, String.class)),
                        user.value(),
                        last == null ? "" : last.value(),
                        Pages.SIZE))));
    }

    @Override
    public Publisher<Usage> usage(UserName user) {
        return ifOpen(database.run(
                "count a user's mail",
                Repeat.ALWAYS,
                connection -> database.rows(
                                connection, Sql.QUOTA_OF, row -> PostgresAccounts.quota(row, 0), user.value())
                        .map(rows -> rows.isEmpty() ? quota : rows.get(0).orElse(quota))
                        .flatMap(holds -> Delivery.usage(database, connection, user, holds))));
    }

    @Override
    public Publisher<Expunged> expunged(UserName user, FolderName folder) {
        return sweeper.expunged(user, folder);
    }

    @Override
    public Publisher<Long> undelete(UserName user, FolderName folder, Collection<Long> uids) {
        return sweeper.undelete(user, folder, uids);
    }

    /** Removes, in small batches, what is past its retention; the store does so by itself, too. */
    public Publisher<Swept> sweep() {
        return sweeper.sweep();
    }

    @Override
    public Publisher<Void> close() {
        return Mono.defer(() -> {
            if (!closed.compareAndSet(false, true)) {
                return Mono.empty();
            }
            sweeping.dispose();
            return Database.toTheEnd(leases.close().then(database.close()));
        });
    }

    Database database() {
        return database;
    }

    Leases leases() {
        return leases;
    }

    private <T> Mono<T> ifOpen(Mono<T> work) {
        return Mono.defer(() ->
                closed.get() ? Mono.error(new StoreException(Reason.UNAVAILABLE, "the storage is closed")) : work);
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) <= 0 ? one : other;
    }
}
