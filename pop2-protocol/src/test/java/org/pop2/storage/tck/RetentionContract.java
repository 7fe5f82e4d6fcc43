package org.pop2.storage.tck;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pop2.storage.Account;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.FolderName;
import org.pop2.storage.MailStore;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Message;
import org.pop2.storage.Retention;
import org.pop2.storage.Retention.Expunged;
import org.pop2.storage.UserName;
import org.reactivestreams.Publisher;

/** What a storage that has a {@link Retention} promises. Each test begins with no data. */
public abstract class RetentionContract {
    private static final UserName ALICE = new UserName("alice");
    private static final UserName BOB = new UserName("bob");
    private static final FolderName INBOX = FolderName.INBOX;
    private static final FolderName OTHER = new FolderName("Other");
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @SuppressWarnings("NullAway.Init")
    private MailStore store;

    /** Opens the storage, which must have a {@link Retention}; the contract closes it. */
    protected abstract MailStore open() throws Exception;

    /** Removes the data of a test; the storage is closed by then. */
    protected void discard() throws Exception {}

    @BeforeEach
    protected final void start() throws Exception {
        store = open();
        for (UserName user : List.of(ALICE, BOB)) {
            all(store.accounts().put(new Account(user, "{PLAIN}x", true)));
        }
    }

    @AfterEach
    protected final void end() throws Exception {
        all(store.close());
        discard();
    }

    @Test
    void deletedMessagesComeBackAsTheyWereAndWhereTheyWere() {
        List<byte[]> wire = new ArrayList<>();
        BitSet deleted = new BitSet();
        long seed = Long.getLong("pop2.seed", new Random().nextLong());
        System.out.println("seed " + seed);
        List<Body> some = new ArrayList<>(Body.awkward(seed));
        Collections.shuffle(some, new Random(seed));
        for (Body body : some.subList(0, 24)) {
            deliver(ALICE, INBOX, body.octets());
            wire.add(body.wire());
            if (wire.size() % 3 != 0) {
                deleted.set(wire.size());
            }
        }
        delete(ALICE, INBOX, deleted);
        assertThat(contents(ALICE, INBOX)).hasSize(wire.size() - deleted.cardinality());

        assertThat(undelete(ALICE, INBOX, uids(ALICE, INBOX))).isEqualTo(deleted.cardinality());

        assertThat(contents(ALICE, INBOX)).containsExactlyElementsOf(wire);
        assertThat(expunged(ALICE, INBOX)).isEmpty();
    }

    @Test
    void listTellsWhatWasDeletedInTheOrderOfItsArrival() {
        Instant before = Instant.now().minus(Duration.ofMinutes(5));
        deliver(ALICE, INBOX, Body.plain("one"));
        deliver(ALICE, INBOX, Body.plain("three"));
        deliver(ALICE, INBOX, Body.plain("kept"));
        delete(ALICE, INBOX, bits(2));
        delete(ALICE, INBOX, bits(1));

        List<Expunged> expunged = expunged(ALICE, INBOX);

        assertThat(expunged)
                .extracting(Expunged::octets)
                .containsExactly((long) Body.wireForm(Body.plain("one")).length, (long)
                        Body.wireForm(Body.plain("three")).length);
        assertThat(expunged).extracting(Expunged::sender).containsOnly("jkr@example.org");
        assertThat(expunged).allSatisfy(each -> {
            assertThat(each.received()).isAfter(before);
            assertThat(each.expunged()).isAfterOrEqualTo(each.received());
        });
        assertThat(expunged.get(0).expunged()).isAfter(expunged.get(1).expunged());
        assertThat(expunged.get(0).uid()).isLessThan(expunged.get(1).uid());
    }

    @Test
    void messageComesBackOnceHoweverOftenItIsAskedFor() {
        deliver(ALICE, INBOX, Body.plain("one"));
        delete(ALICE, INBOX, bits(1));
        List<Long> uids = uids(ALICE, INBOX);
        List<Long> twice = new ArrayList<>(uids);
        twice.addAll(uids);
        twice.add(4711L);

        assertThat(undelete(ALICE, INBOX, twice)).isEqualTo(1);
        assertThat(undelete(ALICE, INBOX, uids)).isZero();

        assertThat(contents(ALICE, INBOX)).containsExactly(Body.wireForm(Body.plain("one")));
    }

    @Test
    void messageThatCameBackCanBeDeletedAndComeBackAgain() {
        deliver(ALICE, INBOX, Body.plain("one"));
        for (int round = 0; round < 3; round++) {
            delete(ALICE, INBOX, bits(1));
            assertThat(contents(ALICE, INBOX)).isEmpty();
            assertThat(undelete(ALICE, INBOX, uids(ALICE, INBOX))).isEqualTo(1);
            assertThat(contents(ALICE, INBOX)).containsExactly(Body.wireForm(Body.plain("one")));
        }
    }

    @Test
    void otherMailboxesAreLeftAlone() {
        deliver(ALICE, INBOX, Body.plain("one"));
        deliver(ALICE, OTHER, Body.plain("two"));
        deliver(BOB, INBOX, Body.plain("three"));
        delete(ALICE, INBOX, bits(1));
        delete(ALICE, OTHER, bits(1));
        delete(BOB, INBOX, bits(1));

        List<Long> everybodys = new ArrayList<>();
        for (long uid = 0; uid < 100; uid++) {
            everybodys.add(uid);
        }
        assertThat(undelete(ALICE, INBOX, everybodys)).isEqualTo(1);

        assertThat(expunged(ALICE, OTHER)).hasSize(1);
        assertThat(expunged(BOB, INBOX)).hasSize(1);
        assertThat(contents(BOB, INBOX)).isEmpty();
    }

    @Test
    void unknownFolderHasNothingAndStaysUnknown() {
        assertThat(expunged(ALICE, OTHER)).isEmpty();
        assertThat(undelete(ALICE, OTHER, List.of(1L))).isZero();
        assertThat(expunged(new UserName("nobody"), INBOX)).isEmpty();
        assertThat(all(store.folders(ALICE))).doesNotContain(OTHER);
    }

    @Test
    void sessionGoesOnWithItsSnapshotAndTheNextSeesWhatCameBack() {
        deliver(ALICE, INBOX, Body.plain("one"));
        deliver(ALICE, INBOX, Body.plain("two"));
        delete(ALICE, INBOX, bits(1));
        Mailbox session = one(store.open(ALICE, INBOX));

        assertThat(undelete(ALICE, INBOX, uids(ALICE, INBOX))).isEqualTo(1);

        assertThat(session.count()).isEqualTo(1);
        assertThat(content(session, 1)).isEqualTo(Body.wireForm(Body.plain("two")));
        all(session.release(bits(1)));
        assertThat(contents(ALICE, INBOX)).containsExactly(Body.wireForm(Body.plain("one")));
    }

    private void deliver(UserName user, FolderName folder, byte[] octets) {
        Publisher<ByteBuffer> content = Feed.of(octets, 5_000);
        all(store.deliver(user, folder, new Message(content, "jkr@example.org", Optional.empty())));
    }

    private void delete(UserName user, FolderName folder, BitSet deleted) {
        all(one(store.open(user, folder)).release(deleted));
    }

    private List<Expunged> expunged(UserName user, FolderName folder) {
        return all(retention().expunged(user, folder));
    }

    private List<Long> uids(UserName user, FolderName folder) {
        return expunged(user, folder).stream().map(Expunged::uid).toList();
    }

    private long undelete(UserName user, FolderName folder, List<Long> uids) {
        return one(retention().undelete(user, folder, uids));
    }

    private List<byte[]> contents(UserName user, FolderName folder) {
        Mailbox mailbox = one(store.open(user, folder));
        List<byte[]> contents = new ArrayList<>();
        for (int number = 1; number <= mailbox.count(); number++) {
            contents.add(content(mailbox, number));
        }
        all(mailbox.release(new BitSet()));
        return contents;
    }

    private static byte[] content(Mailbox mailbox, int number) {
        ByteArrayOutputStream octets = new ByteArrayOutputStream();
        for (ContentBuffer buffer : all(mailbox.content(number))) {
            byte[] copy = new byte[buffer.octets().remaining()];
            buffer.octets().get(copy);
            octets.writeBytes(copy);
            buffer.release();
        }
        return octets.toByteArray();
    }

    private Retention retention() {
        return store.retention().orElseThrow(() -> new AssertionError("it keeps nothing"));
    }

    private static BitSet bits(int... numbers) {
        BitSet bits = new BitSet();
        for (int number : numbers) {
            bits.set(number);
        }
        return bits;
    }

    private static <T> T one(Publisher<T> publisher) {
        List<T> elements = all(publisher);
        assertThat(elements).hasSize(1);
        return elements.get(0);
    }

    private static <T> List<T> all(Publisher<T> publisher) {
        Probe<T> probe = Probe.on(publisher, LIMIT, Long.MAX_VALUE);
        probe.awaitCompletion();
        return probe.takeAll();
    }
}
