package org.pop2.storage.sql;

import java.time.Instant;
import java.util.BitSet;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.Enveloped;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Notes;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.sql.Database.Repeat;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** A mailbox that exists, held by a lease. */
final class PostgresMailbox implements Mailbox, Enveloped {
    private final Database database;
    private final Leases leases;
    private final Holding holding;
    private final Snapshot snapshot;
    private final ReadAhead budget;
    private final SmallMessages small;
    private final AtomicBoolean releasing = new AtomicBoolean();
    private final Sinks.Empty<Void> released = Sinks.empty();
    private volatile boolean corrupt;

    PostgresMailbox(Database database, Leases leases, Holding holding, Snapshot snapshot, ReadAhead budget) {
        this.database = database;
        this.leases = leases;
        this.holding = holding;
        this.snapshot = snapshot;
        this.budget = budget;
        this.small = new SmallMessages(database, holding.mailboxId, snapshot, budget, () -> corrupt = true);
    }

    @Override
    public int count() {
        return snapshot.count();
    }

    @Override
    public long octets(int number) {
        return snapshot.octets(number);
    }

    @Override
    public boolean writable() {
        return true;
    }

    @Override
    public Publisher<ContentBuffer> content(int number) {
        long octets = snapshot.octets(number);
        return SmallMessages.isSmall(octets)
                ? small.content(number)
                : new ChunkReader(
                        database,
                        holding.mailboxId,
                        snapshot.body(number),
                        octets,
                        snapshot.checksum(number),
                        budget,
                        () -> corrupt = true);
    }

    @Override
    public Publisher<Envelope> envelope(int number) {
        long uid = snapshot.uid(number);
        return database.run(
                        "read an envelope",
                        Repeat.ALWAYS,
                        connection -> database.rows(
                                connection,
                                Sql.ENVELOPE,
                                row -> new Envelope(
                                        Rows.get(row, 0, String.class), Optional.of(Rows.get(row, 1, Instant.class))),
                                holding.mailboxId,
                                uid))
                .map(rows -> {
                    if (rows.isEmpty()) {
                        throw new StoreException(Reason.CORRUPT, "message " + number + " is gone");
                    }
                    return rows.get(0);
                });
    }

    @Override
    public Publisher<Void> release(BitSet deleted) {
        if (deleted.length() > count() + 1 || deleted.get(0)) {
            throw new IllegalArgumentException("no such message");
        }
        long[] uids = snapshot.uids(deleted);
        return Mono.defer(() -> {
            if (releasing.compareAndSet(false, true)) {
                small.close();
                release(uids).subscribe(nothing -> {}, released::tryEmitError, released::tryEmitEmpty);
            }
            return released.asMono();
        });
    }

    @Override
    public void active() {
        leases.active(holding);
    }

    @Override
    public Publisher<Void> lost() {
        return holding.whenLost();
    }

    @Override
    public Optional<Enveloped> envelopes() {
        return Optional.of(this);
    }

    @Override
    public Optional<Notes> notes() {
        return Optional.of(new PostgresNotes(database, holding.mailboxId));
    }

    /** Whatever the outcome, the hold has ended when this does. */
    private Mono<Void> release(long[] uids) {
        if (!holding.startRelease()) {
            // gone already; the lease may still be ours if only this node's clock ended it
            return leases.giveUp(holding)
                    .then(Mono.error(
                            new StoreException(Reason.BUSY, "release: the hold was lost; nothing was deleted")));
        }
        if (uids.length == 0) {
            return leases.giveUp(holding);
        }
        if (corrupt) {
            return leases.giveUp(holding)
                    .then(Mono.error(new StoreException(
                            Reason.CORRUPT, "release: a message was not what was delivered; nothing was deleted")));
        }
        return Release.of(database, holding, uids)
                .onErrorResume(error -> leases.giveUpAtOnce(holding).then(Mono.error(error)))
                .then(Mono.fromRunnable(() -> leases.forget(holding)));
    }
}
