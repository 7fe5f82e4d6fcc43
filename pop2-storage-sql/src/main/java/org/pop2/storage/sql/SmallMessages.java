package org.pop2.storage.sql;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.sql.Database.Repeat;
import reactor.core.publisher.Mono;

/**
 * The messages of one mailbox that fit into a chunk. A client that reads one after the other, as nearly all do, is
 * answered from memory most of the time: the next ones are read with the one that is asked for, twice as many each
 * time. That is sound, for no chunk is ever changed.
 */
final class SmallMessages {
    private static final int MOST_MESSAGES = 64;

    private final Database database;
    private final UUID mailboxId;
    private final Snapshot snapshot;
    private final ReadAhead budget;
    private final Runnable onCorrupt;

    private final Map<Integer, ByteBuffer> ahead = new HashMap<>();
    private int expected = 1;
    private int step = 1;
    private boolean closed;

    /** @param onCorrupt run before a subscriber hears that a message is not what was delivered */
    SmallMessages(Database database, UUID mailboxId, Snapshot snapshot, ReadAhead budget, Runnable onCorrupt) {
        this.database = database;
        this.mailboxId = mailboxId;
        this.snapshot = snapshot;
        this.budget = budget;
        this.onCorrupt = onCorrupt;
    }

    static boolean isSmall(long octets) {
        return octets <= WireForm.CHUNK_OCTETS;
    }

    Mono<ContentBuffer> content(int number) {
        return Mono.defer(() -> {
            ByteBuffer known = take(number);
            return known != null ? Mono.just(sound(number, known)) : read(number, next(number));
        });
    }

    /** What was read ahead and will not be asked for. To be called when the mailbox is let go. */
    synchronized void close() {
        closed = true;
        forget();
    }

    private void forget() {
        ahead.values().forEach(octets -> budget.free(octets.remaining()));
        ahead.clear();
    }

    private synchronized @Nullable ByteBuffer take(int number) {
        ByteBuffer known = ahead.remove(number);
        if (known != null) {
            expected = number + 1;
            budget.free(known.remaining());
        }
        return known;
    }

    /** The messages to read with this one, itself first. There is room for the others: none is read in vain. */
    private synchronized List<Integer> next(int number) {
        forget();
        step = number == expected && number > 1 ? Math.min(2 * step, MOST_MESSAGES) : 1;
        expected = number + 1;
        List<Integer> numbers = new ArrayList<>();
        numbers.add(number);
        int octets = 0;
        for (int other = number + 1; other < number + step && other <= snapshot.count(); other++) {
            if (isSmall(snapshot.octets(other))) {
                octets += size(other);
                if (octets > ReadAhead.MOST || closed || !budget.keep(size(other))) {
                    break;
                }
                numbers.add(other);
            }
        }
        return numbers;
    }

    private int size(int number) {
        return (int) snapshot.octets(number);
    }

    private Mono<ContentBuffer> read(int number, List<Integer> numbers) {
        List<Integer> others = numbers.subList(1, numbers.size());
        UUID[] bodies = numbers.stream().map(snapshot::body).toArray(UUID[]::new);
        // though whoever asked cancels: the room is given back, or what is there now is for the next one
        return Database.toTheEnd(database.run(
                                "read a message",
                                Repeat.ALWAYS,
                                connection -> database.rows(
                                        connection,
                                        Sql.SMALL_BODIES,
                                        row -> Map.entry(
                                                Rows.get(row, 0, UUID.class), Rows.get(row, 1, ByteBuffer.class)),
                                        mailboxId,
                                        bodies))
                        .map(rows -> rows.stream().collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)))
                        .doOnNext(found -> keep(others, found))
                        .doOnError(error -> keep(others, Map.of())))
                .map(found -> sound(number, found.get(snapshot.body(number))));
    }

    private ContentBuffer sound(int number, @Nullable ByteBuffer octets) {
        if (octets == null
                || octets.remaining() != snapshot.octets(number)
                || Checksum.ofMessage(octets) != snapshot.checksum(number)) {
            onCorrupt.run();
            throw new StoreException(
                    Reason.CORRUPT,
                    "read a message: body " + snapshot.body(number) + " in mailbox " + mailboxId
                            + " is not what was delivered");
        }
        return ContentBuffer.unpooled(octets);
    }

    /** Keeps what was found of messages that there is room for, and gives back the room of the others. */
    private synchronized void keep(List<Integer> numbers, Map<UUID, ByteBuffer> found) {
        for (int number : numbers) {
            ByteBuffer octets = found.get(snapshot.body(number));
            // one that is not what was counted says so when it is asked for
            if (octets != null && octets.remaining() == size(number) && !closed && !ahead.containsKey(number)) {
                ahead.put(number, octets);
            } else {
                budget.free(size(number));
            }
        }
    }
}
