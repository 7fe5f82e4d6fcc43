package org.pop2.storage.tck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pop2.storage.Account;
import org.pop2.storage.BatchDelivery;
import org.pop2.storage.Enveloped.Envelope;
import org.pop2.storage.FolderName;
import org.pop2.storage.MailStore;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Message;
import org.pop2.storage.UserName;
import org.reactivestreams.Publisher;

/** What a storage promises whose mailboxes are {@link Enveloped}. Each test begins with no data. */
public abstract class EnvelopedContract {
    private static final UserName ALICE = new UserName("alice");
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final Instant LONG_AGO = Instant.parse("1985-02-04T10:00:00Z");

    @SuppressWarnings("NullAway.Init")
    private MailStore store;

    /** Opens the storage; the contract closes it. */
    protected abstract MailStore open() throws Exception;

    /** Removes the data of a test; the storage is closed by then. */
    protected void discard() throws Exception {}

    @BeforeEach
    protected final void start() throws Exception {
        store = open();
        all(store.accounts().put(new Account(ALICE, "{PLAIN}x", true)));
    }

    @AfterEach
    protected final void end() throws Exception {
        all(store.close());
        discard();
    }

    @Test
    void senderAndTimeAreKept() {
        all(store.deliver(ALICE, FolderName.INBOX, message("jkr@example.org", Optional.of(LONG_AGO))));
        all(store.deliver(ALICE, FolderName.INBOX, message("", Optional.of(Instant.EPOCH.minusSeconds(1)))));

        assertThat(envelopes())
                .containsExactly(
                        new Envelope("jkr@example.org", Optional.of(LONG_AGO)),
                        new Envelope("", Optional.of(Instant.EPOCH.minusSeconds(1))));
    }

    @Test
    void whatComesInNowHasTheTimeOfNow() {
        all(store.deliver(ALICE, FolderName.INBOX, message("a@example.org", Optional.empty())));

        assertThat(envelopes()).singleElement().satisfies(envelope -> {
            assertThat(envelope.sender()).isEqualTo("a@example.org");
            assertThat(envelope.received().orElseThrow()).isCloseTo(Instant.now(), within(5, ChronoUnit.MINUTES));
        });
    }

    @Test
    void messagesOfABatchHaveTheirOwn() {
        Optional<BatchDelivery> batches = store.batchDelivery();
        if (batches.isEmpty()) {
            return;
        }
        all(batches.get()
                .deliver(
                        ALICE,
                        FolderName.INBOX,
                        List.of(
                                message("a@example.org", Optional.of(LONG_AGO)),
                                message("", Optional.empty()),
                                message("c@example.org", Optional.of(LONG_AGO.plusSeconds(1))))));

        List<Envelope> envelopes = envelopes();
        assertThat(envelopes).extracting(Envelope::sender).containsExactly("a@example.org", "", "c@example.org");
        assertThat(envelopes.get(0).received()).contains(LONG_AGO);
        assertThat(envelopes.get(1).received().orElseThrow()).isCloseTo(Instant.now(), within(5, ChronoUnit.MINUTES));
        assertThat(envelopes.get(2).received()).contains(LONG_AGO.plusSeconds(1));
    }

    @Test
    void messageThatIsNoneHasNoEnvelope() {
        all(store.deliver(ALICE, FolderName.INBOX, message("a@example.org", Optional.empty())));
        Mailbox mailbox = all(store.open(ALICE, FolderName.INBOX)).get(0);
        for (int number : new int[] {0, 2}) {
            assertThatThrownBy(() -> mailbox.envelopes().orElseThrow().envelope(number))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
        all(mailbox.release(new BitSet()));
    }

    private static Message message(String sender, Optional<Instant> received) {
        return new Message(Feed.of(Body.plain("x"), 100), sender, Optional.empty(), received);
    }

    private List<Envelope> envelopes() {
        Mailbox mailbox = all(store.open(ALICE, FolderName.INBOX)).get(0);
        List<Envelope> envelopes = new ArrayList<>();
        for (int number = 1; number <= mailbox.count(); number++) {
            envelopes.addAll(all(mailbox.envelopes().orElseThrow().envelope(number)));
        }
        all(mailbox.release(new BitSet()));
        return envelopes;
    }

    private static <T> List<T> all(Publisher<T> publisher) {
        Probe<T> probe = Probe.on(publisher, LIMIT, Long.MAX_VALUE);
        probe.awaitCompletion();
        return probe.takeAll();
    }
}
