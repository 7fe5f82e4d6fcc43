package org.pop2.storage.tck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pop2.storage.Account;
import org.pop2.storage.BatchDelivery;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.FolderName;
import org.pop2.storage.MailStore;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Message;
import org.pop2.storage.Quota;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.UserName;
import org.reactivestreams.Publisher;

/** What a storage that is a {@link BatchDelivery} promises. Each test begins with no data. */
public abstract class BatchDeliveryContract {
    private static final UserName ALICE = new UserName("alice");
    private static final FolderName INBOX = FolderName.INBOX;
    private static final FolderName OTHER = new FolderName("Other");
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @SuppressWarnings("NullAway.Init")
    private MailStore store;

    /** Opens the storage, which must be a {@link BatchDelivery}; the contract closes it. */
    protected abstract MailStore open() throws Exception;

    /** Removes the data of a test; the storage is closed by then. */
    protected void discard() throws Exception {}

    @BeforeEach
    protected final void start() throws Exception {
        store = open();
        account(Optional.empty());
    }

    @AfterEach
    protected final void end() throws Exception {
        all(store.close());
        discard();
    }

    @Test
    void messagesComeBackAsTheyWereAndInTheirOrder() {
        long seed = Long.getLong("pop2.seed", new Random().nextLong());
        System.out.println("seed " + seed);
        List<Body> bodies = new ArrayList<>(Body.awkward(seed));
        Collections.shuffle(bodies, new Random(seed));
        bodies = bodies.subList(0, Math.min(60, bodies.size()));
        List<byte[]> wire = new ArrayList<>();
        deliver(INBOX, List.of(message("first")));
        wire.add(wire("first"));
        List<Message> batch = new ArrayList<>();
        int octets = 0;
        for (Body body : bodies) {
            octets += body.octets().length;
            if (octets < BatchDelivery.MOST_OCTETS) {
                batch.add(Message.of(Feed.reusing(body.octets(), 5_000), "jkr@example.org"));
                wire.add(body.wire());
            }
        }
        deliver(INBOX, batch);
        deliver(INBOX, List.of(message("last")));
        wire.add(wire("last"));

        assertThat(contents(INBOX)).as("seed %d", seed).containsExactlyElementsOf(wire);
    }

    @Test
    void fullBatchIsTaken() {
        List<Message> batch = new ArrayList<>();
        List<byte[]> wire = new ArrayList<>();
        for (int i = 0; i < BatchDelivery.MOST_MESSAGES; i++) {
            batch.add(message("message " + i));
            wire.add(wire("message " + i));
        }
        deliver(OTHER, batch);
        assertThat(contents(OTHER)).containsExactlyElementsOf(wire);

        batch.add(message("one more"));
        assertThatThrownBy(() -> batches().deliver(ALICE, OTHER, batch)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void nothingHappensWithoutMessagesOrSubscription() {
        deliver(OTHER, List.of());
        Feed feed = Feed.of(Body.plain("x"), 100);
        assertThat(batches().deliver(ALICE, OTHER, List.of(Message.of(feed)))).isNotNull();
        assertThat(feed.wasSubscribed()).isFalse();
        assertThat(all(store.folders(ALICE))).doesNotContain(OTHER);
    }

    @Test
    void messageThatFailsKeepsAllOfThemOut() {
        deliver(INBOX, List.of(message("before")));
        for (FolderName folder : List.of(INBOX, OTHER)) {
            for (int octets : new int[] {0, 100, 300_000}) {
                Feed failing = Feed.failing(octets == 0 ? new byte[0] : Body.large(octets), 8192);
                assertFails(folder, List.of(message("a"), Message.of(failing), message("b")));
            }
        }
        assertThat(contents(INBOX)).containsExactly(wire("before"));
        assertThat(contents(OTHER)).isEmpty();
    }

    @Test
    void cancelledBatchAddsNothing() {
        Feed stuck = Feed.stuck(Body.plain("stuck"), 10);
        Probe<Void> probe =
                Probe.on(batches().deliver(ALICE, INBOX, List.of(message("a"), Message.of(stuck))), LIMIT, 1);
        await(stuck.exhausted());
        probe.cancel();
        await(stuck.cancelled());
        assertThat(contents(INBOX)).isEmpty();
    }

    @Test
    void whatFitsExactlyIsTakenAndWithOneOctetOrMessageMoreNothingIs() {
        List<Message> batch = List.of(message("one"), message("two"), message("three"));
        long octets = (long) wire("one").length + wire("two").length + wire("three").length;
        for (Quota tooSmall : List.of(new Quota(2, 0), new Quota(0, octets - 1))) {
            account(Optional.of(tooSmall));
            assertThat(assertFails(INBOX, batch).reason()).isEqualTo(Reason.OVER_QUOTA);
            assertThat(all(store.usage(ALICE)).get(0).messages()).isZero();
        }
        account(Optional.of(new Quota(3, octets)));
        deliver(INBOX, List.of(message("one"), message("two"), message("three")));
        assertThat(contents(INBOX)).containsExactly(wire("one"), wire("two"), wire("three"));
        assertThat(assertFails(OTHER, List.of(message("four"))).reason()).isEqualTo(Reason.OVER_QUOTA);
    }

    @Test
    void unknownUserIsNotFound() {
        StoreException error = Probe.on(
                        batches().deliver(new UserName("nobody"), INBOX, List.of(message("a"))), LIMIT, Long.MAX_VALUE)
                .awaitStoreException();
        assertThat(error.reason()).isEqualTo(Reason.NOT_FOUND);
    }

    @Test
    void batchThatComesAgainHasEachMessageAtLeastOnce() {
        for (int round = 0; round < 2; round++) {
            deliver(INBOX, List.of(identified("a"), identified("b"), identified("b")));
        }
        deliver(INBOX, List.of(identified("b"), identified("c")));

        List<String> stored = contents(INBOX).stream()
                .map(octets -> new String(octets, StandardCharsets.ISO_8859_1))
                .toList();
        List<String> each = List.of("a", "b", "c").stream()
                .map(text -> new String(wire(text), StandardCharsets.ISO_8859_1))
                .toList();
        assertThat(stored).containsAll(each).isSubsetOf(each);
        assertThat(all(store.usage(ALICE)).get(0).messages()).isEqualTo(stored.size());
        repeated().ifPresent(most -> assertThat(stored).hasSize((int) most));
    }

    /** How many messages are there after eight deliveries of three, if the storage tells by delivery ids. */
    protected OptionalLong repeated() {
        return OptionalLong.empty();
    }

    private static Message message(String text) {
        return Message.of(Feed.of(Body.plain(text), 5_000), "jkr@example.org");
    }

    private static Message identified(String text) {
        return new Message(Feed.of(Body.plain(text), 5_000), "", Optional.of("id of " + text));
    }

    private static byte[] wire(String text) {
        return Body.wireForm(Body.plain(text));
    }

    private void account(Optional<Quota> quota) {
        all(store.accounts().put(new Account(ALICE, "{PLAIN}x", true, quota)));
    }

    private BatchDelivery batches() {
        return store.batchDelivery().orElseThrow();
    }

    private void deliver(FolderName folder, List<Message> messages) {
        all(batches().deliver(ALICE, folder, messages));
    }

    private StoreException assertFails(FolderName folder, List<Message> messages) {
        return Probe.on(batches().deliver(ALICE, folder, messages), LIMIT, Long.MAX_VALUE)
                .awaitStoreException();
    }

    private List<byte[]> contents(FolderName folder) {
        List<Mailbox> opened = all(store.open(ALICE, folder));
        Mailbox mailbox = opened.get(0);
        List<byte[]> contents = new ArrayList<>();
        for (int number = 1; number <= mailbox.count(); number++) {
            ByteArrayOutputStream octets = new ByteArrayOutputStream();
            for (ContentBuffer buffer : all(mailbox.content(number))) {
                byte[] copy = new byte[buffer.octets().remaining()];
                buffer.octets().get(copy);
                octets.writeBytes(copy);
                buffer.release();
            }
            contents.add(octets.toByteArray());
        }
        all(mailbox.release(new BitSet()));
        return contents;
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static <T> List<T> all(Publisher<T> publisher) {
        Probe<T> probe = Probe.on(publisher, LIMIT, Long.MAX_VALUE);
        probe.awaitCompletion();
        return probe.takeAll();
    }
}
