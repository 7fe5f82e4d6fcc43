package org.pop2.storage.fs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pop2.storage.fs.TestStores.ALICE;
import static org.pop2.storage.fs.TestStores.PATIENCE;
import static org.pop2.storage.fs.TestStores.close;
import static org.pop2.storage.fs.TestStores.deliver;
import static org.pop2.storage.fs.TestStores.open;
import static org.pop2.storage.fs.TestStores.unopened;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.storage.Account;
import org.pop2.storage.Examined;
import org.pop2.storage.FolderName;
import org.pop2.storage.Quota;
import org.pop2.storage.StoreException;
import org.pop2.storage.Usage;
import org.pop2.storage.fs.io.FileStatus;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.io.RealIo;
import org.pop2.storage.fs.io.StorageIo;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A folder that may not be read does not keep mail from the user's other folders. */
class UnreadableFolderTest {
    private static final String MAIL = "From bob Mon Nov 23 12:00:00 2026\nSubject: 1\n\none\n\n";

    @TempDir
    Path directory;

    private Path folders = Path.of("");
    private Path denied = Path.of("");
    private MboxStore store = unopened();

    @BeforeEach
    void openStore() throws IOException {
        StorageIo io = new ForwardingIo(new RealIo()) {
            @Override
            public IoFile openBeneath(Path base, Path relative, Mode mode) throws IOException {
                allow(base.resolve(relative));
                return super.openBeneath(base, relative, mode);
            }

            @Override
            public @Nullable FileStatus stat(Path path) throws IOException {
                if (path.startsWith(denied) && !path.equals(denied)) {
                    allow(denied);
                }
                return super.stat(path);
            }

            @Override
            public List<String> list(Path directory) throws IOException {
                allow(directory);
                return super.list(directory);
            }

            private void allow(Path path) throws IOException {
                if (path.equals(denied)) {
                    throw new AccessDeniedException(path.toString());
                }
            }
        };
        store = open(directory, Map.of(), io);
        folders = Files.createDirectories(directory.resolve("var/folders/alice"));
    }

    @AfterEach
    void closeStore() {
        close(store);
    }

    private void limit(Quota quota) {
        Mono.from(store.accounts().put(new Account(ALICE, "{PLAIN}x", true, Optional.of(quota))))
                .block(PATIENCE);
    }

    private Usage usage() {
        return Objects.requireNonNull(Mono.from(store.usage(ALICE)).block(PATIENCE));
    }

    @Test
    void fileCountsByItsSize() throws IOException {
        limit(new Quota(0, 10_000));
        Files.writeString(folders.resolve("readable"), MAIL);
        denied = Files.writeString(folders.resolve("secret"), MAIL.repeat(100));
        deliver(store, FolderName.INBOX);
        assertThat(directory.resolve("var/mail/alice")).content().contains("Subject: new");
        assertThat(usage().octets()).isBetween(MAIL.length() * 100L, MAIL.length() * 102L);
        limit(new Quota(0, MAIL.length() * 90L));
        assertThatThrownBy(() -> deliver(store, FolderName.INBOX))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.reason()).isEqualTo(StoreException.Reason.OVER_QUOTA));
    }

    @Test
    void directoryIsPassedOver() throws IOException {
        limit(new Quota(100, 0));
        Files.writeString(folders.resolve("readable"), MAIL);
        denied = Files.createDirectory(folders.resolve("sub"));
        Files.writeString(denied.resolve("inside"), MAIL);
        deliver(store, FolderName.INBOX);
        assertThat(usage().messages()).isEqualTo(2);
        assertThat(Flux.from(store.folders(ALICE)).collectList().block(PATIENCE))
                .containsExactly(FolderName.INBOX, new FolderName("readable"));
    }

    @Test
    void allFoldersMayBeForbidden() {
        limit(new Quota(100, 0));
        denied = folders;
        deliver(store, FolderName.INBOX);
        assertThat(usage().messages()).isEqualTo(1);
    }

    @Test
    void administratorIsToldWhichOne() throws IOException {
        denied = Files.writeString(folders.resolve("secret"), MAIL);
        assertThat(Flux.from(store.examine(List.of(ALICE))).collectList().block(PATIENCE))
                .anySatisfy(finding -> {
                    assertThat(finding.severity()).isEqualTo(Examined.Severity.FAIL);
                    assertThat(finding.text()).contains(denied.toString(), "permission denied");
                });
    }
}
