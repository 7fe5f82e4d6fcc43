package org.pop2.storage.fs.lock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pop2.storage.fs.ForwardingIo;
import org.pop2.storage.fs.io.FileStatus;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.io.RealIo;
import org.pop2.storage.fs.io.StorageIo;

/** One channel for each mailbox, none that nobody closes, and nobody waits for another mailbox's. */
@Timeout(60)
class ChannelRegistryTest {
    @TempDir
    Path directory;

    private final ChannelRegistry channels = new ChannelRegistry();
    private final AtomicInteger open = new AtomicInteger();
    private volatile @Nullable IOException nextLook;
    private MailboxPath alice = new MailboxPath(Path.of("/"), Path.of("alice"), "alice");
    private MailboxPath bob = alice;

    private enum Step {
        STAT,
        OPEN,
        CLOSE
    }

    private class CountedIo extends ForwardingIo {
        CountedIo() {
            super(new RealIo());
        }

        @Override
        public IoFile file(Path path, Mode mode, IoFile real) {
            open.incrementAndGet();
            return new ForwardingFile(real) {
                @Override
                public void close() throws IOException {
                    closing(path);
                    super.close();
                    open.decrementAndGet();
                }
            };
        }

        void closing(Path path) {}
    }

    /** Stands still at one step of one mailbox. */
    private final class HangingIo extends CountedIo {
        final CountDownLatch hangs = new CountDownLatch(1);
        final CountDownLatch goOn = new CountDownLatch(1);
        private final Step at;

        HangingIo(Step at) {
            this.at = at;
        }

        private void hang(Step step, Path path) {
            if (step == at && path.equals(alice.file())) {
                hangs.countDown();
                try {
                    goOn.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        }

        @Override
        public @Nullable FileStatus stat(Path path) throws IOException {
            hang(Step.STAT, path);
            return super.stat(path);
        }

        @Override
        public IoFile openBeneath(Path base, Path relative, Mode mode) throws IOException {
            hang(Step.OPEN, base.resolve(relative));
            return super.openBeneath(base, relative, mode);
        }

        @Override
        void closing(Path path) {
            hang(Step.CLOSE, path);
        }
    }

    @BeforeEach
    void makeMailboxes() throws IOException {
        alice = new MailboxPath(directory, Path.of("alice"), "alice");
        bob = new MailboxPath(directory, Path.of("bob"), "bob");
        Files.createFile(alice.file());
        Files.createFile(bob.file());
    }

    private ChannelRegistry.Shared opened(StorageIo io, MailboxPath path) throws IOException {
        return Objects.requireNonNull(channels.open(io, path));
    }

    /** The look after the opening fails. */
    private StorageIo failingAfterTheOpening() {
        return new CountedIo() {
            private boolean armed;

            @Override
            public IoFile file(Path path, Mode mode, IoFile real) {
                armed = nextLook != null;
                return super.file(path, mode, real);
            }

            @Override
            public @Nullable FileStatus stat(Path path) throws IOException {
                IOException error = nextLook;
                if (armed && error != null) {
                    nextLook = null;
                    throw error;
                }
                return super.stat(path);
            }
        };
    }

    @Test
    void channelIsClosedIfTheFileCannotBeLookedAtAgain() throws IOException {
        nextLook = new IOException("Input/output error");
        StorageIo io = failingAfterTheOpening();
        assertThatThrownBy(() -> channels.open(io, alice)).hasMessageContaining("Input/output error");
        assertThat(open).hasValue(0);
        opened(io, alice).close();
        assertThat(open).hasValue(0);
    }

    @Test
    void channelThatCannotBeToldIsKeptWhileAnotherMailboxMayBeLocked() throws IOException {
        StorageIo io = failingAfterTheOpening();
        ChannelRegistry.Shared other = opened(io, bob);
        nextLook = new IOException("Input/output error");
        assertThatThrownBy(() -> channels.open(io, alice)).hasMessageContaining("Input/output error");
        assertThat(open).as("closing it might drop a lock").hasValue(2);
        other.close();
        assertThat(open).hasValue(0);
    }

    @ParameterizedTest
    @EnumSource
    void fileSystemThatHangsKeepsNobodyFromOtherMailboxes(Step step) throws Exception {
        HangingIo io = new HangingIo(step);
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try {
            CompletableFuture<Void> hanging = CompletableFuture.runAsync(
                    () -> {
                        try {
                            opened(io, alice).close();
                        } catch (IOException e) {
                            throw new IllegalStateException(e);
                        }
                    },
                    thread);
            io.hangs.await();
            ChannelRegistry.Shared other = opened(io, bob);
            other.share().close();
            other.close();
            assertThat(hanging).isNotDone();
            io.goOn.countDown();
            hanging.get(30, TimeUnit.SECONDS);
            assertThat(open).hasValue(0);
        } finally {
            io.goOn.countDown();
            thread.shutdown();
        }
    }

    @Test
    void thereIsOneChannelHoweverManyComeAndGo() throws Exception {
        AtomicInteger most = new AtomicInteger();
        StorageIo io = new CountedIo() {
            @Override
            public IoFile file(Path path, Mode mode, IoFile real) {
                IoFile file = super.file(path, mode, real);
                most.accumulateAndGet(open.get(), Math::max);
                return file;
            }
        };
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<CompletableFuture<Void>> all = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                all.add(CompletableFuture.runAsync(
                        () -> {
                            try {
                                for (int round = 0; round < 2_000; round++) {
                                    ChannelRegistry.Shared mailbox = opened(io, alice);
                                    assertThat(mailbox.file().size()).isZero();
                                    mailbox.close();
                                }
                            } catch (IOException e) {
                                throw new IllegalStateException(e);
                            }
                        },
                        threads));
            }
            for (CompletableFuture<Void> each : all) {
                each.get(50, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdown();
        }
        assertThat(most).hasValue(1);
        assertThat(open).hasValue(0);
    }
}
