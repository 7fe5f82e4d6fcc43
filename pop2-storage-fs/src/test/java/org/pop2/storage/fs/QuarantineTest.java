package org.pop2.storage.fs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pop2.storage.fs.TestStores.PATIENCE;
import static org.pop2.storage.fs.TestStores.addAlice;
import static org.pop2.storage.fs.TestStores.close;
import static org.pop2.storage.fs.TestStores.deliver;
import static org.pop2.storage.fs.TestStores.failureOf;
import static org.pop2.storage.fs.TestStores.hold;
import static org.pop2.storage.fs.TestStores.open;
import static org.pop2.storage.fs.TestStores.release;
import static org.pop2.storage.fs.TestStores.unopened;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.storage.Examined;
import org.pop2.storage.FolderName;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Recoverable.SetAside;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.io.RealIo;
import org.pop2.storage.fs.io.StorageIo;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Deletions that were set aside: what is said of them, and that they are finished or forgotten. */
class QuarantineTest {
    private static final String MILLIS = "1795720179023";

    @TempDir
    Path directory;

    private final AtomicInteger writesLeft = new AtomicInteger(Integer.MAX_VALUE);
    private Path inbox = Path.of("");
    private Path journals = Path.of("");
    private MboxStore store = unopened();

    @BeforeEach
    void openStore() throws IOException {
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
        store = open(directory, Map.of("lock-timeout", "300ms"), io);
        addAlice(store);
        inbox = directory.resolve("var/mail/alice");
        journals = directory.resolve("var/state/journals");
    }

    @AfterEach
    void closeStore() {
        close(store);
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

    /** A mailbox half-way through the deletion of 2 and 4, and its journal set aside. */
    private SetAside interrupted() throws IOException {
        Files.writeString(inbox, mail(1, 2, 3, 4, 5));
        Mailbox mailbox = hold(store);
        writesLeft.set(0);
        failureOf(() -> release(mailbox, 2, 4));
        writesLeft.set(Integer.MAX_VALUE);
        Path journal = journals.resolve(
                new RealIo().list(journals).stream().findFirst().orElseThrow());
        Files.move(journal, journals.resolve(journal.getFileName() + "." + MILLIS + ".quarantine"));
        return setAside().get(0);
    }

    private List<SetAside> setAside() {
        return Objects.requireNonNull(Flux.from(store.setAside()).collectList().block(PATIENCE));
    }

    private static Reason failure(Publisher<?> action) {
        return failureOf(() -> Mono.from(action).block(PATIENCE)).reason();
    }

    @Test
    void nothingIsSetAsideAtFirst() {
        assertThat(setAside()).isEmpty();
        assertThat(failure(store.apply("4c7b01aa-1"))).isEqualTo(Reason.NOT_FOUND);
        assertThat(failure(store.drop("4c7b01aa-1"))).isEqualTo(Reason.NOT_FOUND);
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
        deliver(store, FolderName.INBOX);

        Mono.from(store.apply(deletion.id())).block(PATIENCE);

        assertThat(Files.readString(inbox)).startsWith(mail(1, 3, 5)).endsWith("Subject: new\n\nnew\n\n");
        assertThat(hold(store).count()).isEqualTo(4);
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

        assertThat(failure(store.apply(deletion.id()))).isEqualTo(Reason.CORRUPT);

        assertThat(inbox).hasContent(rewritten);
        assertThat(setAside()).hasSize(1);
    }

    @Test
    void mailboxThatIsInUseIsLeftAlone() throws IOException {
        SetAside deletion = interrupted();
        Mailbox mailbox = hold(store);
        assertThat(failure(store.apply(deletion.id()))).isEqualTo(Reason.BUSY);
        assertThat(setAside()).hasSize(1);
        release(mailbox);
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
        assertThat(failure(store.apply(deletion.id()))).isEqualTo(Reason.CORRUPT);
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
