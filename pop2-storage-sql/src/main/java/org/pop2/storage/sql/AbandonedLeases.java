package org.pop2.storage.sql;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.pop2.storage.sql.Database.Repeat;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Leases of ended sessions that may still exist in the database: the statement that was to free one failed, or the
 * outcome of the one that took it is unknown. They are freed later, so that users need not wait for them to expire.
 */
final class AbandonedLeases {
    private final Database database;
    private final Duration ttl;
    private final Map<UUID, Abandoned> bySession = new ConcurrentHashMap<>();

    AbandonedLeases(Database database, Duration ttl) {
        this.database = database;
        this.ttl = ttl;
    }

    /** @param since when it was given up, by the monotonic clock */
    private record Abandoned(UUID mailboxId, UUID session, long since) {
        Duration age() {
            return Duration.ofNanos(System.nanoTime() - since);
        }
    }

    void add(UUID mailboxId, UUID session) {
        bySession.put(session, new Abandoned(mailboxId, session, System.nanoTime()));
    }

    /**
     * Frees what can be freed now. A statement whose connection was lost may still be waiting for its turn at the
     * database: so this goes on for as long as that can take.
     */
    Mono<Void> free() {
        return Flux.defer(() -> Flux.fromIterable(new ArrayList<>(bySession.values())))
                .concatMap(this::free, 0)
                .then();
    }

    private Mono<Long> free(Abandoned lease) {
        boolean last = lease.age().compareTo(database.limit()) > 0;
        return database.run(
                        "free a mailbox",
                        Repeat.IF_VICTIM,
                        connection -> database.changed(connection, Sql.FREE, lease.mailboxId, lease.session))
                .doOnNext(freed -> {
                    if (freed > 0 || last) {
                        bySession.remove(lease.session);
                    }
                });
    }

    /** Forgets those whose lease has run out at the database by now. */
    void dropExpired() {
        bySession.values().removeIf(lease -> lease.age().compareTo(ttl.plus(database.limit())) > 0);
    }

    /** Forgets all; the mailboxes they were of. */
    List<UUID> takeAll() {
        List<UUID> mailboxIds =
                bySession.values().stream().map(Abandoned::mailboxId).toList();
        bySession.clear();
        return mailboxIds;
    }
}
