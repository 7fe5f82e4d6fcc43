package org.pop2.storage.example;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.io.TempDirFactory;
import org.pop2.storage.FolderName;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStore;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Quota;
import org.pop2.storage.UserName;
import org.pop2.storage.tck.MailStoreContract;
import reactor.core.publisher.Mono;

/** What the parts of {@code org.pop2.storage.support} are good for: a storage of 200 lines that keeps the contract. */
class MaildirStoreTest extends MailStoreContract {
    /** In memory where there is such a directory: what a disk takes for each fsync is not what is tested. */
    private static final class Fast implements TempDirFactory {
        @Override
        public Path createTempDirectory(AnnotatedElementContext annotated, ExtensionContext extension)
                throws IOException {
            Path memory = Path.of("/dev/shm");
            return Files.isWritable(memory)
                    ? Files.createTempDirectory(memory, "maildir")
                    : Files.createTempDirectory("maildir");
        }
    }

    @TempDir(factory = Fast.class)
    private Path root;

    @Override
    protected MailStore open(HoldPolicy policy) {
        return new MaildirStore(root, policy, Quota.UNLIMITED);
    }

    @Override
    protected boolean allowsTwoInstances() {
        return false;
    }

    /** A list that is safe decides: what a crash left of a release is finished before anybody looks. */
    @Test
    void aReleaseThatACrashInterruptedIsFinished() throws IOException {
        Path mail = Files.createDirectories(root.resolve("mail/alice/new"));
        Files.writeString(mail.resolve("1"), "Subject: deleted\n");
        Files.writeString(mail.resolve("2"), "Subject: kept\n");
        Files.writeString(root.resolve("mail/alice/deleting"), "new/1");

        MailStore store = open(HoldPolicy.DEFAULT);
        Mailbox mailbox = await(store.open(new UserName("alice"), FolderName.INBOX));

        assertThat(mailbox.count()).isEqualTo(1);
        assertThat(mailbox.octets(1)).isEqualTo("Subject: kept\r\n".length());
        assertThat(mail.resolve("1")).doesNotExist();
        assertThat(root.resolve("mail/alice/deleting")).doesNotExist();
        assertThat(await(store.usage(new UserName("alice"))).messages()).isEqualTo(1);
        Mono.from(store.close()).block();
    }

    @Test
    void itIsShort() throws IOException {
        assertThat(Files.readAllLines(Path.of("src/test/java/org/pop2/storage/example/MaildirStore.java")))
                .hasSizeLessThanOrEqualTo(200);
    }
}
