package org.pop2.storage.sql;

import io.r2dbc.spi.Readable;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.pop2.storage.sql.Database.Repeat;
import reactor.core.publisher.Mono;

/** The messages of a mailbox when it was opened, in arrays: 40 octets each, and numbers that never change. */
final class Snapshot {
    private static final long[] NONE = {};

    private long[] uids = NONE;
    private long[] octets = NONE;
    private long[] bodies = NONE;
    private long[] checksums = NONE;
    private int count;

    /** @param first the first messages, up to {@link Sql#LISTED}, if they are known already */
    static Mono<Snapshot> read(Database database, UUID mailboxId, Optional<List<Row>> first) {
        return Mono.defer(() -> {
            Snapshot snapshot = new Snapshot();
            if (first.isPresent() && snapshot.append(first.get()) < Sql.LISTED) {
                return Mono.just(snapshot);
            }
            BatchSize size = new BatchSize();
            return snapshot.window(database, mailboxId, size)
                    .expand(more -> more ? snapshot.window(database, mailboxId, size) : Mono.empty())
                    .then(Mono.just(snapshot));
        });
    }

    int count() {
        return count;
    }

    long uid(int number) {
        return uids[index(number)];
    }

    long octets(int number) {
        return octets[index(number)];
    }

    UUID body(int number) {
        int i = index(number);
        return new UUID(bodies[2 * i], bodies[2 * i + 1]);
    }

    /** The {@link Checksum} that it was stored with. */
    long checksum(int number) {
        return checksums[index(number)];
    }

    /** The uids of messages, in ascending order. */
    long[] uids(BitSet numbers) {
        return numbers.stream().mapToLong(this::uid).toArray();
    }

    /** The next window; whether there may be more behind it. */
    private Mono<Boolean> window(Database database, UUID mailboxId, BatchSize size) {
        long after = count == 0 ? 0 : uids[count - 1];
        return size.orSmaller(Mono.defer(() -> {
            int wanted = size.rows();
            return size.timed(database.run(
                            "open",
                            Repeat.ALWAYS,
                            connection ->
                                    database.rows(connection, Sql.MESSAGES_AFTER, Row::of, mailboxId, after, wanted)))
                    .map(rows -> append(rows) == wanted);
        }));
    }

    private int append(List<Row> rows) {
        if (count + rows.size() > uids.length) {
            int capacity = Math.max(count + rows.size(), uids.length * 2);
            uids = Arrays.copyOf(uids, capacity);
            octets = Arrays.copyOf(octets, capacity);
            bodies = Arrays.copyOf(bodies, 2 * capacity);
            checksums = Arrays.copyOf(checksums, capacity);
        }
        for (Row row : rows) {
            uids[count] = row.uid;
            octets[count] = row.octets;
            bodies[2 * count] = row.body.getMostSignificantBits();
            bodies[2 * count + 1] = row.body.getLeastSignificantBits();
            checksums[count] = row.checksum;
            count++;
        }
        return rows.size();
    }

    private int index(int number) {
        if (number < 1 || number > count) {
            throw new IndexOutOfBoundsException("message " + number + " of " + count);
        }
        return number - 1;
    }

    /** A message in the answer to a statement. */
    record Row(long uid, long octets, UUID body, long checksum) {
        static Row of(Readable row) {
            return at(row, 0);
        }

        /** @param column the first of the four */
        static Row at(Readable row, int column) {
            return new Row(
                    Rows.get(row, column, Long.class),
                    Rows.get(row, column + 1, Long.class),
                    Rows.get(row, column + 2, UUID.class),
                    Checksum.of(Rows.get(row, column + 3, ByteBuffer.class)));
        }
    }
}
