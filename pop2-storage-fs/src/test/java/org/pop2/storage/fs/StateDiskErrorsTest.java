package org.pop2.storage.fs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.BitSet;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pop2.storage.Account;
import org.pop2.storage.FolderName;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStoreProvider;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Message;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.StoreSettings;
import org.pop2.storage.UserName;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Whether something was interrupted cannot be told: then the mailbox is neither shown nor changed. */
class StateDiskErrorsTest {
    private static final UserName ALICE = new UserName("alice");
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String MAIL = "From bob Mon Nov 23 12:00:00 2026\nSubject: 1\n\none\n\n";

    @TempDir
    Path directory;

    private Path journals = Path.of("");
    private Path inbox = Path.of("");
    private MboxStore store = unopened();

    private enum Fault {
        /** Every name in it is an error. */
        LOOP,
        /** As if the disk were not mounted any more. */
        GONE,
        NO_DIRECTORY;

        void strike(Path journals) throws IOException {
            Files.move(journals, journals.resolveSibling("elsewhere"));
            switch (this) {
                case LOOP -> Files.createSymbolicLink(journals, journals);
                case NO_DIRECTORY -> Files.createFile(journals);
                case GONE -> {}
            }
        }

        static void mend(Path journals) throws IOException {
            Files.deleteIfExists(journals);
            Files.move(journals.resolveSibling("elsewhere"), journals);
        }
    }

    @SuppressWarnings("NullAway")
    private static MboxStore unopened() {
        return null;
    }

    @BeforeEach
    void openStore() throws IOException {
        HoldPolicy policy = new HoldPolicy(Duration.ofSeconds(30), Duration.ZERO);
        store = (MboxStore) Objects.requireNonNull(Mono.from(MailStoreProvider.named("mbox")
                        .open(new StoreSettings(Map.of("lock-timeout", "300ms"), policy, directory)))
                .block(PATIENCE));
        Mono.from(store.accounts().put(new Account(ALICE, "{PLAIN}x", true))).block(PATIENCE);
        journals = directory.resolve("var/state/journals");
        inbox = directory.resolve("var/mail/alice");
        Files.writeString(inbox, MAIL.repeat(2));
    }

    @AfterEach
    void closeStore() {
        Mono.from(store.close()).block(PATIENCE);
    }

    private Mailbox hold() {
        return Objects.requireNonNull(
                Mono.from(store.open(ALICE, FolderName.INBOX)).block(PATIENCE));
    }

    private void deliver() {
        ByteBuffer octets = ByteBuffer.wrap("Subject: new\r\n\r\nnew\r\n".getBytes(StandardCharsets.US_ASCII));
        Mono.from(store.deliver(ALICE, FolderName.INBOX, Message.of(Flux.just(octets))))
                .block(PATIENCE);
    }

    private static void release(Mailbox mailbox, int... numbers) {
        BitSet deleted = new BitSet();
        for (int number : numbers) {
            deleted.set(number);
        }
        Mono.from(mailbox.release(deleted)).block(PATIENCE);
    }

    private static void isRefused(Runnable action) {
        StoreException error = catchThrowableOfType(StoreException.class, action::run);
        assertThat(error).as("not refused").isNotNull();
        assertThat(error.reason()).isEqualTo(Reason.UNAVAILABLE);
    }

    @ParameterizedTest
    @EnumSource
    void mailboxIsNeitherOpenedNorDeliveredTo(Fault fault) throws IOException {
        fault.strike(journals);
        isRefused(this::hold);
        isRefused(this::deliver);
        assertThat(inbox).hasContent(MAIL.repeat(2));
        Fault.mend(journals);
        deliver();
        Mailbox mailbox = hold();
        assertThat(mailbox.count()).isEqualTo(3);
        release(mailbox);
    }

    @Test
    void mailboxThatIsIndexedIsNotOpenedEither() throws IOException {
        release(hold());
        Fault.LOOP.strike(journals);
        isRefused(this::hold);
        Fault.mend(journals);
        release(hold());
    }

    @ParameterizedTest
    @EnumSource
    void nothingIsDeleted(Fault fault) throws IOException {
        Mailbox mailbox = hold();
        fault.strike(journals);
        isRefused(() -> release(mailbox, 1));
        assertThat(inbox).hasContent(MAIL.repeat(2));
        Fault.mend(journals);
    }
}
