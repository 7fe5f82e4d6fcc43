package org.pop2.storage.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pop2.storage.Account;
import org.pop2.storage.FolderName;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.Message;
import org.pop2.storage.UserName;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What is read ahead, and what it takes of the budget that all mailboxes share. */
class SmallMessagesTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final UserName USER = new UserName("postel");
    private static final UUID MAILBOX = MailboxId.of(USER, FolderName.INBOX);
    private static final int MESSAGES = 200;

    private final TestDatabase database = TestDatabase.plain();
    private final PostgresStore store = database.open(HoldPolicy.DEFAULT, Map.of());
    private final ReadAhead budget = new ReadAhead();

    @BeforeEach
    void deliver() {
        Mono.from(store.accounts().put(new Account(USER, "{PLAIN}x", true))).block(LIMIT);
        List<Message> messages = IntStream.range(0, MESSAGES)
                .mapToObj(i -> Message.of(Flux.just(ByteBuffer.wrap(new byte[] {'x', '\n'}))))
                .toList();
        Mono.from(store.deliver(USER, FolderName.INBOX, messages)).block(LIMIT);
    }

    @AfterEach
    void close() {
        Mono.from(store.close()).block(LIMIT);
    }

    private SmallMessages messages() {
        Snapshot snapshot = Snapshot.read(store.database(), MAILBOX, Optional.empty())
                .blockOptional(LIMIT)
                .orElseThrow();
        assertThat(snapshot.count()).isEqualTo(MESSAGES);
        return new SmallMessages(store.database(), MAILBOX, snapshot, budget, () -> {});
    }

    private static void read(SmallMessages messages, int number) {
        messages.content(number).blockOptional(LIMIT).orElseThrow().release();
    }

    /** Rows that were looked at of all chunks, known when the connections are closed. */
    private long rowsRead() {
        Mono.from(store.close()).block(LIMIT);
        String rows = "SELECT sum(idx_tup_fetch) FROM pg_stat_user_tables WHERE relname LIKE 'message_chunk%'";
        Awaitility.await()
                .atMost(LIMIT)
                .until(() -> database.number("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pop2d'"
                                + " AND datname = '" + database.name + "'")
                        == 0);
        return database.number(rows);
    }

    @Test
    void eachMessageIsReadOnce() {
        SmallMessages messages = messages();
        IntStream.rangeClosed(1, MESSAGES).forEach(number -> read(messages, number));
        assertThat(rowsRead()).isEqualTo(MESSAGES);
    }

    /** It would be thrown away, and read again and again. */
    @Test
    void nothingIsReadAheadWhereThereIsNoRoom() {
        SmallMessages messages = messages();
        assertThat(budget.keep(32 * 1024 * 1024)).isTrue();
        IntStream.rangeClosed(1, MESSAGES).forEach(number -> read(messages, number));
        assertThat(rowsRead()).isEqualTo(MESSAGES);
    }

    @Test
    void whatIsNotReadAnyMoreLeavesNothingOfTheBudgetTaken() {
        for (int round = 0; round < 20; round++) {
            SmallMessages messages = messages();
            for (int number = 1; number < 10; number++) {
                read(messages, number);
            }
            messages.content(50).subscribe().dispose();
            messages.content(51).subscribe().dispose();
            messages.close();
        }
        Awaitility.await().atMost(LIMIT).until(() -> {
            boolean whole = budget.keep(32 * 1024 * 1024);
            if (whole) {
                budget.free(32 * 1024 * 1024);
            }
            return whole;
        });
    }
}
