package org.pop2.storage.tck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pop2.storage.Account;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.FolderName;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStore;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Message;
import org.pop2.storage.Quota;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.Usage;
import org.pop2.storage.UserName;
import org.reactivestreams.Publisher;

/**
 * The contract S1 to S15 of {@link org.pop2.storage} as tests: a storage that passes them all can serve POP2.
 *
 * <h2>How to use it</h2>
 *
 * Add this module's jar of the classifier {@code tck} to the test scope, with JUnit and AssertJ, which is all that it
 * needs besides:
 *
 * <pre>{@code
 * <dependency>
 *   <groupId>org.pop2</groupId>
 *   <artifactId>pop2-protocol</artifactId>
 *   <version>...</version>
 *   <classifier>tck</classifier>
 *   <scope>test</scope>
 * </dependency>
 * }</pre>
 *
 * and extend this class. JUnit makes a new object for every test, so a field holds the data of one test:
 *
 * <pre>{@code
 * class TapeMailStoreTest extends MailStoreContract {
 *     private final Tape tape = Tape.blank();
 *
 *     @Override
 *     protected MailStore open(HoldPolicy policy) {
 *         return await(new TapeProvider().open(new StoreSettings(Map.of("tape", tape.label()), policy, Path.of("."))));
 *     }
 *
 *     @Override
 *     protected void discard() {
 *         tape.erase();
 *     }
 * }
 * }</pre>
 *
 * <p>A test's name begins with the number of its rule; its failure says which promise was not kept. Whatever is random
 * prints its seed, and {@code -Dpop2.tck.seed=...} repeats it. Waits are on signals; {@link #limit} only bounds them.
 */
public abstract class MailStoreContract {
    /** A holder is never silent for long enough, and nobody waits. */
    protected static final HoldPolicy REFUSE = new HoldPolicy(Duration.ofHours(1), Duration.ZERO);

    /** A holder is never silent for long enough, and a newcomer waits for it to go. */
    protected static final HoldPolicy WAIT = new HoldPolicy(Duration.ofHours(1), Duration.ofMinutes(5));

    /** A newcomer gets the mailbox at once. */
    protected static final HoldPolicy TAKE_OVER = new HoldPolicy(Duration.ZERO, Duration.ofMinutes(5));

    private static final UserName ALICE = new UserName("alice");
    private static final UserName BOB = new UserName("bob");
    private static final FolderName INBOX = FolderName.INBOX;
    private static final FolderName SAVED = new FolderName("Saved");
    private static final String HASH = "{PLAIN}secret";

    private final long seed = Long.getLong("pop2.tck.seed", new Random().nextLong());
    private final List<MailStore> opened = new ArrayList<>();
    private final List<Probe<Mailbox>> openings = new ArrayList<>();
    private final List<Probe<ContentBuffer>> readings = new ArrayList<>();

    /**
     * Opens the storage. Within one test every call opens the same data: the second one is another node, or the same
     * one started again. The contract closes what it opened.
     */
    protected abstract MailStore open(HoldPolicy policy) throws Exception;

    /** Removes the data of a test; every instance is closed by then. */
    protected void discard() throws Exception {}

    /**
     * Whether two open instances may work on the same data, as two nodes do. A storage that says no must refuse a
     * second {@link #open} with {@link Reason#UNAVAILABLE}; the contract tries.
     */
    protected boolean allowsTwoInstances() {
        return true;
    }

    /**
     * How many content buffers are alive: emitted or read ahead, and not released; over all instances of the test.
     * Empty for a storage that cannot tell, as it does not reuse buffers.
     */
    protected OptionalLong liveBuffers() {
        return OptionalLong.empty();
    }

    /** The longest wait for any one signal. */
    protected Duration limit() {
        return Duration.ofSeconds(30);
    }

    /**
     * The one element of a publisher.
     *
     * @throws StoreException as the publisher fails
     */
    protected final <T> T await(Publisher<T> publisher) {
        return awaitOptional(publisher).orElseThrow(() -> new AssertionError("completed without an element"));
    }

    @BeforeEach
    protected final void addUsers() throws Exception {
        MailStore store = store(REFUSE);
        complete(store.accounts().put(new Account(ALICE, HASH, true)));
        complete(store.accounts().put(new Account(BOB, HASH, true)));
        close(store);
    }

    @AfterEach
    protected final void closeAll() throws Exception {
        for (MailStore store : List.copyOf(opened)) {
            close(store);
        }
        discard();
    }

    // S1 accounts

    @Test
    void s01_accountComesBackAsItWasPut() throws Exception {
        MailStore store = store(REFUSE);
        StringBuilder printable = new StringBuilder("{X}");
        for (char c = ' '; c < 0x7f; c++) {
            printable.append(c);
        }
        List<Account> accounts = List.of(
                new Account(new UserName("dora"), printable.toString(), true),
                new Account(new UserName("emil"), ":::$6$a/b.c$:", false),
                new Account(new UserName("fritz@example.org"), "h".repeat(Account.MAX_HASH_LENGTH), true),
                new Account(new UserName("u".repeat(UserName.MAX_OCTETS)), "#", true),
                new Account(new UserName("hugo"), HASH, true, Optional.of(Quota.UNLIMITED)),
                new Account(new UserName("ida"), ":a:", false, Optional.of(new Quota(1, Long.MAX_VALUE))),
                new Account(new UserName("jan"), HASH, true, Optional.of(new Quota(0, 100_000_001))),
                new Account(new UserName("gr\u00fc\u00df+x_y=z~1"), "{SHA512-CRYPT}$6$salt$hash", false));
        for (Account account : accounts) {
            complete(store.accounts().put(account));
        }
        store = restarted(store, REFUSE);
        for (Account account : accounts) {
            assertThat(await(store.accounts().find(account.user()))).isEqualTo(account);
        }
    }

    @Test
    void s01_severalAccountsAreStoredTogetherIfTheStorageCan() throws Exception {
        MailStore store = store(REFUSE);
        List<Account> accounts = List.of(
                new Account(new UserName("carol"), HASH, true),
                new Account(ALICE, "{PLAIN}other", false, Optional.of(new Quota(1, 2))),
                new Account(new UserName("dora"), HASH, false));
        Optional<Publisher<Void>> together = store.accounts().putAll(accounts);
        if (together.isEmpty()) {
            // nothing is stored by that
            assertThat(all(store.accounts().list())).hasSize(2);
            return;
        }
        complete(together.get());
        store = restarted(store, REFUSE);
        assertThat(all(store.accounts().list()))
                .containsExactly(accounts.get(1), new Account(BOB, HASH, true), accounts.get(0), accounts.get(2));
    }

    @Test
    void s01_unknownUserIsNothing() throws Exception {
        MailStore store = store(REFUSE);
        assertThat(awaitOptional(store.accounts().find(new UserName("nobody")))).isEmpty();
        assertThat(awaitOptional(store.accounts().find(new UserName("alic")))).isEmpty();
        assertThat(awaitOptional(store.accounts().find(new UserName("alice2")))).isEmpty();
    }

    @Test
    void s01_putReplacesTheAccountOfTheSameUser() throws Exception {
        MailStore store = store(REFUSE);
        Account changed = new Account(ALICE, "{PLAIN}other", false);
        complete(store.accounts().put(changed));
        assertThat(await(store.accounts().find(new UserName("ALICE")))).isEqualTo(changed);
        store = restarted(store, REFUSE);
        assertThat(await(store.accounts().find(ALICE))).isEqualTo(changed);
        assertThat(all(store.accounts().list())).containsExactly(changed, new Account(BOB, HASH, true));
    }

    @Test
    void s01_recentAccountIsTheAccountOrNothing() throws Exception {
        MailStore store = store(REFUSE);
        Account first = await(store.accounts().find(ALICE));
        assertThat(store.accounts().recent(ALICE).filter(it -> !it.equals(first)))
                .isEmpty();
        Account second = first.withPasswordHash("{PLAIN}second");
        complete(store.accounts().put(second));
        assertThat(store.accounts().recent(ALICE).filter(it -> !it.equals(second)))
                .isEmpty();
        await(store.accounts().find(ALICE));
        Account third = second.withEnabled(false);
        assertThat(await(store.accounts().replace(second, third))).isTrue();
        assertThat(store.accounts().recent(ALICE).filter(it -> !it.equals(third)))
                .isEmpty();
        complete(store.accounts().remove(ALICE));
        assertThat(store.accounts().recent(ALICE)).isEmpty();
    }

    @Test
    void s01_listIsOrderedByName() throws Exception {
        MailStore store = store(REFUSE);
        for (String name : List.of("dave", "carol", "zoe", "adam")) {
            complete(store.accounts().put(new Account(new UserName(name), HASH, true)));
        }
        assertThat(all(store.accounts().list()))
                .extracting(account -> account.user().value())
                .containsExactly("adam", "alice", "bob", "carol", "dave", "zoe");
    }

    @Test
    void s01_removedAccountIsGoneAndItsMailStays() throws Exception {
        MailStore store = store(REFUSE);
        deliver(store, ALICE, INBOX, Body.plain("one"));
        complete(store.accounts().remove(ALICE));
        store = restarted(store, REFUSE);
        assertThat(awaitOptional(store.accounts().find(ALICE))).isEmpty();
        complete(store.accounts().put(new Account(ALICE, "{PLAIN}new", true)));
        assertThat(read(store, ALICE, INBOX)).containsExactly(wire(Body.plain("one")));
    }

    @Test
    void s01_removingAnUnknownUserIsNotFound() throws Exception {
        MailStore store = store(REFUSE);
        assertFails(Reason.NOT_FOUND, store.accounts().remove(new UserName("nobody")));
        assertThat(all(store.accounts().list())).hasSize(2);
    }

    @Test
    void s01_replacementHappensOnlyIfTheAccountIsTheExpectedOne() throws Exception {
        MailStore store = store(REFUSE);
        Account first = new Account(ALICE, HASH, true);
        Account second = new Account(new UserName("ALICE"), "{OTP}md5 498 x:%25", true);
        Account third = new Account(ALICE, second.passwordHash(), false);
        assertThat(await(store.accounts().replace(first, second))).isTrue();
        for (Account stale : List.of(first, third, new Account(ALICE, "{PLAIN}Secret", true))) {
            assertThat(await(store.accounts().replace(stale, new Account(ALICE, "{PLAIN}stale", true))))
                    .isFalse();
        }
        assertThat(await(store.accounts().find(ALICE))).isEqualTo(second);
        assertThat(await(store.accounts().replace(second, second))).isTrue();
        assertThat(await(store.accounts().replace(second, third))).isTrue();

        Account limited = third.withQuota(Optional.of(new Quota(3, 0)));
        assertThat(await(store.accounts().replace(limited, third))).isFalse();
        assertThat(await(store.accounts().replace(third, limited))).isTrue();
        for (Account stale : List.of(third, limited.withQuota(Optional.of(Quota.UNLIMITED)))) {
            assertThat(await(store.accounts().replace(stale, third))).isFalse();
        }
        assertThat(await(store.accounts().replace(limited, third))).isTrue();

        UserName nobody = new UserName("nobody");
        assertThat(await(store.accounts().replace(new Account(nobody, HASH, true), new Account(nobody, HASH, true))))
                .isFalse();
        assertThatThrownBy(() -> store.accounts().replace(third, new Account(BOB, HASH, true)))
                .isInstanceOf(IllegalArgumentException.class);

        MailStore later = restarted(store, REFUSE);
        assertThat(all(later.accounts().list())).containsExactly(third, new Account(BOB, HASH, true));
    }

    /** What a one-time password rests on: of all that saw it unused, one uses it. */
    @Test
    void s01_ofSimultaneousReplacementsOneHappens() throws Exception {
        for (MailStore second : seconds(REFUSE)) {
            MailStore first = opened.get(0);
            for (int round = 0; round < 3; round++) {
                Account expected = await(first.accounts().find(ALICE));
                String to = "{PLAIN}of-round-" + opened.indexOf(second) + "-" + round + "-";
                List<Account> replacements = new ArrayList<>();
                for (int n = 0; n < 20; n++) {
                    replacements.add(new Account(ALICE, to + n, true));
                }
                List<Probe<Boolean>> answers = together(
                        20, n -> (n % 2 == 0 ? first : second).accounts().replace(expected, replacements.get(n)));
                List<Account> happened = new ArrayList<>();
                for (int n = 0; n < 20; n++) {
                    answers.get(n).awaitCompletion();
                    if (answers.get(n).takeAll().equals(List.of(true))) {
                        happened.add(replacements.get(n));
                    }
                }
                assertThat(happened).as("replacements that say they happened").hasSize(1);
                assertThat(await(first.accounts().find(ALICE))).isEqualTo(happened.get(0));
                assertThat(await(second.accounts().find(ALICE))).isEqualTo(happened.get(0));
            }
        }
    }

    @Test
    void s01_everyNodeSeesAChange() throws Exception {
        if (!allowsTwoInstances()) {
            assertSecondInstanceIsRefused();
            return;
        }
        MailStore here = store(REFUSE);
        MailStore there = store(REFUSE);
        assertThat(awaitOptional(there.accounts().find(new UserName("carol")))).isEmpty();
        Account carol = new Account(new UserName("carol"), HASH, true);
        complete(here.accounts().put(carol));
        assertThat(await(there.accounts().find(carol.user()))).isEqualTo(carol);
        Account disabled = new Account(carol.user(), HASH, false);
        complete(there.accounts().put(disabled));
        assertThat(await(here.accounts().find(carol.user()))).isEqualTo(disabled);
        complete(here.accounts().remove(carol.user()));
        assertThat(awaitOptional(there.accounts().find(carol.user()))).isEmpty();
        deliver(here, BOB, INBOX, Body.plain("one"));
        assertThat(read(there, BOB, INBOX)).containsExactly(wire(Body.plain("one")));
    }

    // S2 unknown folders

    @Test
    void s02_unknownFolderOpensEmptyAndStaysUnknown() throws Exception {
        MailStore store = store(REFUSE);
        deliver(store, ALICE, INBOX, Body.plain("one"));
        List<FolderName> before = all(store.folders(ALICE));
        for (String name : List.of("Nothing", "Nothing/Below", "INBOX/Below", "inbox2")) {
            Mailbox mailbox = await(store.open(ALICE, new FolderName(name)));
            assertThat(mailbox.count()).as(name).isZero();
            assertThat(mailbox.writable()).as(name).isFalse();
            complete(mailbox.release(new BitSet()));
        }
        assertThat(all(store.folders(ALICE))).isEqualTo(before).containsExactly(INBOX);
        store = restarted(store, REFUSE);
        assertThat(all(store.folders(ALICE))).isEqualTo(before);
    }

    @Test
    void s02_unknownUserHasNothingAndStaysUnknown() throws Exception {
        MailStore store = store(REFUSE);
        UserName nobody = new UserName("nobody");
        for (FolderName folder : List.of(INBOX, SAVED)) {
            Mailbox mailbox = await(store.open(nobody, folder));
            assertThat(mailbox.count()).isZero();
            complete(mailbox.release(new BitSet()));
        }
        assertThat(all(store.folders(nobody))).isEmpty();
        assertThat(awaitOptional(store.accounts().find(nobody))).isEmpty();
    }

    @Test
    void s02_unknownFolderHasNoNumbers() throws Exception {
        MailStore store = store(REFUSE);
        Mailbox mailbox = await(store.open(ALICE, SAVED));
        assertNoSuchMessage(mailbox, 0, 1, -1, Integer.MAX_VALUE);
        assertThatThrownBy(() -> mailbox.release(bits(1))).isInstanceOf(IllegalArgumentException.class);
        complete(mailbox.release(new BitSet()));
    }

    @Test
    void s02_folderComesToBeByDelivery() throws Exception {
        MailStore store = store(REFUSE);
        Mailbox mailbox = await(store.open(ALICE, SAVED));
        deliver(store, ALICE, SAVED, Body.plain("one"));
        assertThat(mailbox.count()).isZero();
        complete(mailbox.release(new BitSet()));
        assertThat(all(store.folders(ALICE))).contains(SAVED);
        assertThat(read(store, ALICE, SAVED)).containsExactly(wire(Body.plain("one")));
    }

    @Test
    void s02_foldersAreOrderedByName() throws Exception {
        MailStore store = store(REFUSE);
        for (String name : List.of("Work", "Archive", "inbox", "Saved", "Lists/Java", "Lists/Ada")) {
            deliver(store, ALICE, new FolderName(name), Body.plain(name));
        }
        assertThat(all(store.folders(ALICE)))
                .extracting(FolderName::value)
                .containsExactly("Archive", "INBOX", "Lists/Ada", "Lists/Java", "Saved", "Work");
        assertThat(all(store.folders(BOB))).isSubsetOf(INBOX);
    }

    @Test
    void s02_emptiedFolderIsNoUnknownFolder() throws Exception {
        MailStore store = store(REFUSE);
        deliver(store, ALICE, SAVED, Body.plain("one"));
        complete(await(store.open(ALICE, SAVED)).release(bits(1)));
        assertThat(all(store.folders(ALICE))).contains(SAVED);
        assertThat(read(store, ALICE, SAVED)).isEmpty();
        deliver(store, ALICE, SAVED, Body.plain("two"));
        assertThat(read(store, ALICE, SAVED)).containsExactly(wire(Body.plain("two")));
    }

    // S3 names

    @Test
    void s03_nameLeavingTheUsersFoldersIsNoFolderName() {
        for (String name : Names.FORBIDDEN) {
            assertThat(FolderName.of(name)).as(Names.printable(name)).isEmpty();
        }
    }

    @Test
    void s03_allowedNameShowsNobodyElsesMail() throws Exception {
        MailStore store = store(REFUSE);
        deliver(store, ALICE, INBOX, Body.plain("alice"));
        deliver(store, BOB, INBOX, Body.plain("bob"));
        deliver(store, BOB, SAVED, Body.plain("bob, saved"));
        for (String name : Names.NASTY) {
            Optional<FolderName> folder = FolderName.of(name);
            if (folder.isEmpty()) {
                continue;
            }
            Mailbox mailbox = await(store.open(ALICE, folder.get()));
            assertThat(mailbox.count()).as(name).isZero();
            assertThat(mailbox.writable()).as(name).isFalse();
            complete(mailbox.release(new BitSet()));
        }
        assertThat(all(store.folders(ALICE))).containsExactly(INBOX);
        assertThat(all(store.folders(BOB))).containsExactly(INBOX, SAVED);
        assertThat(read(store, ALICE, INBOX)).containsExactly(wire(Body.plain("alice")));
        assertThat(read(store, BOB, INBOX)).containsExactly(wire(Body.plain("bob")));
    }

    @Test
    void s03_deliveryToAnAllowedNameStaysWithTheUser() throws Exception {
        MailStore store = store(REFUSE);
        deliver(store, BOB, INBOX, Body.plain("bob"));
        deliver(store, BOB, SAVED, Body.plain("bob, saved"));
        List<FolderName> folders = new ArrayList<>();
        for (String name : Names.NASTY) {
            FolderName.of(name).ifPresent(folders::add);
        }
        for (FolderName folder : folders) {
            deliver(store, ALICE, folder, Body.plain(Names.printable(folder.value())));
        }
        store = restarted(store, REFUSE);
        for (FolderName folder : folders) {
            assertThat(read(store, ALICE, folder))
                    .as(folder.value())
                    .containsExactly(wire(Body.plain(Names.printable(folder.value()))));
        }
        List<FolderName> existing = new ArrayList<>(all(store.folders(ALICE)));
        existing.remove(INBOX);
        assertThat(existing).containsExactlyInAnyOrderElementsOf(folders);
        assertThat(all(store.folders(BOB))).containsExactly(INBOX, SAVED);
        assertThat(read(store, BOB, INBOX)).containsExactly(wire(Body.plain("bob")));
        assertThat(read(store, BOB, SAVED)).containsExactly(wire(Body.plain("bob, saved")));
    }

    @Test
    void s03_usersOfSimilarNamesHaveTheirOwnMail() throws Exception {
        MailStore store = store(REFUSE);
        List<UserName> users = new ArrayList<>();
        for (String name : Names.SIMILAR_USERS) {
            UserName user = new UserName(name);
            users.add(user);
            complete(store.accounts().put(new Account(user, HASH, true)));
            deliver(store, user, INBOX, Body.plain(name));
            deliver(store, user, SAVED, Body.plain(name + ", saved"));
        }
        store = restarted(store, REFUSE);
        for (UserName user : users) {
            assertThat(read(store, user, INBOX)).as(user.value()).containsExactly(wire(Body.plain(user.value())));
            assertThat(read(store, user, SAVED))
                    .as(user.value())
                    .containsExactly(wire(Body.plain(user.value() + ", saved")));
        }
    }

    // S4 octets, S5 content

    @Test
    void s04_octetsAreThoseOfTheContent() throws Exception {
        MailStore store = store(REFUSE);
        List<Body> bodies = bodies();
        for (Body body : bodies) {
            deliver(store, ALICE, INBOX, body.octets());
        }
        store = restarted(store, REFUSE);
        Mailbox mailbox = await(store.open(ALICE, INBOX));
        assertThat(mailbox.count()).isEqualTo(bodies.size());
        for (int n = 1; n <= bodies.size(); n++) {
            assertThat((long) content(mailbox, n).length)
                    .as("octets of message %d, '%s'", n, bodies.get(n - 1))
                    .isEqualTo(mailbox.octets(n))
                    .isGreaterThanOrEqualTo(2);
        }
        assertNoSuchMessage(mailbox, 0, -1, bodies.size() + 1, Integer.MIN_VALUE, Integer.MAX_VALUE);
        complete(mailbox.release(new BitSet()));
    }

    @Test
    void s05_contentIsWhatWasDelivered() throws Exception {
        MailStore store = store(REFUSE);
        List<Body> bodies = bodies();
        for (Body body : bodies) {
            deliver(store, ALICE, INBOX, body.octets());
        }
        Mailbox mailbox = await(store.open(ALICE, INBOX));
        assertThat(mailbox.count()).isEqualTo(bodies.size());
        for (int n = 1; n <= bodies.size(); n++) {
            assertContent(mailbox, n, bodies.get(n - 1));
        }
        complete(mailbox.release(new BitSet()));
    }

    @Test
    void s05_slicingOfADeliveryDoesNotMatter() throws Exception {
        MailStore store = store(REFUSE);
        for (int slice : new int[] {1, 7, 8192}) {
            FolderName folder = new FolderName("Slices" + slice);
            List<Body> bodies = bodies();
            bodies.removeIf(body -> body.octets().length > (slice == 1 ? 3_000 : 100_000));
            for (Body body : bodies) {
                complete(store.deliver(ALICE, folder, Message.of(Feed.of(body.octets(), slice))));
            }
            Mailbox mailbox = await(store.open(ALICE, folder));
            assertThat(mailbox.count()).isEqualTo(bodies.size());
            for (int n = 1; n <= bodies.size(); n++) {
                assertContent(mailbox, n, bodies.get(n - 1));
            }
            complete(mailbox.release(new BitSet()));
        }
    }

    @Test
    void s05_deliveryIsDoneWithABufferBeforeTheNext() throws Exception {
        MailStore store = store(REFUSE);
        byte[] large = Body.large(300_000);
        complete(store.deliver(ALICE, INBOX, Message.of(Feed.reusing(large, 1_000))));
        assertThat(read(store, ALICE, INBOX)).containsExactly(wire(large));
    }

    @Test
    void s05_contentIsTheSameWhenReadAgain() throws Exception {
        MailStore store = store(REFUSE);
        byte[] one = Body.plain("one");
        byte[] large = Body.large(200_000);
        deliver(store, ALICE, INBOX, one);
        deliver(store, ALICE, INBOX, large);
        Mailbox mailbox = await(store.open(ALICE, INBOX));
        Publisher<ContentBuffer> content = mailbox.content(2);
        for (int i = 0; i < 3; i++) {
            assertThat(octetsOf(content)).isEqualTo(Body.wireForm(large));
            assertThat(content(mailbox, 1)).isEqualTo(Body.wireForm(one));
        }
        complete(mailbox.release(new BitSet()));
    }

    @Test
    void s05_envelopeIsNoContent() throws Exception {
        MailStore store = store(REFUSE);
        List<String> senders =
                List.of("", "a@example.org", "\"odd name\"@example.org", "MAILER-DAEMON", "From ", "a\u00e9");
        List<byte[]> expected = new ArrayList<>();
        for (String sender : senders) {
            byte[] body = Body.plain(Names.printable(sender));
            expected.add(body);
            complete(store.deliver(ALICE, INBOX, Message.of(Feed.of(body, 100), sender)));
        }
        assertThat(read(store, ALICE, INBOX))
                .isEqualTo(expected.stream().map(MailStoreContract::wire).toList());
    }

    @Test
    void s05_differentDeliveriesOfTheSameMessageAreAllKept() throws Exception {
        MailStore store = store(REFUSE);
        byte[] body = Body.plain("twice");
        complete(store.deliver(ALICE, INBOX, new Message(Feed.of(body, 100), "", Optional.empty())));
        complete(store.deliver(ALICE, INBOX, new Message(Feed.of(body, 100), "", Optional.empty())));
        complete(store.deliver(ALICE, INBOX, new Message(Feed.of(body, 100), "", Optional.of("first"))));
        complete(store.deliver(ALICE, INBOX, new Message(Feed.of(body, 100), "", Optional.of("second"))));
        complete(store.deliver(BOB, INBOX, new Message(Feed.of(body, 100), "", Optional.of("first"))));
        assertThat(read(store, ALICE, INBOX)).hasSize(4).containsOnly(wire(body));
        assertThat(read(store, BOB, INBOX)).containsExactly(wire(body));
    }

    @Test
    void s05_repeatedDeliveryIsKeptAtLeastOnce() throws Exception {
        MailStore store = store(REFUSE);
        byte[] body = Body.plain("again");
        for (int i = 0; i < 2; i++) {
            complete(store.deliver(ALICE, INBOX, new Message(Feed.of(body, 100), "", Optional.of("queue-id"))));
        }
        assertThat(read(store, ALICE, INBOX)).hasSizeBetween(1, 2).containsOnly(wire(body));
    }

    @Test
    void s05_repeatedDeliveryOfWhatWasDeletedIsThereAgain() throws Exception {
        MailStore store = store(REFUSE);
        byte[] body = Body.plain("again");
        for (int i = 0; i < 3; i++) {
            complete(store.deliver(ALICE, INBOX, new Message(Feed.of(body, 100), "", Optional.of("queue-id"))));
            Mailbox mailbox = await(store.open(ALICE, INBOX));
            assertThat(mailbox.count()).as("copies after delivery " + i).isEqualTo(1);
            assertThat(content(mailbox, 1)).isEqualTo(Body.wireForm(body));
            complete(mailbox.release(bits(1)));
        }
    }

    @Test
    void s05_mailForADisabledUserIsStillDelivered() throws Exception {
        MailStore store = store(REFUSE);
        complete(store.accounts().put(new Account(ALICE, HASH, false)));
        deliver(store, ALICE, INBOX, Body.plain("one"));
        assertThat(read(store, ALICE, INBOX)).containsExactly(wire(Body.plain("one")));
    }

    @Test
    void s05_deliveryIsDurableWhenItCompletes() throws Exception {
        MailStore store = store(REFUSE);
        for (int i = 1; i <= 5; i++) {
            deliver(store, ALICE, INBOX, numbered(i));
            store = restarted(store, REFUSE);
            assertThat(read(store, ALICE, INBOX)).isEqualTo(wires(1, i, n -> true));
        }
    }

    // S6 stability

    @Test
    void s06_numbersSizesAndContentStayWhateverArrives() throws Exception {
        MailStore store = store(REFUSE);
        deliverNumbered(store, 1, 4);
        Mailbox mailbox = await(store.open(ALICE, INBOX));
        long[] before = sizes(mailbox);
        deliver(store, ALICE, INBOX, Body.large(100_000));
        deliver(store, ALICE, SAVED, Body.plain("elsewhere"));
        if (allowsTwoInstances()) {
            MailStore other = store(REFUSE);
            deliver(other, ALICE, INBOX, Body.plain("from another node"));
        }
        assertThat(mailbox.count()).isEqualTo(4);
        assertThat(sizes(mailbox)).isEqualTo(before);
        for (int n = 1; n <= 4; n++) {
            assertThat(content(mailbox, n)).as("message %d", n).isEqualTo(Body.wireForm(numbered(n)));
        }
        assertNoSuchMessage(mailbox, 5, 6);
        complete(mailbox.release(new BitSet()));
        assertThat(read(store, ALICE, INBOX)).hasSize(allowsTwoInstances() ? 6 : 5);
    }

    @Test
    void s06_mailArrivingInTheMiddleOfAReadChangesNothing() throws Exception {
        MailStore store = store(REFUSE);
        byte[] large = Body.large(1024 * 1024);
        deliver(store, ALICE, INBOX, large);
        Mailbox mailbox = await(store.open(ALICE, INBOX));
        Probe<ContentBuffer> probe = probe(mailbox.content(1), 1);
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        int arrived = 0;
        Optional<ContentBuffer> next = probe.next();
        while (next.isPresent()) {
            use(next.get(), read);
            if (arrived < 5) {
                deliver(store, ALICE, INBOX, numbered(arrived++));
            }
            probe.request(1);
            next = probe.next();
        }
        assertThat(read.toByteArray()).isEqualTo(Body.wireForm(large));
        assertThat(mailbox.count()).isEqualTo(1);
        complete(mailbox.release(new BitSet()));
        assertThat(read(store, ALICE, INBOX)).hasSize(1 + arrived);
    }

    // S7 small buffers

    @Test
    void s07_stalledReaderGetsOneSmallBuffer() throws Exception {
        MailStore store = store(REFUSE);
        byte[] large = Body.large(5 * 1024 * 1024);
        deliver(store, ALICE, INBOX, large);
        Mailbox mailbox = await(store.open(ALICE, INBOX));
        long alive = liveBuffers().orElse(0);
        Probe<ContentBuffer> probe = probe(mailbox.content(1), 1);
        ContentBuffer first = probe.next().orElseThrow();
        assertThat(first.octets().remaining()).isBetween(1, ContentBuffer.MAX_OCTETS);
        // a whole second reading gives an eager storage the time to betray itself
        assertThat(content(mailbox, 1)).isEqualTo(Body.wireForm(large));
        probe.check();
        assertThat(probe.received()).isEqualTo(1);
        if (liveBuffers().isPresent()) {
            assertThat(liveBuffers().getAsLong() - alive).as("buffers alive").isBetween(1L, 2L);
        }
        first.release();
        probe.cancel();
        complete(mailbox.release(new BitSet()));
    }

    @Test
    void s07_everyBufferIsSmallAndNoneIsEmpty() throws Exception {
        MailStore store = store(REFUSE);
        byte[] large = Body.large(2 * 1024 * 1024);
        byte[] oneLine = new byte[1_000_000];
        Arrays.fill(oneLine, (byte) 'x');
        List<byte[]> bodies = List.of(large, oneLine, new byte[0], Body.plain("small"));
        for (byte[] body : bodies) {
            deliver(store, ALICE, INBOX, body);
        }
        Mailbox mailbox = await(store.open(ALICE, INBOX));
        for (int n = 1; n <= bodies.size(); n++) {
            Probe<ContentBuffer> probe = probe(mailbox.content(n), Long.MAX_VALUE);
            ByteArrayOutputStream read = new ByteArrayOutputStream();
            for (Optional<ContentBuffer> next = probe.next(); next.isPresent(); next = probe.next()) {
                assertThat(next.get().octets().remaining()).isBetween(1, ContentBuffer.MAX_OCTETS);
                use(next.get(), read);
            }
            assertThat(read.toByteArray()).isEqualTo(Body.wireForm(bodies.get(n - 1)));
        }
        complete(mailbox.release(new BitSet()));
    }

    // S8 laziness and demand

    @Test
    void s08_nothingHappensBeforeSubscription() throws Exception {
        MailStore store = store(REFUSE);
        deliverNumbered(store, 1, 2);
        Feed feed = Feed.of(Body.plain("never"), 100);
        List<Publisher<?>> unsubscribed = new ArrayList<>(List.of(
                store.open(ALICE, INBOX),
                store.open(ALICE, SAVED),
                store.deliver(ALICE, SAVED, Message.of(feed)),
                store.folders(ALICE),
                store.accounts().find(ALICE),
                store.accounts().list(),
                store.accounts().put(new Account(new UserName("carol"), HASH, true)),
                store.accounts().replace(new Account(BOB, HASH, true), new Account(BOB, HASH, false)),
                store.accounts().remove(BOB),
                store.close()));
        Mailbox mailbox = await(store.open(ALICE, INBOX));
        unsubscribed.add(mailbox.release(bits(1, 2)));
        unsubscribed.add(mailbox.content(1));
        unsubscribed.add(mailbox.lost());
        assertThat(content(mailbox, 2)).isEqualTo(Body.wireForm(numbered(2)));
        complete(mailbox.release(new BitSet()));

        assertThat(unsubscribed).doesNotContainNull();
        assertThat(feed.wasSubscribed()).isFalse();
        assertThat(all(store.folders(ALICE))).containsExactly(INBOX);
        assertThat(read(store, ALICE, INBOX)).isEqualTo(wires(1, 2, n -> true));
        assertThat(all(store.accounts().list()))
                .containsExactly(new Account(ALICE, HASH, true), new Account(BOB, HASH, true));
    }

    @Test
    void s08_noElementBeforeItIsRequested() throws Exception {
        MailStore store = store(REFUSE);
        deliverNumbered(store, 1, 2);
        Mailbox mailbox = await(store.open(ALICE, INBOX));
        List<Probe<?>> probes = List.of(
                probe(store.open(BOB, INBOX), 0),
                probe(mailbox.content(1), 0),
                probe(store.folders(ALICE), 0),
                probe(store.accounts().find(ALICE), 0),
                probe(store.accounts().list(), 0));
        // the same work done once more, to its end, gives an eager one the time to betray itself
        assertThat(content(mailbox, 1)).isEqualTo(Body.wireForm(numbered(1)));
        assertThat(all(store.folders(ALICE))).containsExactly(INBOX);
        assertThat(all(store.accounts().list())).hasSize(2);
        assertThat(awaitOptional(store.accounts().find(ALICE))).isPresent();
        for (Probe<?> probe : probes) {
            probe.check();
            assertThat(probe.received()).isZero();
            probe.cancel();
        }
        complete(mailbox.release(new BitSet()));
    }

    @Test
    void s08_demandIsHonouredOneByOne() throws Exception {
        MailStore store = store(REFUSE);
        byte[] large = Body.large(700_000);
        deliver(store, ALICE, INBOX, large);
        Mailbox mailbox = await(store.open(ALICE, INBOX));
        Random random = random();
        for (int most : new int[] {1, 2, 5}) {
            Probe<ContentBuffer> probe = probe(mailbox.content(1), 0);
            ByteArrayOutputStream read = new ByteArrayOutputStream();
            while (read.size() < mailbox.octets(1)) {
                int n = 1 + random.nextInt(most);
                probe.request(n);
                for (int i = 0; i < n && read.size() < mailbox.octets(1); i++) {
                    use(probe.next().orElseThrow(), read);
                }
            }
            assertThat(probe.next()).isEmpty();
            assertThat(read.toByteArray()).isEqualTo(Body.wireForm(large));
        }
        complete(mailbox.release(new BitSet()));
    }

    @Test
    void s08_listsHonourDemand() throws Exception {
        MailStore store = store(REFUSE);
        for (int i = 0; i < 20; i++) {
            complete(store.accounts().put(new Account(new UserName("user" + i), HASH, true)));
            deliver(store, ALICE, new FolderName("F" + i), numbered(i));
        }
        for (Publisher<?> list : List.of(store.accounts().list(), store.folders(ALICE))) {
            Probe<?> probe = probe(list, 0);
            int count = 0;
            do {
                probe.request(1);
                count++;
            } while (probe.next().isPresent());
            assertThat(count).isGreaterThanOrEqualTo(21);
        }
    }

    // S9 cancel

    @Test
    void s09_contentCancelledAThousandTimesStillReads() throws Exception {
        MailStore store = store(REFUSE);
        byte[] large = Body.large(600_000);
        deliver(store, ALICE, INBOX, large);
        Mailbox mailbox = await(store.open(ALICE, INBOX));
        long alive = liveBuffers().orElse(0);
        for (int i = 0; i < 1_000; i++) {
            if (i % 2 == 0) {
                Probe<ContentBuffer> probe = Probe.cancellingAfter(i / 2 % 5, mailbox.content(1), limit());
                probe.awaitReceived(i / 2 % 5);
                probe.takeAll().forEach(ContentBuffer::release);
                if (i % 10 == 8) {
                    probe.check();
                }
            } else {
                Probe<ContentBuffer> probe = probe(mailbox.content(1), i / 2 % 3);
                if (i / 2 % 3 > 0 && i % 5 > 0) {
                    probe.next().orElseThrow().release();
                }
                probe.cancel();
                probe.check();
                releaseLate(probe);
            }
        }
        assertThat(content(mailbox, 1)).isEqualTo(Body.wireForm(large));
        complete(mailbox.release(new BitSet()));
        releaseAllLate();
        if (liveBuffers().isPresent()) {
            awaitTrue("every buffer is back", () -> liveBuffers().orElse(0) <= alive);
        }
        assertThat(read(store, ALICE, INBOX)).containsExactly(wire(large));
    }

    @Test
    void s09_cancelledOpeningLeavesTheMailboxFree() throws Exception {
        MailStore store = store(WAIT);
        deliverNumbered(store, 1, 2);
        Random random = random();
        for (int i = 0; i < 1_000; i++) {
            Probe<Mailbox> probe;
            if (i % 4 == 0) {
                probe = Probe.cancellingAfter(0, store.open(ALICE, INBOX), limit());
            } else {
                probe = probe(store.open(ALICE, INBOX), i % 4 == 1 ? 0 : 1);
                for (int spin = random.nextInt(2_000); spin > 0; spin--) {
                    Thread.onSpinWait();
                }
                probe.cancel();
            }
            probe.check();
            openings.add(probe);
            giveBackOpenings();
        }
        // whoever was given a mailbox in spite of the cancellation owns it
        Probe<Mailbox> last = probe(store.open(ALICE, INBOX), 1);
        awaitTrue("the mailbox is free", () -> {
            giveBackOpenings();
            return last.isEnded() || last.received() > 0;
        });
        Mailbox mailbox = last.next().orElseThrow();
        assertThat(mailbox.count()).isEqualTo(2);
        complete(mailbox.release(new BitSet()));
    }

    @Test
    void s09_cancelledWaitForAMailboxTakesNothing() throws Exception {
        MailStore store = store(WAIT);
        deliverNumbered(store, 1, 2);
        Mailbox holder = await(store.open(ALICE, INBOX));
        List<Probe<Mailbox>> waiting = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            waiting.add(probe(store.open(ALICE, INBOX), 1));
        }
        waiting.forEach(Probe::cancel);
        BitSet deleted = bits(1);
        // whoever still waits in secret competes with one that waits openly
        for (int i = 0; i < 3; i++) {
            Probe<Mailbox> patient = probe(store.open(ALICE, INBOX), 1);
            complete(holder.release(deleted));
            deleted = bits();
            holder = patient.next().orElseThrow();
        }
        complete(holder.release(deleted));
        assertThat(read(store, ALICE, INBOX)).isEqualTo(wires(2, 2, n -> true));
        for (Probe<Mailbox> probe : waiting) {
            probe.check();
            assertThat(probe.received()).isZero();
        }
    }

    @Test
    void s09_cancelledDeliveryCancelsItsSenderAndAddsNothing() throws Exception {
        MailStore store = store(REFUSE);
        deliver(store, ALICE, INBOX, numbered(1));
        for (int i = 0; i < 100; i++) {
            Feed stuck = Feed.stuck(Body.large(10_000 * (i % 10)), 4_000);
            Probe<Void> probe = probe(store.deliver(ALICE, INBOX, Message.of(stuck)), Long.MAX_VALUE);
            if (i % 3 > 0) {
                awaitLatch("the message was taken", stuck.exhausted());
                probe.cancel();
                awaitLatch("the sender was cancelled", stuck.cancelled());
            } else {
                probe.cancel();
            }
            probe.check();
        }
        deliver(store, ALICE, INBOX, numbered(2));
        assertThat(read(store, ALICE, INBOX)).isEqualTo(wires(1, 2, n -> true));
    }

    @Test
    void s09_cancelledListsAndLookUpsFreeWhatTheyHeld() throws Exception {
        MailStore store = store(REFUSE);
        deliver(store, ALICE, INBOX, numbered(1));
        for (int i = 0; i < 250; i++) {
            for (Publisher<?> publisher :
                    List.of(store.accounts().find(ALICE), store.accounts().list(), store.folders(ALICE))) {
                if (i % 2 == 0) {
                    Probe.cancellingAfter(i / 2 % 2, publisher, limit()).check();
                } else {
                    Probe<?> probe = probe(publisher, i / 2 % 2);
                    probe.cancel();
                    probe.check();
                }
            }
        }
        assertThat(all(store.accounts().list())).hasSize(2);
        assertThat(all(store.folders(ALICE))).containsExactly(INBOX);
    }

    // S10 release

    @Test
    void s10_releaseOfNothingChangesNothing() throws Exception {
        MailStore store = store(REFUSE);
        deliverNumbered(store, 1, 3);
        for (int i = 0; i < 3; i++) {
            complete(await(store.open(ALICE, INBOX)).release(new BitSet()));
        }
        store = restarted(store, REFUSE);
        assertThat(read(store, ALICE, INBOX)).isEqualTo(wires(1, 3, n -> true));
    }

    @Test
    void s10_releaseRemovesExactlyTheDeleted() throws Exception {
        Random random = random();
        List<IntPredicate> patterns = new ArrayList<>(List.of(
                n -> n == 1,
                n -> n == 9,
                n -> n == 5,
                n -> true,
                n -> n % 2 == 0,
                n -> n % 2 == 1,
                n -> n > 1,
                n -> n < 9));
        for (int i = 0; i < 8; i++) {
            BitSet set = BitSet.valueOf(new long[] {random.nextInt(1 << 9) << 1});
            patterns.add(set::get);
        }
        for (int i = 0; i < patterns.size(); i++) {
            IntPredicate deleted = patterns.get(i);
            FolderName folder = new FolderName("Pattern" + i);
            MailStore store = store(REFUSE);
            for (int n = 1; n <= 9; n++) {
                deliver(store, ALICE, folder, numbered(n));
            }
            Mailbox mailbox = await(store.open(ALICE, folder));
            assertThat(mailbox.writable()).isTrue();
            BitSet bits = new BitSet();
            for (int n = 1; n <= 9; n++) {
                bits.set(n, deleted.test(n));
            }
            complete(mailbox.release(bits));
            store = restarted(store, REFUSE);
            assertThat(read(store, ALICE, folder)).as("deleted %s", bits).isEqualTo(wires(1, 9, deleted.negate()));
            close(store);
        }
    }

    @Test
    void s10_releaseKeepsMailThatArrivedMeanwhile() throws Exception {
        for (BitSet deleted : List.of(bits(), bits(1), bits(3), bits(2), bits(1, 2, 3))) {
            FolderName folder = new FolderName("Kept" + deleted.cardinality() + deleted.length());
            MailStore store = store(REFUSE);
            for (int n = 1; n <= 3; n++) {
                deliver(store, ALICE, folder, numbered(n));
            }
            Mailbox mailbox = await(store.open(ALICE, folder));
            deliver(store, ALICE, folder, numbered(4));
            if (allowsTwoInstances()) {
                MailStore other = store(REFUSE);
                deliver(other, ALICE, folder, numbered(5));
                close(other);
            } else {
                deliver(store, ALICE, folder, numbered(5));
            }
            complete(mailbox.release(deleted));
            store = restarted(store, REFUSE);
            assertThat(read(store, ALICE, folder))
                    .as("deleted %s", deleted)
                    .isEqualTo(wires(1, 5, n -> !deleted.get(n)));
            close(store);
        }
    }

    @Test
    void s10_deletionIsSeenByEveryNodeWhenReleaseCompletes() throws Exception {
        if (!allowsTwoInstances()) {
            assertSecondInstanceIsRefused();
            return;
        }
        MailStore here = store(REFUSE);
        MailStore there = store(REFUSE);
        deliverNumbered(here, 1, 6);
        for (int left = 6; left > 0; left--) {
            MailStore one = left % 2 == 0 ? here : there;
            MailStore other = left % 2 == 0 ? there : here;
            complete(await(one.open(ALICE, INBOX)).release(bits(1)));
            assertThat(read(other, ALICE, INBOX)).isEqualTo(wires(8 - left, 6, n -> true));
        }
    }

    @Test
    void s10_deletedNumbersAreCopiedAtTheCall() throws Exception {
        MailStore store = store(REFUSE);
        deliverNumbered(store, 1, 3);
        BitSet deleted = bits(2);
        Publisher<Void> release = await(store.open(ALICE, INBOX)).release(deleted);
        deleted.set(1, 4);
        complete(release);
        assertThat(read(store, ALICE, INBOX)).isEqualTo(wires(1, 3, n -> n != 2));
    }

    @Test
    void s10_deletingOneFolderLeavesTheOthers() throws Exception {
        MailStore store = store(REFUSE);
        for (UserName user : List.of(ALICE, BOB)) {
            for (FolderName folder : List.of(INBOX, SAVED)) {
                deliver(store, user, folder, numbered(1));
                deliver(store, user, folder, numbered(2));
            }
        }
        complete(await(store.open(ALICE, SAVED)).release(bits(1, 2)));
        assertThat(read(store, ALICE, SAVED)).isEmpty();
        assertThat(read(store, ALICE, INBOX)).isEqualTo(wires(1, 2, n -> true));
        assertThat(read(store, BOB, SAVED)).isEqualTo(wires(1, 2, n -> true));
        assertThat(read(store, BOB, INBOX)).isEqualTo(wires(1, 2, n -> true));
    }

    @Test
    void s10_numberOutOfRangeIsABugAndDeletesNothing() throws Exception {
        MailStore store = store(REFUSE);
        deliverNumbered(store, 1, 2);
        Mailbox mailbox = await(store.open(ALICE, INBOX));
        deliver(store, ALICE, INBOX, numbered(3));
        for (BitSet wrong : List.of(bits(0), bits(3), bits(1, 4), bits(0, 1))) {
            assertThatThrownBy(() -> mailbox.release(wrong))
                    .as("%s of 2", wrong)
                    .isInstanceOf(IllegalArgumentException.class);
        }
        // nothing was released by that: the mailbox is held, and its holder may delete
        assertFails(Reason.BUSY, store.open(ALICE, INBOX));
        complete(mailbox.release(bits(1)));
        assertThat(read(store, ALICE, INBOX)).isEqualTo(wires(2, 3, n -> true));
    }

    // S11 all or nothing

    @Test
    void s11_cancelledReleaseRunsToItsEnd() throws Exception {
        MailStore store = store(WAIT);
        for (int i = 0; i < 20; i++) {
            FolderName folder = new FolderName("Cancelled" + i);
            for (int n = 1; n <= 6; n++) {
                deliver(store, ALICE, folder, numbered(n));
            }
            Mailbox mailbox = await(store.open(ALICE, folder));
            Publisher<Void> release = mailbox.release(bits(1, 3, 4));
            Probe<Void> first =
                    i % 2 == 0 ? Probe.cancellingAfter(0, release, limit()) : probe(release, Long.MAX_VALUE);
            first.cancel();
            first.check();
            complete(release);
            assertThat(read(store, ALICE, folder)).isEqualTo(wires(1, 6, n -> n == 2 || n > 4));
        }
    }

    @Test
    void s11_cancelledReleaseEndsTheHoldByItself() throws Exception {
        MailStore store = store(WAIT);
        deliverNumbered(store, 1, 4);
        Probe.cancellingAfter(0, await(store.open(ALICE, INBOX)).release(bits(2, 4)), limit())
                .check();
        assertThat(read(store, ALICE, INBOX)).isEqualTo(wires(1, 4, n -> n % 2 == 1));
    }

    @Test
    void s11_furtherSubscriptionAwaitsTheSameEnd() throws Exception {
        MailStore store = store(REFUSE);
        deliverNumbered(store, 1, 4);
        Publisher<Void> release = await(store.open(ALICE, INBOX)).release(bits(1));
        List<Probe<Void>> probes = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            probes.add(probe(release, Long.MAX_VALUE));
        }
        probes.forEach(Probe::awaitCompletion);
        complete(release);
        assertThat(read(store, ALICE, INBOX)).isEqualTo(wires(2, 4, n -> true));
    }

    @Test
    void s11_releaseAgainstATakeoverIsAllOrNothing() throws Exception {
        MailStore store = store(TAKE_OVER);
        MailStore rival = allowsTwoInstances() ? store(TAKE_OVER) : store;
        for (int i = 0; i < 50; i++) {
            FolderName folder = new FolderName("Race" + i);
            for (int n = 1; n <= 8; n++) {
                deliver(store, ALICE, folder, numbered(n));
            }
            Mailbox holder = await(store.open(ALICE, folder));
            Publisher<Void> release = holder.release(bits(1, 2, 5, 8));
            CountDownLatch go = new CountDownLatch(1);
            AtomicReference<@Nullable Probe<Mailbox>> opening = new AtomicReference<>();
            Thread thief = new Thread(() -> {
                awaitLatch("the start", go);
                opening.set(probe(rival.open(ALICE, folder), 1));
            });
            thief.start();
            go.countDown();
            Probe<Void> releasing = probe(release, Long.MAX_VALUE);
            join(thief);
            releasing.awaitEnd();
            Probe<Mailbox> probe = Objects.requireNonNull(opening.get());
            Mailbox newcomer = probe.next().orElseThrow();
            if (releasing.failure() == null) {
                assertThat(newcomer.count()).as("messages after a release").isEqualTo(4);
            } else {
                assertThat(releasing.awaitStoreException().reason()).isEqualTo(Reason.BUSY);
                assertThat(newcomer.count())
                        .as("messages after a failed release")
                        .isEqualTo(8);
            }
            int left = newcomer.count();
            complete(newcomer.release(new BitSet()));
            assertThat(read(store, ALICE, folder))
                    .isEqualTo(wires(1, 8, n -> left == 8 || !bits(1, 2, 5, 8).get(n)));
        }
    }

    // S12 crash

    @Test
    void s12_mailboxThatWasNeverReleasedLosesNothing() throws Exception {
        MailStore store = store(REFUSE);
        deliverNumbered(store, 1, 3);
        Mailbox mailbox = await(store.open(ALICE, INBOX));
        assertThat(content(mailbox, 2)).isEqualTo(Body.wireForm(numbered(2)));
        Publisher<Void> neverSubscribed = mailbox.release(bits(1, 2, 3));
        deliver(store, ALICE, INBOX, numbered(4));
        store = restarted(store, REFUSE);
        assertThat(neverSubscribed).isNotNull();
        assertThat(read(store, ALICE, INBOX)).isEqualTo(wires(1, 4, n -> true));
    }

    @Test
    void s12_crashedNodeLosesNothing() throws Exception {
        if (!allowsTwoInstances()) {
            assertSecondInstanceIsRefused();
            return;
        }
        MailStore crashed = store(TAKE_OVER);
        deliverNumbered(crashed, 1, 3);
        Mailbox abandoned = await(crashed.open(ALICE, INBOX));
        Probe<ContentBuffer> unfinished = probe(abandoned.content(1), 1);
        unfinished.next().orElseThrow().release();
        MailStore survivor = store(TAKE_OVER);
        deliver(survivor, ALICE, INBOX, numbered(4));
        assertThat(read(survivor, ALICE, INBOX)).isEqualTo(wires(1, 4, n -> true));
        unfinished.cancel();
    }

    // S13 takeover

    @Test
    void s13_heldMailboxIsBusy() throws Exception {
        for (MailStore second : seconds(REFUSE)) {
            FolderName folder = new FolderName("Busy" + opened.indexOf(second));
            MailStore first = opened.get(0);
            deliver(first, ALICE, folder, numbered(1));
            Mailbox holder = await(first.open(ALICE, folder));
            assertFails(Reason.BUSY, second.open(ALICE, folder));
            assertFails(Reason.BUSY, second.open(ALICE, folder));
            assertThat(read(second, BOB, folder)).isEmpty();
            complete(holder.release(bits(1)));
            assertThat(read(second, ALICE, folder)).isEmpty();
        }
    }

    @Test
    void s13_openingWaitsForTheHolderToGo() throws Exception {
        for (MailStore second : seconds(WAIT)) {
            FolderName folder = new FolderName("Wait" + opened.indexOf(second));
            MailStore first = opened.get(0);
            deliver(first, ALICE, folder, numbered(1));
            deliver(first, ALICE, folder, numbered(2));
            Mailbox holder = await(first.open(ALICE, folder));
            Probe<Mailbox> opening = probe(second.open(ALICE, folder), 1);
            assertThat(content(holder, 1)).isEqualTo(Body.wireForm(numbered(1)));
            assertThat(opening.received()).isZero();
            assertThat(opening.isEnded()).isFalse();
            complete(holder.release(bits(1)));
            Mailbox newcomer = opening.next().orElseThrow();
            assertThat(newcomer.count()).isEqualTo(1);
            assertThat(content(newcomer, 1)).isEqualTo(Body.wireForm(numbered(2)));
            complete(newcomer.release(new BitSet()));
        }
    }

    @Test
    void s13_silentHolderLosesTheMailboxAndCanDeleteNothing() throws Exception {
        for (MailStore second : seconds(TAKE_OVER)) {
            FolderName folder = new FolderName("Taken" + opened.indexOf(second));
            MailStore first = opened.get(0);
            deliver(first, ALICE, folder, numbered(1));
            deliver(first, ALICE, folder, numbered(2));
            Mailbox loser = await(first.open(ALICE, folder));
            Probe<Void> lost = probe(loser.lost(), Long.MAX_VALUE);
            assertThat(lost.isEnded()).isFalse();
            Mailbox newcomer = await(second.open(ALICE, folder));
            assertThat(newcomer.count()).isEqualTo(2);
            assertFails(Reason.BUSY, loser.release(bits(1, 2)));
            lost.awaitCompletion();
            complete(loser.lost());
            assertThat(content(newcomer, 1)).isEqualTo(Body.wireForm(numbered(1)));
            complete(newcomer.release(bits(2)));
            assertThat(read(second, ALICE, folder)).isEqualTo(wires(1, 1, n -> true));
        }
    }

    @Test
    void s13_staleHolderDeletesNothingAfterTheNextOneHasGone() throws Exception {
        for (MailStore second : seconds(TAKE_OVER)) {
            FolderName folder = new FolderName("Stale" + opened.indexOf(second));
            MailStore first = opened.get(0);
            deliver(first, ALICE, folder, numbered(1));
            deliver(first, ALICE, folder, numbered(2));
            Mailbox loser = await(first.open(ALICE, folder));
            complete(await(second.open(ALICE, folder)).release(bits(1)));
            assertFails(Reason.BUSY, loser.release(bits(1)));
            assertThat(read(second, ALICE, folder)).isEqualTo(wires(2, 2, n -> true));
        }
    }

    @Test
    void s13_loserEndingDoesNotEndTheHoldOfTheNext() throws Exception {
        MailStore store = store(TAKE_OVER);
        deliverNumbered(store, 1, 2);
        Mailbox loser = await(store.open(ALICE, INBOX));
        Mailbox holder = await(store.open(ALICE, INBOX));
        probe(loser.release(new BitSet()), Long.MAX_VALUE).awaitEnd();
        complete(holder.release(bits(1)));
        assertThat(read(store, ALICE, INBOX)).isEqualTo(wires(2, 2, n -> true));
    }

    @Test
    void s13_holderIsTurnedOutOnceItHasBeenSilentForLongEnough() throws Exception {
        MailStore store = store(new HoldPolicy(Duration.ofMillis(300), Duration.ofMinutes(5)));
        deliverNumbered(store, 1, 2);
        Mailbox loser = await(store.open(ALICE, INBOX));
        loser.active();
        Mailbox newcomer = await(store.open(ALICE, INBOX));
        complete(loser.lost());
        complete(newcomer.release(bits(1)));
        assertFails(Reason.BUSY, loser.release(bits(1)));
        assertThat(read(store, ALICE, INBOX)).isEqualTo(wires(2, 2, n -> true));
    }

    @Test
    void s13_holderThatSpeaksKeepsTheMailbox() throws Exception {
        Duration takeoverAfter = Duration.ofMillis(1_500);
        for (MailStore second : seconds(new HoldPolicy(takeoverAfter, Duration.ofMillis(2_500)))) {
            MailStore first = opened.get(0);
            FolderName folder = new FolderName("Speaks" + opened.indexOf(second));
            deliver(first, ALICE, folder, numbered(1));
            deliver(first, ALICE, folder, numbered(2));
            Mailbox holder = stillHeldBy(await(first.open(ALICE, folder)), second, folder, takeoverAfter);
            complete(holder.release(bits(1)));
            assertThat(read(second, ALICE, folder)).isEqualTo(wires(2, 2, n -> true));
        }
    }

    /** Opens the folder for somebody else, while its holder speaks: that has to fail. The holder, or a later one. */
    private Mailbox stillHeldBy(Mailbox first, MailStore second, FolderName folder, Duration takeoverAfter)
            throws Exception {
        Mailbox holder = first;
        // a machine that stops for longer than that makes the holder silent indeed: such an attempt says nothing
        for (int attempt = 1; ; attempt++) {
            assertThat(attempt).as("attempts on a machine that keeps stopping").isLessThan(10);
            long longestSilence = 0;
            long spoken = System.nanoTime();
            Probe<Mailbox> opening = probe(second.open(ALICE, folder), 1);
            while (!opening.isEnded()) {
                holder.active();
                long now = System.nanoTime();
                longestSilence = Math.max(longestSilence, now - spoken);
                spoken = now;
                Thread.onSpinWait();
            }
            if (opening.received() == 0) {
                assertThat(opening.awaitStoreException().reason()).isEqualTo(Reason.BUSY);
                return holder;
            }
            assertThat(longestSilence).as("longest silence of the holder").isGreaterThan(takeoverAfter.toNanos() / 2);
            holder = opening.next().orElseThrow();
        }
    }

    @Test
    void s13_lostStaysSilentAfterARelease() throws Exception {
        MailStore store = store(TAKE_OVER);
        deliverNumbered(store, 1, 1);
        Mailbox first = await(store.open(ALICE, INBOX));
        Probe<Void> lost = probe(first.lost(), Long.MAX_VALUE);
        complete(first.release(new BitSet()));
        Mailbox second = await(store.open(ALICE, INBOX));
        Mailbox third = await(store.open(ALICE, INBOX));
        complete(second.lost());
        lost.check();
        assertThat(lost.isEnded()).isFalse();
        lost.cancel();
        complete(third.release(new BitSet()));
    }

    @Test
    void s13_ofSimultaneousOpeningsOneHolds() throws Exception {
        for (MailStore second : seconds(REFUSE)) {
            MailStore first = opened.get(0);
            for (int i = 0; i < 20; i++) {
                List<Probe<Mailbox>> openings = together(8, n -> (n % 2 == 0 ? first : second).open(ALICE, INBOX));
                List<Mailbox> held = new ArrayList<>();
                for (Probe<Mailbox> opening : openings) {
                    opening.awaitEnd();
                    if (opening.failure() == null) {
                        held.add(opening.next().orElseThrow());
                    } else {
                        assertThat(opening.awaitStoreException().reason()).isEqualTo(Reason.BUSY);
                    }
                }
                assertThat(held).hasSize(1);
                complete(held.get(0).release(new BitSet()));
            }
        }
    }

    @Test
    void s13_ofSimultaneousTakeoversOneDeletes() throws Exception {
        for (MailStore second : seconds(TAKE_OVER)) {
            MailStore first = opened.get(0);
            FolderName folder = new FolderName("Fight" + opened.indexOf(second));
            for (int n = 1; n <= 3; n++) {
                deliver(first, ALICE, folder, numbered(n));
            }
            List<Probe<Mailbox>> openings = together(8, n -> (n % 2 == 0 ? first : second).open(ALICE, folder));
            List<Mailbox> mailboxes = new ArrayList<>();
            for (Probe<Mailbox> opening : openings) {
                mailboxes.add(opening.next().orElseThrow());
            }
            List<Probe<Void>> releases = together(8, n -> mailboxes.get(n).release(bits(1)));
            int deleted = 0;
            for (Probe<Void> release : releases) {
                release.awaitEnd();
                if (release.failure() == null) {
                    deleted++;
                } else {
                    assertThat(release.awaitStoreException().reason()).isEqualTo(Reason.BUSY);
                }
            }
            assertThat(deleted).isEqualTo(1);
            assertThat(read(second, ALICE, folder)).isEqualTo(wires(2, 3, n -> true));
        }
    }

    @Test
    void s13_closedStoreGivesUpItsMailboxes() throws Exception {
        if (!allowsTwoInstances()) {
            assertSecondInstanceIsRefused();
            return;
        }
        MailStore first = store(REFUSE);
        MailStore second = store(REFUSE);
        deliverNumbered(first, 1, 2);
        Mailbox given = await(first.open(ALICE, INBOX));
        assertThat(given.count()).isEqualTo(2);
        close(first);
        assertThat(read(second, ALICE, INBOX)).isEqualTo(wires(1, 2, n -> true));
    }

    // S14 errors and threads

    @Test
    void s14_deliveryToAnUnknownUserIsNotFoundAndCreatesNothing() throws Exception {
        MailStore store = store(REFUSE);
        UserName nobody = new UserName("nobody");
        for (byte[] body : List.of(Body.plain("lost"), new byte[0], Body.large(300_000))) {
            assertFails(Reason.NOT_FOUND, store.deliver(nobody, INBOX, Message.of(Feed.of(body, 8192))));
        }
        assertThat(all(store.folders(nobody))).isEmpty();
        complete(store.accounts().put(new Account(nobody, HASH, true)));
        assertThat(read(store, nobody, INBOX)).isEmpty();
    }

    @Test
    void s14_messageThatFailsIsAStoreExceptionAndAddsNothing() throws Exception {
        MailStore store = store(REFUSE);
        deliver(store, ALICE, INBOX, numbered(1));
        for (int octets : new int[] {0, 100, 9_000, 300_000}) {
            byte[] body = octets == 0 ? new byte[0] : Body.large(octets);
            for (FolderName folder : List.of(INBOX, SAVED)) {
                Feed failing = Feed.failing(body, 8192);
                probe(store.deliver(ALICE, folder, Message.of(failing)), Long.MAX_VALUE)
                        .awaitStoreException();
            }
        }
        deliver(store, ALICE, INBOX, numbered(2));
        store = restarted(store, REFUSE);
        assertThat(read(store, ALICE, INBOX)).isEqualTo(wires(1, 2, n -> true));
        assertThat(read(store, ALICE, SAVED)).isEmpty();
    }

    @Test
    void s14_subscribingToABusyMailboxDoesNotBlock() throws Exception {
        MailStore store = store(WAIT);
        deliverNumbered(store, 1, 1);
        Mailbox holder = await(store.open(ALICE, INBOX));
        CountDownLatch subscribed = new CountDownLatch(1);
        AtomicReference<@Nullable Probe<Mailbox>> opening = new AtomicReference<>();
        Thread subscriber = new Thread(() -> {
            opening.set(probe(store.open(ALICE, INBOX), 1));
            subscribed.countDown();
        });
        subscriber.start();
        try {
            // only the release below could end the wait: a subscriber that is back was not blocked by it
            awaitLatch("S14: subscribe() is back while the mailbox is held", subscribed);
        } finally {
            complete(holder.release(new BitSet()));
            join(subscriber);
        }
        Probe<Mailbox> probe = Objects.requireNonNull(opening.get());
        complete(probe.next().orElseThrow().release(new BitSet()));
    }

    @Test
    void s14_subscribingToADeliveryDoesNotWaitForTheMessage() throws Exception {
        MailStore store = store(REFUSE);
        Feed stuck = Feed.stuck(Body.plain("stuck"), 10);
        CountDownLatch subscribed = new CountDownLatch(1);
        AtomicReference<@Nullable Probe<Void>> delivery = new AtomicReference<>();
        Thread subscriber = new Thread(() -> {
            delivery.set(probe(store.deliver(ALICE, INBOX, Message.of(stuck)), Long.MAX_VALUE));
            subscribed.countDown();
        });
        subscriber.setDaemon(true);
        subscriber.start();
        awaitLatch("S14: subscribe() is back while the message has not ended", subscribed);
        Probe<Void> probe = Objects.requireNonNull(delivery.get());
        probe.cancel();
        assertThat(read(store, ALICE, INBOX)).isEmpty();
    }

    @Test
    void s14_manyUsersAtOnceDoNotDisturbEachOther() throws Exception {
        MailStore store = store(WAIT);
        List<UserName> users = new ArrayList<>();
        for (int u = 0; u < 8; u++) {
            UserName user = new UserName("user" + u);
            users.add(user);
            complete(store.accounts().put(new Account(user, HASH, true)));
        }
        List<Thread> threads = new ArrayList<>();
        List<Throwable> failures = new ArrayList<>();
        for (UserName user : users) {
            Thread thread = new Thread(() -> {
                try {
                    for (int n = 1; n <= 10; n++) {
                        deliver(store, user, INBOX, Body.plain(user + " " + n));
                    }
                    Mailbox mailbox = await(store.open(user, INBOX));
                    for (int n = 1; n <= 10; n++) {
                        assertThat(content(mailbox, n)).isEqualTo(Body.wireForm(Body.plain(user + " " + n)));
                    }
                    complete(mailbox.release(bits(1, 10)));
                    assertThat(read(store, user, INBOX)).hasSize(8);
                } catch (Throwable t) {
                    synchronized (failures) {
                        failures.add(t);
                    }
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            join(thread);
        }
        synchronized (failures) {
            assertThat(failures).isEmpty();
        }
    }

    // S15 quota

    @Test
    void s15_deliveryOverTheQuotaIsRefusedAndAddsNothing() throws Exception {
        MailStore store = store(REFUSE);
        for (Quota quota : List.of(new Quota(2, 0), new Quota(0, Body.wireForm(numbered(1)).length * 2L + 30))) {
            UserName user = new UserName("user-" + quota.messages());
            complete(store.accounts().put(limited(user, quota)));
            deliver(store, user, INBOX, numbered(1));
            deliver(store, user, INBOX, numbered(2));
            for (FolderName folder : List.of(INBOX, SAVED)) {
                for (byte[] body : List.of(Body.plain("too much"), Body.large(300_000))) {
                    assertFails(Reason.OVER_QUOTA, store.deliver(user, folder, Message.of(Feed.of(body, 8192))));
                }
            }
            assertThat(read(store, user, INBOX)).isEqualTo(wires(1, 2, n -> true));
            assertThat(read(store, user, SAVED)).isEmpty();
            assertThat(await(store.usage(user)).messages()).isEqualTo(2);
        }
        // nobody else is concerned
        deliver(store, BOB, INBOX, Body.large(300_000));
        store = restarted(store, REFUSE);
        for (UserName user : List.of(new UserName("user-2"), new UserName("user-0"))) {
            assertThat(read(store, user, INBOX)).isEqualTo(wires(1, 2, n -> true));
            complete(store.accounts().put(new Account(user, HASH, true)));
            deliver(store, user, INBOX, numbered(3));
            assertThat(read(store, user, INBOX)).isEqualTo(wires(1, 3, n -> true));
        }
    }

    /** What fits to the octet is accepted, one octet less and it is not. */
    @Test
    void s15_octetsCountAsOnTheWire() throws Exception {
        MailStore store = store(REFUSE);
        long used = 0;
        for (Body body : bodies()) {
            if (body.octets().length > 100_000) {
                continue;
            }
            long wire = body.wire().length;
            complete(store.accounts().put(limited(ALICE, new Quota(0, used + wire - 1))));
            assertFails(Reason.OVER_QUOTA, store.deliver(ALICE, INBOX, Message.of(Feed.of(body.octets(), 8192))));
            complete(store.accounts().put(limited(ALICE, new Quota(0, used + wire))));
            deliver(store, ALICE, INBOX, body.octets());
            used += wire;
            assertThat(await(store.usage(ALICE)).octets())
                    .as("octets with '%s'", body)
                    .isEqualTo(used);
        }
    }

    @Test
    void s15_allFoldersCount() throws Exception {
        MailStore store = store(REFUSE);
        complete(store.accounts().put(limited(ALICE, new Quota(3, 0))));
        deliver(store, ALICE, SAVED, numbered(1));
        deliver(store, ALICE, new FolderName("lists/rfc"), numbered(2));
        deliver(store, ALICE, INBOX, numbered(3));
        for (String folder : List.of("INBOX", "Saved", "lists/rfc", "new")) {
            assertFails(
                    Reason.OVER_QUOTA,
                    store.deliver(ALICE, new FolderName(folder), Message.of(Feed.of(numbered(4), 8192))));
        }
        assertThat(await(store.usage(ALICE)).messages()).isEqualTo(3);
    }

    @Test
    void s15_deletedMailMakesRoom() throws Exception {
        MailStore store = store(REFUSE);
        complete(store.accounts().put(limited(ALICE, new Quota(2, 0))));
        deliverNumbered(store, 1, 2);
        assertFails(Reason.OVER_QUOTA, store.deliver(ALICE, INBOX, Message.of(Feed.of(numbered(3), 8192))));
        Mailbox mailbox = await(store.open(ALICE, INBOX));
        assertFails(Reason.OVER_QUOTA, store.deliver(ALICE, INBOX, Message.of(Feed.of(numbered(3), 8192))));
        complete(mailbox.release(bits(1)));
        deliver(store, ALICE, INBOX, numbered(3));
        assertFails(Reason.OVER_QUOTA, store.deliver(ALICE, INBOX, Message.of(Feed.of(numbered(4), 8192))));
        assertThat(read(store, ALICE, INBOX)).isEqualTo(wires(2, 3, n -> true));
    }

    @Test
    void s15_usageIsThatOfAllFolders() throws Exception {
        MailStore store = store(REFUSE);
        Quota quota = new Quota(10, 1_000_000);
        assertThat(await(store.usage(ALICE))).isEqualTo(new Usage(0, 0, Quota.UNLIMITED));
        complete(store.accounts().put(limited(ALICE, quota)));
        deliverNumbered(store, 1, 2);
        deliver(store, ALICE, SAVED, numbered(3));
        deliver(store, BOB, INBOX, numbered(4));
        long octets = wires(1, 3, n -> true).stream().mapToLong(String::length).sum();
        assertThat(await(store.usage(ALICE))).isEqualTo(new Usage(3, octets, quota));
        store = restarted(store, REFUSE);
        assertThat(await(store.usage(ALICE))).isEqualTo(new Usage(3, octets, quota));
        assertThat(await(store.usage(BOB)).messages()).isEqualTo(1);
        assertThat(await(store.usage(new UserName("nobody")))).isEqualTo(new Usage(0, 0, Quota.UNLIMITED));
    }

    @Test
    void s15_loweredQuotaDeletesNothing() throws Exception {
        MailStore store = store(REFUSE);
        deliverNumbered(store, 1, 5);
        complete(store.accounts().put(limited(ALICE, new Quota(2, 10))));
        store = restarted(store, REFUSE);
        assertThat(read(store, ALICE, INBOX)).isEqualTo(wires(1, 5, n -> true));
        assertFails(Reason.OVER_QUOTA, store.deliver(ALICE, INBOX, Message.of(Feed.of(numbered(6), 8192))));
        assertThat(read(store, ALICE, INBOX)).isEqualTo(wires(1, 5, n -> true));
    }

    @Test
    void s15_ofSimultaneousDeliveriesAsManyAreAcceptedAsThereIsRoomFor() throws Exception {
        List<MailStore> stores = seconds(REFUSE);
        complete(stores.get(0).accounts().put(limited(ALICE, new Quota(10, 0))));
        byte[] body = Body.plain("one of many");
        List<Probe<Void>> deliveries = together(
                20,
                n -> stores.get(n % stores.size())
                        .deliver(ALICE, n % 4 < 2 ? INBOX : SAVED, Message.of(Feed.of(body, 8192))));
        int accepted = 0;
        for (Probe<Void> delivery : deliveries) {
            Optional<StoreException> refused = delivery.awaitOutcome();
            refused.ifPresent(e -> assertThat(e.reason()).isEqualTo(Reason.OVER_QUOTA));
            accepted += refused.isEmpty() ? 1 : 0;
        }
        assertThat(accepted).as("deliveries accepted").isEqualTo(10);
        List<String> stored = new ArrayList<>(read(stores.get(0), ALICE, INBOX));
        stored.addAll(read(stores.get(0), ALICE, SAVED));
        assertThat(stored).hasSize(10).containsOnly(wire(body));
    }

    // what the tests are written in

    private static Account limited(UserName user, Quota quota) {
        return new Account(user, HASH, true, Optional.of(quota));
    }

    private MailStore store(HoldPolicy policy) throws Exception {
        MailStore store = open(policy);
        opened.add(store);
        return store;
    }

    private void close(MailStore store) {
        if (opened.remove(store)) {
            complete(store.close());
        }
    }

    private MailStore restarted(MailStore store, HoldPolicy policy) throws Exception {
        close(store);
        return store(policy);
    }

    /**
     * Who may want a mailbox of the first store opened here: the same instance, and another one where that is allowed.
     */
    private List<MailStore> seconds(HoldPolicy policy) throws Exception {
        MailStore first = store(policy);
        if (allowsTwoInstances()) {
            return List.of(first, store(policy));
        }
        assertSecondInstanceIsRefused();
        return List.of(first);
    }

    private void assertSecondInstanceIsRefused() throws Exception {
        if (opened.isEmpty()) {
            store(REFUSE);
        }
        assertThatThrownBy(() -> store(REFUSE))
                .as("a second instance, which allowsTwoInstances() rules out")
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.reason()).isEqualTo(Reason.UNAVAILABLE));
    }

    private <T> Probe<T> probe(Publisher<T> publisher, long demand) {
        return Probe.on(publisher, limit(), demand);
    }

    private <T> Optional<T> awaitOptional(Publisher<T> publisher) {
        Probe<T> probe = probe(publisher, 2);
        Optional<T> element = probe.next();
        probe.awaitCompletion();
        assertThat(probe.received()).as("elements").isLessThanOrEqualTo(1);
        return element;
    }

    private <T> List<T> all(Publisher<T> publisher) {
        Probe<T> probe = probe(publisher, Long.MAX_VALUE);
        probe.awaitCompletion();
        return probe.takeAll();
    }

    private void complete(Publisher<Void> publisher) {
        Probe<Void> probe = probe(publisher, Long.MAX_VALUE);
        probe.awaitCompletion();
        assertThat(probe.received()).as("elements of nothing").isZero();
    }

    private void assertFails(Reason reason, Publisher<?> publisher) {
        assertThat(probe(publisher, Long.MAX_VALUE).awaitStoreException().reason())
                .isEqualTo(reason);
    }

    private void deliver(MailStore store, UserName user, FolderName folder, byte[] octets) {
        complete(store.deliver(user, folder, Message.of(Feed.of(octets, 8192))));
    }

    private void deliverNumbered(MailStore store, int first, int last) {
        for (int n = first; n <= last; n++) {
            deliver(store, ALICE, INBOX, numbered(n));
        }
    }

    private static byte[] numbered(int n) {
        return Body.plain("message " + n + "!".repeat(n * 10));
    }

    private List<String> wires(int first, int last, IntPredicate which) {
        List<String> wires = new ArrayList<>();
        for (int n = first; n <= last; n++) {
            if (which.test(n)) {
                wires.add(wire(numbered(n)));
            }
        }
        return wires;
    }

    /** What a client is sent, one octet per character, for messages that a reader of a failure can read. */
    private static String wire(byte[] delivered) {
        return latin1(Body.wireForm(delivered));
    }

    private static String latin1(byte[] octets) {
        return new String(octets, StandardCharsets.ISO_8859_1);
    }

    /** Opens a mailbox, reads all of it, and releases it. */
    private List<String> read(MailStore store, UserName user, FolderName folder) {
        Mailbox mailbox = await(store.open(user, folder));
        List<String> contents = new ArrayList<>();
        for (int n = 1; n <= mailbox.count(); n++) {
            byte[] content = content(mailbox, n);
            assertThat(mailbox.octets(n)).as("octets of message %d", n).isEqualTo(content.length);
            contents.add(latin1(content));
        }
        complete(mailbox.release(new BitSet()));
        return contents;
    }

    private byte[] content(Mailbox mailbox, int number) {
        return octetsOf(mailbox.content(number));
    }

    private byte[] octetsOf(Publisher<ContentBuffer> content) {
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        Probe<ContentBuffer> probe = probe(content, 1);
        for (Optional<ContentBuffer> next = probe.next(); next.isPresent(); next = probe.next()) {
            use(next.get(), read);
            probe.request(1);
        }
        return read.toByteArray();
    }

    private static void use(ContentBuffer buffer, ByteArrayOutputStream to) {
        ByteBuffer octets = buffer.octets();
        byte[] copy = new byte[octets.remaining()];
        octets.get(copy);
        to.writeBytes(copy);
        buffer.release();
    }

    private void assertContent(Mailbox mailbox, int n, Body body) {
        byte[] expected = body.wire();
        byte[] actual = content(mailbox, n);
        int differs = Arrays.mismatch(actual, expected);
        if (differs >= 0) {
            int from = Math.max(0, differs - 20);
            throw new AssertionError("message %d, '%s', differs at octet %d: %s instead of %s (%d octets instead of %d)"
                    .formatted(
                            n,
                            body,
                            differs,
                            Names.printable(excerpt(actual, from)),
                            Names.printable(excerpt(expected, from)),
                            actual.length,
                            expected.length));
        }
    }

    private static String excerpt(byte[] octets, int from) {
        return latin1(Arrays.copyOfRange(octets, Math.min(from, octets.length), Math.min(from + 60, octets.length)));
    }

    private static long[] sizes(Mailbox mailbox) {
        long[] sizes = new long[mailbox.count()];
        for (int n = 1; n <= sizes.length; n++) {
            sizes[n - 1] = mailbox.octets(n);
        }
        return sizes;
    }

    private static void assertNoSuchMessage(Mailbox mailbox, int... numbers) {
        for (int n : numbers) {
            assertThatThrownBy(() -> mailbox.octets(n))
                    .as("octets(%d)", n)
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> mailbox.content(n))
                    .as("content(%d)", n)
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    private static BitSet bits(int... numbers) {
        BitSet bits = new BitSet();
        for (int n : numbers) {
            bits.set(n);
        }
        return bits;
    }

    private List<Body> bodies() {
        printSeed();
        return Body.awkward(seed);
    }

    private Random random() {
        printSeed();
        return new Random(seed);
    }

    private void printSeed() {
        System.out.println("repeat with -Dpop2.tck.seed=" + seed);
    }

    private interface Subscribing<T> {
        Publisher<T> publisher(int n);
    }

    /** Subscribes from that many threads as nearly at once as can be; in order of their numbers. */
    private <T> List<Probe<T>> together(int count, Subscribing<T> subscribing) {
        CountDownLatch go = new CountDownLatch(1);
        Map<Integer, Probe<T>> probes = new TreeMap<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int n = i;
            Thread thread = new Thread(() -> {
                awaitLatch("the start", go);
                Probe<T> probe = probe(subscribing.publisher(n), 1);
                synchronized (probes) {
                    probes.put(n, probe);
                }
            });
            threads.add(thread);
            thread.start();
        }
        go.countDown();
        threads.forEach(this::join);
        synchronized (probes) {
            assertThat(probes).hasSize(count);
            return List.copyOf(probes.values());
        }
    }

    private void join(Thread thread) {
        try {
            thread.join(limit().toMillis());
            assertThat(thread.isAlive()).as("a thread hangs").isFalse();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void awaitLatch(String what, CountDownLatch latch) {
        try {
            assertThat(latch.await(limit().toMillis(), TimeUnit.MILLISECONDS))
                    .as(what)
                    .isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private interface Condition {
        boolean holds();
    }

    /** For what no signal tells. */
    private void awaitTrue(String what, Condition condition) throws InterruptedException {
        long deadline = System.nanoTime() + limit().toNanos();
        while (!condition.holds()) {
            assertThat(System.nanoTime()).as(what).isLessThan(deadline);
            Thread.sleep(1);
        }
    }

    private void giveBackOpenings() {
        for (Probe<Mailbox> probe : openings) {
            probe.takeAll().forEach(mailbox -> complete(mailbox.release(new BitSet())));
        }
        openings.removeIf(Probe::isEnded);
    }

    private void releaseLate(Probe<ContentBuffer> probe) {
        readings.add(probe);
    }

    private void releaseAllLate() {
        readings.forEach(probe -> probe.takeAll().forEach(ContentBuffer::release));
    }
}
