package org.pop2.storage.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.BitSet;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pop2.storage.Account;
import org.pop2.storage.FolderName;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Message;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.UserName;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** An octet of a message turns into another in the database: nobody is shown all of it, and nothing is deleted. */
@Tag("any-database")
class DamageTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final UserName USER = new UserName("postel");
    private static final HoldPolicy REFUSE = new HoldPolicy(Duration.ofHours(1), Duration.ZERO);

    @SuppressWarnings("NullAway.Init")
    private static TestDatabase database;

    @SuppressWarnings("NullAway.Init")
    private PostgresStore store;

    @BeforeAll
    static void createDatabase() {
        database = TestDatabase.migrated();
    }

    @BeforeEach
    void open() {
        store = database.open(REFUSE, Map.of());
        complete(store.accounts().put(new Account(USER, "{PLAIN}x", true)));
    }

    @AfterEach
    void close() {
        complete(store.close());
        database.clear();
    }

    /** The message is the first that is read, or one that came with another. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void ofASmallMessageNothingIsShown(int damaged) {
        deliver(300, 300, 300, 300);
        damage(damaged, 0, 17);
        Mailbox mailbox = inbox();
        for (int number = 1; number < damaged; number++) {
            assertThat(read(mailbox, number, new AtomicLong())).isEqualTo(302);
        }
        assertDamaged(mailbox, damaged, 0);
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "0, 65535", "7, 5", "8, 5", "11, 3"})
    void ofALargeMessageTheEndIsNotShown(int chunk, int octet) {
        int octets = 11 * WireForm.CHUNK_OCTETS + 10;
        deliver(octets);
        damage(1, chunk, octet);
        assertDamaged(inbox(), 1, octets - 1);
    }

    @Test
    void whatIsSoundIsReadAndDeletedInASessionThatDoesNotMeetTheDamage() {
        deliver(100, 100_000, 100);
        damage(2, 0, 3);
        Mailbox mailbox = inbox();
        assertThat(read(mailbox, 1, new AtomicLong())).isEqualTo(102);
        assertThat(read(mailbox, 3, new AtomicLong())).isEqualTo(102);
        complete(mailbox.release(bits(1, 3)));
        assertThat(database.query("SELECT uid FROM message")).containsExactly("2");
    }

    /** As the manual has it. */
    @ParameterizedTest
    @ValueSource(ints = {100, 100_000})
    void anAdministratorTakesItAsItIs(int octets) {
        deliver(octets);
        damage(1, 0, 3);
        String body = database.query("SELECT body_id FROM message").get(0);
        database.execute("UPDATE message SET sha256 = (SELECT sha256(string_agg(data, '' ORDER BY seq))"
                + " FROM message_chunk WHERE mailbox_id = message.mailbox_id AND body_id = message.body_id)"
                + " WHERE mailbox_id = '" + MailboxId.of(USER, FolderName.INBOX) + "' AND body_id = '" + body + "'");
        Mailbox mailbox = inbox();
        assertThat(read(mailbox, 1, new AtomicLong())).isEqualTo(octets + 2);
        complete(mailbox.release(bits(1)));
        assertThat(database.number("SELECT count(*) FROM message")).isZero();
    }

    private void assertDamaged(Mailbox mailbox, int number, long most) {
        AtomicLong shown = new AtomicLong();
        assertThatThrownBy(() -> read(mailbox, number, shown))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.reason()).isEqualTo(Reason.CORRUPT))
                .hasMessageContaining(MailboxId.of(USER, FolderName.INBOX).toString());
        assertThat(shown).hasValueLessThanOrEqualTo(most);
        long before = database.number("SELECT count(*) FROM message");
        assertThatThrownBy(() -> complete(mailbox.release(bits(1))))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.reason()).isEqualTo(Reason.CORRUPT));
        assertThat(database.number("SELECT count(*) FROM message")).isEqualTo(before);
    }

    private static void damage(int uid, int chunk, int octet) {
        database.execute("UPDATE message_chunk c SET data = set_byte(data, " + octet + ", get_byte(data, " + octet
                + ") # 1) FROM message m WHERE m.mailbox_id = c.mailbox_id AND m.body_id = c.body_id AND m.uid = " + uid
                + " AND c.seq = " + chunk);
    }

    private void deliver(int... sizes) {
        for (int octets : sizes) {
            ByteBuffer text = ByteBuffer.wrap("x".repeat(octets).getBytes(StandardCharsets.US_ASCII));
            complete(store.deliver(USER, FolderName.INBOX, Message.of(Flux.just(text))));
        }
    }

    private Mailbox inbox() {
        return Mono.from(store.open(USER, FolderName.INBOX))
                .blockOptional(LIMIT)
                .orElseThrow();
    }

    private static long read(Mailbox mailbox, int number, AtomicLong shown) {
        Flux.from(mailbox.content(number))
                .doOnNext(buffer -> {
                    shown.addAndGet(buffer.octets().remaining());
                    buffer.release();
                })
                .blockLast(LIMIT);
        return shown.get();
    }

    private static BitSet bits(int... numbers) {
        BitSet bits = new BitSet();
        for (int number : numbers) {
            bits.set(number);
        }
        return bits;
    }

    private static void complete(Publisher<Void> work) {
        Mono.from(work).block(LIMIT);
    }
}
