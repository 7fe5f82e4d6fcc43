package org.pop2.storage.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pop2.storage.Account;
import org.pop2.storage.FolderName;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Message;
import org.pop2.storage.Retention.Expunged;
import org.pop2.storage.UserName;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

@Tag("any-database")
class RetentionTest {
    private static final UserName USER = new UserName("postel");
    private static final FolderName INBOX = FolderName.INBOX;

    private static final TestDatabase DATABASE = TestDatabase.migrated();
    private final PostgresStore store = DATABASE.open(HoldPolicy.DEFAULT, Map.of());

    @BeforeEach
    void threeMessagesOfWhichTheFirstTwoAreDeleted() {
        await(store.accounts().put(new Account(USER, "{PLAIN}x", true)));
        for (int i = 1; i <= 3; i++) {
            deliver(i, "id" + i);
        }
        Mailbox mailbox = inbox();
        BitSet deleted = new BitSet();
        deleted.set(1, 3);
        await(mailbox.release(deleted));
    }

    @AfterEach
    void close() {
        await(store.close());
        assertThat(DATABASE.contradictions()).isEmpty();
        DATABASE.clear();
    }

    private static <T> void await(Publisher<T> work) {
        Mono.from(work).block(Duration.ofSeconds(30));
    }

    private void deliver(int octets, String id) {
        ByteBuffer content = ByteBuffer.wrap("x".repeat(octets).getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        await(store.deliver(USER, INBOX, new Message(Flux.just(content), "", Optional.of(id))));
    }

    private Mailbox inbox() {
        return Mono.from(store.open(USER, INBOX))
                .blockOptional(Duration.ofSeconds(30))
                .orElseThrow();
    }

    private List<Long> deletedUids() {
        return Flux.from(store.expunged(USER, INBOX))
                .map(Expunged::uid)
                .collectList()
                .blockOptional(Duration.ofSeconds(30))
                .orElseThrow();
    }

    @Test
    void deletedMessagesComeBackWhereTheyWere() {
        List<Long> uids = deletedUids();
        assertThat(uids).hasSize(2);
        assertThat(Mono.from(store.undelete(USER, INBOX, uids)).block()).isEqualTo(2);
        Mailbox mailbox = inbox();
        assertThat(List.of(mailbox.octets(1), mailbox.octets(2), mailbox.octets(3)))
                .containsExactly(3L, 4L, 5L);
        await(mailbox.release(new BitSet()));
        assertThat(deletedUids()).isEmpty();
        assertThat(Mono.from(store.undelete(USER, INBOX, uids)).block()).isZero();
    }

    @Test
    void sweepRemovesOnlyWhatIsPastItsRetention() {
        await(store.sweep());
        assertThat(deletedUids()).hasSize(2);
        DATABASE.execute("UPDATE expunged SET expunged_at = now() - interval '8 days' WHERE octets = 3");
        assertThat(Mono.from(store.sweep()).block()).isEqualTo(new Swept(1, 1));
        assertThat(deletedUids()).hasSize(1);
        assertThat(DATABASE.number("SELECT count(*) FROM message_chunk")).isEqualTo(2);
    }

    /** Or a release that looks whether it has happened would find nothing, and say that it has not. */
    @Test
    void whatWasDeletedAMomentAgoIsKeptInAnyCase() {
        PostgresStore forgetful = DATABASE.open(HoldPolicy.DEFAULT, Map.of("retention", "0s"));
        assertThat(Mono.from(forgetful.sweep()).block()).isEqualTo(new Swept(0, 0));
        DATABASE.execute("UPDATE expunged SET expunged_at = now() - interval '6 minutes'");
        assertThat(Mono.from(forgetful.sweep()).block()).isEqualTo(new Swept(2, 2));
        await(forgetful.close());
    }

    @Test
    void sweepRemovesWhatBrokenDeliveriesLeft() {
        DATABASE.execute(
                "INSERT INTO unreferenced (mailbox_id, body_id, since)"
                        + " SELECT mailbox_id, '00000000-0000-0000-0000-000000000001', now() - interval '25 hours' FROM mailbox");
        DATABASE.execute("INSERT INTO message_chunk SELECT mailbox_id, body_id, 0, 'x' FROM unreferenced");
        assertThat(Mono.from(store.sweep()).block()).isEqualTo(new Swept(0, 1));
        assertThat(DATABASE.number("SELECT count(*) FROM message_chunk")).isEqualTo(3);
    }

    @Test
    void repeatedDeliveryIsAbsorbedUntilTheFirstIsDeleted() {
        deliver(1, "id1");
        deliver(3, "id3");
        Mailbox mailbox = inbox();
        assertThat(mailbox.count()).isEqualTo(2);
        await(mailbox.release(new BitSet()));
        await(store.sweep());
        assertThat(DATABASE.number("SELECT count(*) FROM message_chunk")).isEqualTo(4);
    }

    @Test
    void deletedMessageComesBackBesideItsRepetition() {
        deliver(1, "id1");
        assertThat(Mono.from(store.undelete(USER, INBOX, deletedUids())).block())
                .isEqualTo(2);
        Mailbox mailbox = inbox();
        assertThat(List.of(mailbox.octets(1), mailbox.octets(2), mailbox.octets(3), mailbox.octets(4)))
                .containsExactly(3L, 4L, 5L, 3L);
        BitSet all = new BitSet();
        all.set(1, 5);
        await(mailbox.release(all));
        assertThat(deletedUids()).hasSize(4);
    }
}
