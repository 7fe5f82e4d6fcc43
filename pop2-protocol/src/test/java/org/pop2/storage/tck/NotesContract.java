package org.pop2.storage.tck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pop2.storage.Account;
import org.pop2.storage.FolderName;
import org.pop2.storage.MailStore;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Message;
import org.pop2.storage.Notes;
import org.pop2.storage.UserName;
import org.reactivestreams.Publisher;

/** What a storage whose mailboxes have {@link Notes} promises. Each test begins with no data. */
public abstract class NotesContract {
    private static final UserName ALICE = new UserName("alice");
    private static final UserName BOB = new UserName("bob");
    private static final FolderName INBOX = FolderName.INBOX;
    private static final FolderName OTHER = new FolderName("Other");
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final byte[] ALL_OCTETS = allOctets();

    @SuppressWarnings("NullAway.Init")
    private MailStore store;

    /** Opens the storage; called again, the same data. The contract closes it. */
    protected abstract MailStore open() throws Exception;

    /** Removes the data of a test; the storage is closed by then. */
    protected void discard() throws Exception {}

    @BeforeEach
    protected final void start() throws Exception {
        store = open();
        for (UserName user : List.of(ALICE, BOB)) {
            all(store.accounts().put(new Account(user, "{PLAIN}x", true)));
            for (FolderName folder : List.of(INBOX, OTHER)) {
                Publisher<ByteBuffer> content = Feed.of(Body.plain("x"), 5_000);
                all(store.deliver(user, folder, new Message(content, "jkr@example.org", Optional.empty())));
            }
        }
    }

    @AfterEach
    protected final void end() throws Exception {
        all(store.close());
        discard();
    }

    @Test
    void noteIsReadAsItWasWrittenByTheNextSession() throws Exception {
        assertThat(read(ALICE, INBOX, "mac")).isNull();
        write(ALICE, INBOX, "mac", ALL_OCTETS);
        assertThat(read(ALICE, INBOX, "mac")).isEqualTo(ALL_OCTETS);
        write(ALICE, INBOX, "mac", new byte[] {1});
        assertThat(read(ALICE, INBOX, "mac")).containsExactly(1);

        all(store.close());
        store = open();
        assertThat(read(ALICE, INBOX, "mac")).as("after a restart").containsExactly(1);

        write(ALICE, INBOX, "mac", new byte[0]);
        assertThat(read(ALICE, INBOX, "mac")).isNull();
    }

    @Test
    void notesOfOtherNamesFoldersAndUsersAreOthers() {
        write(ALICE, INBOX, "mac", new byte[] {1});
        write(ALICE, INBOX, "mac2", new byte[] {2});
        write(ALICE, OTHER, "mac", new byte[] {3});

        assertThat(read(ALICE, INBOX, "mac")).containsExactly(1);
        assertThat(read(ALICE, INBOX, "mac2")).containsExactly(2);
        assertThat(read(ALICE, OTHER, "mac")).containsExactly(3);
        assertThat(read(BOB, INBOX, "mac")).isNull();
    }

    @Test
    void noteOutlivesTheMessages() {
        write(ALICE, INBOX, "mac", new byte[] {1});
        Mailbox mailbox = one(store.open(ALICE, INBOX));
        BitSet first = new BitSet();
        first.set(1);
        all(mailbox.release(first));

        assertThat(read(ALICE, INBOX, "mac")).containsExactly(1);
    }

    @Test
    void longestNoteIsKeptAndALongerOneRefused() {
        byte[] longest = new byte[Notes.MAX_OCTETS];
        longest[longest.length - 1] = 7;
        write(ALICE, INBOX, "mac", longest);
        assertThat(read(ALICE, INBOX, "mac")).isEqualTo(longest);

        Mailbox mailbox = one(store.open(ALICE, INBOX));
        Notes notes = mailbox.notes().orElseThrow();
        assertThatThrownBy(() -> notes.write("mac", new byte[Notes.MAX_OCTETS + 1]))
                .isInstanceOf(IllegalArgumentException.class);
        for (String name : List.of("", "../mac", "MAC", "a.b", "x".repeat(21), "m\0c")) {
            assertThatThrownBy(() -> notes.write(name, new byte[] {1}))
                    .as(name)
                    .isInstanceOf(IllegalArgumentException.class);
        }
        all(mailbox.release(new BitSet()));
    }

    @Test
    void unknownFolderHasNoNotes() {
        Mailbox mailbox = one(store.open(ALICE, new FolderName("nothing")));
        assertThat(mailbox.notes()).isEmpty();
        all(mailbox.release(new BitSet()));
    }

    private void write(UserName user, FolderName folder, String name, byte[] octets) {
        Mailbox mailbox = one(store.open(user, folder));
        all(mailbox.notes().orElseThrow().write(name, octets));
        all(mailbox.release(new BitSet()));
    }

    private byte @Nullable [] read(UserName user, FolderName folder, String name) {
        Mailbox mailbox = one(store.open(user, folder));
        List<byte[]> found = all(mailbox.notes().orElseThrow().read(name));
        all(mailbox.release(new BitSet()));
        assertThat(found).hasSizeLessThan(2);
        return found.isEmpty() ? null : found.get(0);
    }

    private static byte[] allOctets() {
        byte[] octets = new byte[256];
        for (int i = 0; i < octets.length; i++) {
            octets[i] = (byte) i;
        }
        return octets;
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
