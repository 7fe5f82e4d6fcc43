package org.pop2.storage.fs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.Message;
import org.pop2.storage.Quota;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreSettings;
import org.pop2.storage.Usage;
import org.pop2.storage.UserName;
import org.pop2.storage.fs.io.FileStatus;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.io.RealIo;
import org.pop2.storage.fs.io.StorageIo;
import org.pop2.storage.fs.lock.Pause;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A folder that may not be read does not keep mail from the user's other folders. */
class UnreadableFolderTest {
    private static final UserName ALICE = new UserName("alice");
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String MAIL = "From bob Mon Nov 23 12:00:00 2026\nSubject: 1\n\none\n\n";

    @TempDir
    Path directory;

    private Path folders = Path.of("");
    private Path denied = Path.of("");
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
        store = MboxStore.open(MboxSettings.of(new StoreSettings(Map.of(), policy, directory)), io, Pause.REAL);
        folders = Files.createDirectories(directory.resolve("var/folders/alice"));
    }

    @AfterEach
    void closeStore() {
        Mono.from(store.close()).block(PATIENCE);
    }

    private void limit(Quota quota) {
        Mono.from(store.accounts().put(new Account(ALICE, "{PLAIN}x", true, Optional.of(quota))))
                .block(PATIENCE);
    }

    private void deliver() {
        ByteBuffer octets = ByteBuffer.wrap("Subject: new\r\n\r\nnew\r\n".getBytes(StandardCharsets.US_ASCII));
        Mono.from(store.deliver(ALICE, FolderName.INBOX, Message.of(Flux.just(octets))))
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
        deliver();
        assertThat(directory.resolve("var/mail/alice")).content().contains("Subject: new");
        assertThat(usage().octets()).isBetween(MAIL.length() * 100L, MAIL.length() * 102L);
        limit(new Quota(0, MAIL.length() * 90L));
        assertThatThrownBy(this::deliver)
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.reason()).isEqualTo(StoreException.Reason.OVER_QUOTA));
    }

    @Test
    void directoryIsPassedOver() throws IOException {
        limit(new Quota(100, 0));
        Files.writeString(folders.resolve("readable"), MAIL);
        denied = Files.createDirectory(folders.resolve("sub"));
        Files.writeString(denied.resolve("inside"), MAIL);
        deliver();
        assertThat(usage().messages()).isEqualTo(2);
        assertThat(Flux.from(store.folders(ALICE)).collectList().block(PATIENCE))
                .containsExactly(FolderName.INBOX, new FolderName("readable"));
    }

    @Test
    void allFoldersMayBeForbidden() {
        limit(new Quota(100, 0));
        denied = folders;
        deliver();
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
