package org.pop2.storage.fs;

import static org.assertj.core.api.Assertions.assertThat;
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
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pop2.storage.FolderName;
import org.pop2.storage.Mailbox;
import org.pop2.storage.StoreException.Reason;

/** Whether something was interrupted cannot be told: then the mailbox is neither shown nor changed. */
class StateDiskErrorsTest {
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

    @BeforeEach
    void openStore() throws IOException {
        store = open(directory, Map.of("lock-timeout", "300ms"));
        addAlice(store);
        journals = directory.resolve("var/state/journals");
        inbox = directory.resolve("var/mail/alice");
        Files.writeString(inbox, MAIL.repeat(2));
    }

    @AfterEach
    void closeStore() {
        close(store);
    }

    private static void isRefused(Runnable action) {
        assertThat(failureOf(action).reason()).isEqualTo(Reason.UNAVAILABLE);
    }

    @ParameterizedTest
    @EnumSource
    void mailboxIsNeitherOpenedNorDeliveredTo(Fault fault) throws IOException {
        fault.strike(journals);
        isRefused(() -> hold(store));
        isRefused(() -> deliver(store, FolderName.INBOX));
        assertThat(inbox).hasContent(MAIL.repeat(2));
        Fault.mend(journals);
        deliver(store, FolderName.INBOX);
        Mailbox mailbox = hold(store);
        assertThat(mailbox.count()).isEqualTo(3);
        release(mailbox);
    }

    @Test
    void mailboxThatIsIndexedIsNotOpenedEither() throws IOException {
        release(hold(store));
        Fault.LOOP.strike(journals);
        isRefused(() -> hold(store));
        Fault.mend(journals);
        release(hold(store));
    }

    @ParameterizedTest
    @EnumSource
    void nothingIsDeleted(Fault fault) throws IOException {
        Mailbox mailbox = hold(store);
        fault.strike(journals);
        isRefused(() -> release(mailbox, 1));
        assertThat(inbox).hasContent(MAIL.repeat(2));
        Fault.mend(journals);
    }
}
