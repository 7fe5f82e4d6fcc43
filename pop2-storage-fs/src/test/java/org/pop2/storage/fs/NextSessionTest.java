package org.pop2.storage.fs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.BitSet;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.storage.Account;
import org.pop2.storage.FolderName;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStoreProvider;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Message;
import org.pop2.storage.StoreSettings;
import org.pop2.storage.UserName;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A session comes just after another one of the same mailbox has ended without a deletion. */
@Timeout(60)
class NextSessionTest {
    private static final UserName ALICE = new UserName("alice");
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String ONE = "From bob Mon Nov 23 12:00:00 2026\nSubject: 1\n\none\n\n";
    private static final String TWO = "From bob Mon Nov 23 12:00:01 2026\nSubject: 2\n\ntwo\n\n";
    private static final HoldPolicy NO_WAIT = new HoldPolicy(Duration.ofSeconds(30), Duration.ZERO);

    @TempDir
    Path directory;

    private MboxStore store = unopened();
    private Path inbox = Path.of("");

    @SuppressWarnings("NullAway")
    private static MboxStore unopened() {
        return null;
    }

    @BeforeEach
    void openStore() throws IOException {
        store = open(NO_WAIT);
        Mono.from(store.accounts().put(new Account(ALICE, "{PLAIN}x", true))).block(PATIENCE);
        inbox = directory.resolve("var/mail/alice");
        Files.writeString(inbox, ONE);
    }

    @AfterEach
    void closeStore() {
        Mono.from(store.close()).block(PATIENCE);
    }

    private MboxStore open(HoldPolicy policy) {
        return (MboxStore) Objects.requireNonNull(Mono.from(MailStoreProvider.named("mbox")
                        .open(new StoreSettings(Map.of("hold-poll", "20ms"), policy, directory)))
                .block(PATIENCE));
    }

    private static Mailbox hold(MboxStore store, FolderName folder) {
        return Objects.requireNonNull(Mono.from(store.open(ALICE, folder)).block(PATIENCE));
    }

    private Mailbox hold() {
        return hold(store, FolderName.INBOX);
    }

    private static void release(Mailbox mailbox, int... deleted) {
        BitSet numbers = new BitSet();
        for (int number : deleted) {
            numbers.set(number);
        }
        Mono.from(mailbox.release(numbers)).block(PATIENCE);
    }

    private static String read(Mailbox mailbox, int number) {
        StringBuilder text = new StringBuilder();
        Flux.from(mailbox.content(number))
                .doOnNext(buffer -> {
                    text.append(StandardCharsets.ISO_8859_1.decode(buffer.octets()));
                    buffer.release();
                })
                .blockLast(PATIENCE);
        return text.toString();
    }

    /** What the file of the hold says of a mailbox: the token of who has it. */
    private String held() throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve("var/state/holds"))) {
            return Files.readString(files.findFirst().orElseThrow())
                    .lines()
                    .findFirst()
                    .orElse("");
        }
    }

    @Test
    void whoHasLeftIsToldNothing() {
        Mailbox first = hold();
        AtomicInteger told = new AtomicInteger();
        Disposable listening = Mono.from(first.lost()).subscribe(nothing -> {}, e -> {}, told::incrementAndGet);
        release(first);
        MboxStore other = open(new HoldPolicy(Duration.ZERO, Duration.ZERO));
        Mailbox there = hold(other, FolderName.INBOX);
        assertThat(told).hasValue(0);
        listening.dispose();
        release(there);
        Mono.from(other.close()).block(PATIENCE);
    }

    @Test
    void theMailboxIsFree() throws IOException {
        release(hold());
        assertThat(held()).startsWith("-");
        MboxStore other = open(NO_WAIT);
        release(hold(other, FolderName.INBOX));
        Mono.from(other.close()).block(PATIENCE);
    }

    @Test
    void anotherProcessGetsIt() {
        MboxStore other = open(new HoldPolicy(Duration.ofSeconds(30), Duration.ofSeconds(10)));
        release(hold());
        Mailbox there = hold(other, FolderName.INBOX);
        assertThat(there.count()).isEqualTo(1);
        release(there, 1);
        assertThat(hold().count()).isZero();
        Mono.from(other.close()).block(PATIENCE);
    }

    @Test
    void mailThatCameInBetweenIsThere() {
        release(hold());
        byte[] octets = "Subject: new\r\n\r\nnew\r\n".getBytes(StandardCharsets.US_ASCII);
        Mono.from(store.deliver(ALICE, FolderName.INBOX, Message.of(Flux.just(ByteBuffer.wrap(octets)))))
                .block(PATIENCE);
        Mailbox next = hold();
        assertThat(next.count()).isEqualTo(2);
        assertThat(read(next, 2)).isEqualTo("Subject: new\r\n\r\nnew\r\n");
        release(next, 1);
        assertThat(hold().count()).isEqualTo(1);
    }

    @Test
    void aFileInItsPlaceIsReadAnew() throws IOException {
        release(hold());
        Path next = inbox.resolveSibling("next");
        Files.writeString(next, TWO + ONE + TWO);
        Files.move(next, inbox, StandardCopyOption.ATOMIC_MOVE);
        Mailbox second = hold();
        assertThat(second.count()).isEqualTo(3);
        assertThat(read(second, 1)).isEqualTo("Subject: 2\r\n\r\ntwo\r\n");
        release(second, 1, 3);
        assertThat(Files.readString(inbox)).isEqualTo(ONE);
    }

    @Test
    void aMailboxThatWasRemovedIsEmpty() throws IOException {
        release(hold());
        Files.delete(inbox);
        assertThat(hold().count()).isZero();
    }

    @Test
    void afterTheEndOfTheStorageTheMailboxIsFree() throws IOException {
        release(hold());
        Mono.from(store.close()).block(PATIENCE);
        assertThat(held()).startsWith("-");
    }
}
