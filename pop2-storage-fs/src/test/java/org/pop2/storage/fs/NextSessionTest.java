package org.pop2.storage.fs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pop2.storage.fs.TestStores.ALICE;
import static org.pop2.storage.fs.TestStores.NO_WAIT;
import static org.pop2.storage.fs.TestStores.PATIENCE;
import static org.pop2.storage.fs.TestStores.addAlice;
import static org.pop2.storage.fs.TestStores.close;
import static org.pop2.storage.fs.TestStores.hold;
import static org.pop2.storage.fs.TestStores.release;
import static org.pop2.storage.fs.TestStores.unopened;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.storage.FolderName;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Message;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A session comes just after another one of the same mailbox has ended without a deletion. */
@Timeout(60)
class NextSessionTest {
    private static final String ONE = "From bob Mon Nov 23 12:00:00 2026\nSubject: 1\n\none\n\n";
    private static final String TWO = "From bob Mon Nov 23 12:00:01 2026\nSubject: 2\n\ntwo\n\n";

    @TempDir
    Path directory;

    private MboxStore store = unopened();
    private Path inbox = Path.of("");

    @BeforeEach
    void openStore() throws IOException {
        store = open(NO_WAIT);
        addAlice(store);
        inbox = directory.resolve("var/mail/alice");
        Files.writeString(inbox, ONE);
    }

    @AfterEach
    void closeStore() {
        close(store);
    }

    private MboxStore open(HoldPolicy policy) {
        return TestStores.open(directory, Map.of("hold-poll", "20ms"), policy);
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
        Mailbox first = hold(store);
        AtomicInteger told = new AtomicInteger();
        Disposable listening = Mono.from(first.lost()).subscribe(nothing -> {}, e -> {}, told::incrementAndGet);
        release(first);
        MboxStore other = open(new HoldPolicy(Duration.ZERO, Duration.ZERO));
        Mailbox there = hold(other);
        assertThat(told).hasValue(0);
        listening.dispose();
        release(there);
        Mono.from(other.close()).block(PATIENCE);
    }

    @Test
    void theMailboxIsFree() throws IOException {
        release(hold(store));
        assertThat(held()).startsWith("-");
        MboxStore other = open(NO_WAIT);
        release(hold(other));
        Mono.from(other.close()).block(PATIENCE);
    }

    @Test
    void anotherProcessGetsIt() {
        MboxStore other = open(new HoldPolicy(Duration.ofSeconds(30), Duration.ofSeconds(10)));
        release(hold(store));
        Mailbox there = hold(other);
        assertThat(there.count()).isEqualTo(1);
        release(there, 1);
        assertThat(hold(store).count()).isZero();
        Mono.from(other.close()).block(PATIENCE);
    }

    @Test
    void mailThatCameInBetweenIsThere() {
        release(hold(store));
        byte[] octets = "Subject: new\r\n\r\nnew\r\n".getBytes(StandardCharsets.US_ASCII);
        Mono.from(store.deliver(ALICE, FolderName.INBOX, Message.of(Flux.just(ByteBuffer.wrap(octets)))))
                .block(PATIENCE);
        Mailbox next = hold(store);
        assertThat(next.count()).isEqualTo(2);
        assertThat(read(next, 2)).isEqualTo("Subject: new\r\n\r\nnew\r\n");
        release(next, 1);
        assertThat(hold(store).count()).isEqualTo(1);
    }

    @Test
    void aFileInItsPlaceIsReadAnew() throws IOException {
        release(hold(store));
        Path next = inbox.resolveSibling("next");
        Files.writeString(next, TWO + ONE + TWO);
        Files.move(next, inbox, StandardCopyOption.ATOMIC_MOVE);
        Mailbox second = hold(store);
        assertThat(second.count()).isEqualTo(3);
        assertThat(read(second, 1)).isEqualTo("Subject: 2\r\n\r\ntwo\r\n");
        release(second, 1, 3);
        assertThat(Files.readString(inbox)).isEqualTo(ONE);
    }

    @Test
    void aMailboxThatWasRemovedIsEmpty() throws IOException {
        release(hold(store));
        Files.delete(inbox);
        assertThat(hold(store).count()).isZero();
    }

    @Test
    void afterTheEndOfTheStorageTheMailboxIsFree() throws IOException {
        release(hold(store));
        close(store);
        assertThat(held()).startsWith("-");
    }
}
