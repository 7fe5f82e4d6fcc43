package org.pop2.storage.fs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.storage.Account;
import org.pop2.storage.Examined;
import org.pop2.storage.FolderName;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Message;
import org.pop2.storage.Recoverable.SetAside;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.StoreSettings;
import org.pop2.storage.UserName;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.io.RealIo;
import org.pop2.storage.fs.io.StorageIo;
import org.pop2.storage.fs.lock.Pause;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Deletions that were set aside: what is said of them, and that they are finished or forgotten. */
class QuarantineTest {
    private static final UserName ALICE = new UserName("alice");
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String MILLIS = "1795720179023";

    @TempDir
    Path directory;

    private final AtomicInteger writesLeft = new AtomicInteger(Integer.MAX_VALUE);
    private Path inbox = Path.of("");
    private Path journals = Path.of("");
    private MboxStore store = unopened();

    @SuppressWarnings("NullAway")
    private static MboxStore unopened() {
        return null;
    }

    @BeforeEach
    void openStore() throws IOException {
        HoldPolicy policy = new HoldPolicy(Duration.ofSeconds(30), Duration.ZERO);
        StorageIo io = new ForwardingIo(new RealIo()) {
            @Override
            public IoFile file(Path path, Mode mode, IoFile real) {
                return !path.equals(inbox)
                        ? real
                        : new ForwardingFile(real) {
                            @Override
                            public void truncate(long size) throws IOException {
                                if (writesLeft.decrementAndGet() < 0) {
                                    throw new IOException("Input/output error");
                                }
                                super.truncate(size);
                            }
                        };
            }
        };
        store = MboxStore.open(
                MboxSettings.of(new StoreSettings(Map.of("lock-timeout", "300ms"), policy, directory)), io, Pause.REAL);
        Mono.from(store.accounts().put(new Account(ALICE, "{PLAIN}x", true))).block(PATIENCE);
        inbox = directory.resolve("var/mail/alice");
        journals = directory.resolve("var/state/journals");
    }

    @AfterEach
    void closeStore() {
        Mono.from(store.close()).block(PATIENCE);
    }

    private static String message(int number) {
        return "From bob Mon Nov 23 12:00:0" + number + " 2026\nSubject: " + number + "\n\n"
                + ("text of " + number + "\n").repeat(10 * number) + "\n";
    }

    private static String mail(int... numbers) {
        StringBuilder all = new StringBuilder();
        Arrays.stream(numbers).forEach(number -> all.append(message(number)));
        return all.toString();
    }

    private Mailbox hold() {
        return Objects.requireNonNull(
                Mono.from(store.open(ALICE, FolderName.INBOX)).block(PATIENCE));
    }

    private static Mono<Void> release(Mailbox mailbox, int... numbers) {
        BitSet deleted = new BitSet();
        Arrays.stream(numbers).forEach(deleted::set);
        return Mono.from(mailbox.release(deleted));
    }

    /** A mailbox half-way through the deletion of 2 and 4, and its journal set aside. */
    private SetAside interrupted() throws IOException {
        Files.writeString(inbox, mail(1, 2, 3, 4, 5));
        Mailbox mailbox = hold();
        writesLeft.set(0);
        assertThat(catchThrowableOfType(
                        StoreException.class, () -> release(mailbox, 2, 4).block(PATIENCE)))
                .isNotNull();
        writesLeft.set(Integer.MAX_VALUE);
        Path journal = journals.resolve(
                new RealIo().list(journals).stream().findFirst().orElseThrow());
        Files.move(journal, journals.resolve(journal.getFileName() + "." + MILLIS + ".quarantine"));
        return setAside().get(0);
    }

    private List<SetAside> setAside() {
        return Objects.requireNonNull(Flux.from(store.setAside()).collectList().block(PATIENCE));
    }

    private Reason failure(Mono<Void> action) {
        StoreException error = catchThrowableOfType(StoreException.class, () -> action.block(PATIENCE));
        assertThat(error).as("nothing failed").isNotNull();
        return error.reason();
    }

    @Test
    void nothingIsSetAsideAtFirst() {
        assertThat(setAside()).isEmpty();
        assertThat(failure(Mono.from(store.apply("4c7b01aa-1")))).isEqualTo(Reason.NOT_FOUND);
        assertThat(failure(Mono.from(store.drop("4c7b01aa-1")))).isEqualTo(Reason.NOT_FOUND);
    }

    @Test
    void deletionIsFinishedAsARecoveryWouldHave() throws IOException {
        SetAside deletion = interrupted();
        assertThat(Files.readString(inbox)).isNotEqualTo(mail(1, 3, 5)).hasSameSizeAs(mail(1, 2, 3, 4, 5));
        assertThat(deletion.applicable()).isTrue();
        assertThat(deletion.mailbox()).isEqualTo(inbox.toString());
        assertThat(deletion.since()).isEqualTo(Instant.ofEpochMilli(Long.parseLong(MILLIS)));
        assertThat(deletion.text()).contains("can be applied", mail(2, 4).length() + " octets");

        Mono.from(store.apply(deletion.id())).block(PATIENCE);

        assertThat(Files.readString(inbox)).isEqualTo(mail(1, 3, 5));
        assertThat(journals).isEmptyDirectory();
        assertThat(setAside()).isEmpty();
    }

    @Test
    void mailThatCameSinceIsKept() throws IOException {
        SetAside deletion = interrupted();
        ByteBuffer octets = ByteBuffer.wrap("Subject: new\r\n\r\nnew\r\n".getBytes(StandardCharsets.US_ASCII));
        Mono.from(store.deliver(ALICE, FolderName.INBOX, Message.of(Flux.just(octets))))
                .block(PATIENCE);

        Mono.from(store.apply(deletion.id())).block(PATIENCE);

        assertThat(Files.readString(inbox)).startsWith(mail(1, 3, 5)).endsWith("Subject: new\n\nnew\n\n");
        assertThat(hold().count()).isEqualTo(4);
    }

    @Test
    void mailboxThatAnotherProgramChangedIsLeftAlone() throws IOException {
        SetAside before = interrupted();
        String rewritten = mail(5, 4, 3, 2, 1);
        Files.writeString(inbox, rewritten);
        SetAside deletion = setAside().get(0);
        assertThat(deletion.id()).isEqualTo(before.id());
        assertThat(deletion.applicable()).isFalse();
        assertThat(deletion.text())
                .contains("another program has changed the mailbox", mail(3, 5).length() + " octets");

        assertThat(failure(Mono.from(store.apply(deletion.id())))).isEqualTo(Reason.CORRUPT);

        assertThat(inbox).hasContent(rewritten);
        assertThat(setAside()).hasSize(1);
    }

    @Test
    void mailboxThatIsInUseIsLeftAlone() throws IOException {
        SetAside deletion = interrupted();
        Mailbox mailbox = hold();
        assertThat(failure(Mono.from(store.apply(deletion.id())))).isEqualTo(Reason.BUSY);
        assertThat(setAside()).hasSize(1);
        release(mailbox).block(PATIENCE);
    }

    @Test
    void deletionIsForgotten() throws IOException {
        SetAside deletion = interrupted();
        String left = Files.readString(inbox);
        Mono.from(store.drop(deletion.id())).block(PATIENCE);
        assertThat(inbox).hasContent(left);
        assertThat(journals).isEmptyDirectory();
    }

    @Test
    void journalThatIsNotWholeIsNoReasonToTouchTheMailbox() throws IOException {
        SetAside deletion = interrupted();
        String left = Files.readString(inbox);
        Path file = journals.resolve(
                new RealIo().list(journals).stream().findFirst().orElseThrow());
        byte[] journal = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(journal, journal.length - 1));
        assertThat(setAside().get(0).applicable()).isFalse();
        assertThat(failure(Mono.from(store.apply(deletion.id())))).isEqualTo(Reason.CORRUPT);
        assertThat(inbox).hasContent(left);
    }

    @Test
    void examinationNamesWhatWasSetAside() throws IOException {
        SetAside deletion = interrupted();
        assertThat(Flux.from(store.examine(List.of())).collectList().block(PATIENCE))
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.severity()).isEqualTo(Examined.Severity.WARN);
                    assertThat(finding.text()).contains(inbox.toString(), deletion.id(), "can be applied");
                });
    }
}
