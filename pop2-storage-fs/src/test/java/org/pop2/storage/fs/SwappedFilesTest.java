package org.pop2.storage.fs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pop2.storage.StoreException;
import org.pop2.storage.fs.io.FileStatus;
import org.pop2.storage.fs.io.Folder;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.io.RealIo;
import org.pop2.storage.fs.io.StorageIo;
import org.pop2.storage.fs.lock.ChannelRegistry;
import org.pop2.storage.fs.lock.Liveness;
import org.pop2.storage.fs.lock.MailboxPath;
import org.pop2.storage.fs.lock.MboxLocks;
import org.pop2.storage.fs.lock.Pause;
import org.pop2.storage.fs.lock.Sightings;

/**
 * The owner of a directory puts something else where the server has just looked: nobody waits for it, and nothing
 * happens elsewhere.
 */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
class SwappedFilesTest {
    private static final String MAIL = "From bob Mon Nov 23 12:00:00 2026\nSubject: 1\n\none\n\n";

    @TempDir
    Path directory;

    private final RealIo io = new RealIo();
    private final AtomicLong ahead = new AtomicLong();
    private final Pause pause = new Pause() {
        @Override
        public void millis(long duration) {
            ahead.addAndGet(duration);
        }

        @Override
        public long now() {
            return System.currentTimeMillis() + ahead.get();
        }

        @Override
        public long elapsed() {
            return now();
        }
    };

    private Path sub = Path.of("");
    private Path spool = Path.of("");
    private MailboxPath folder = new MailboxPath(Path.of("/"), Path.of("x"), "alice");
    private Liveness.Files liveness = unopened();

    @SuppressWarnings("NullAway")
    private static Liveness.Files unopened() {
        return null;
    }

    @BeforeEach
    void makeFolders() throws IOException {
        sub = Files.createDirectories(directory.resolve("home/alice/mail/sub"));
        // a user's own
        Files.setPosixFilePermissions(sub, PosixFilePermissions.fromString("rwxrwx---"));
        spool = Files.createDirectory(directory.resolve("spool"));
        folder = new MailboxPath(directory.resolve("home"), Path.of("alice/mail/sub/victim"), "alice");
        Files.writeString(folder.file(), MAIL);
        Files.createDirectory(directory.resolve("locks"));
        liveness = new Liveness.Files(io, Files.createDirectory(directory.resolve("processes")));
    }

    @AfterEach
    void close() {
        liveness.close();
    }

    private MboxLocks locks(StorageIo disk) {
        Sightings sightings =
                new Sightings(io, directory.resolve("locks"), liveness.self().boot(), pause);
        return new MboxLocks(
                disk, new ChannelRegistry(), liveness, sightings, pause, MboxLocks.Kind.BOTH, 2_000, 600_000);
    }

    private MboxLocks.Locked locked() throws IOException {
        return Objects.requireNonNull(locks(io).lock(folder, false));
    }

    private static void makeFifo(Path path) throws IOException {
        try {
            assertThat(new ProcessBuilder("mkfifo", path.toString()).start().waitFor())
                    .isZero();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    @Test
    void lockThatBecameAFifoIsLeftWhereItIs() throws IOException {
        MboxLocks.Locked locked = locked();
        Files.delete(folder.dotLock());
        makeFifo(folder.dotLock());
        ahead.addAndGet(3_600_000);
        locked.keepAlive();
        locked.close();
        assertThat(Objects.requireNonNull(io.stat(folder.dotLock())).kind()).isEqualTo(FileStatus.Kind.FIFO);
        assertThatThrownBy(this::locked).isInstanceOf(StoreException.class).hasMessageContaining("is not a lock file");
        Files.delete(folder.dotLock());
        locked().close();
        assertThat(folder.dotLock()).doesNotExist();
    }

    /** A FIFO comes between the look and the opening of a lock that is in the way. */
    @Test
    void lockThatBecomesAFifoWhileItIsLookedAtIsNotWaitedFor() throws IOException {
        Files.writeString(folder.dotLock(), "4711\n");
        RealIo racing = new RealIo() {
            @Override
            public Folder folder(Path base, Path relative) throws IOException {
                Folder real = super.folder(base, relative);
                return new Folder() {
                    @Override
                    public IoFile open(String name, Mode mode) throws IOException {
                        if (mode != Mode.CREATE && Files.deleteIfExists(folder.dotLock())) {
                            makeFifo(folder.dotLock());
                        }
                        return real.open(name, mode);
                    }

                    @Override
                    public @Nullable Object key(String name) throws IOException {
                        return real.key(name);
                    }

                    @Override
                    public void link(String existing, String name) throws IOException {
                        real.link(existing, name);
                    }

                    @Override
                    public void move(String from, String to) throws IOException {
                        real.move(from, to);
                    }

                    @Override
                    public void unlink(String name) throws IOException {
                        real.unlink(name);
                    }

                    @Override
                    public void close() throws IOException {
                        real.close();
                    }
                };
            }
        };
        assertThatThrownBy(() -> locks(racing).lock(folder, false))
                .isInstanceOfAny(IOException.class, StoreException.class);
        assertThat(Files.readString(folder.file())).isEqualTo(MAIL);
    }

    @ParameterizedTest
    @ValueSource(strings = {"rw-------", "r--------"})
    void mailboxThatBecomesAFifoIsNotWaitedFor(String mode) throws IOException {
        Files.setPosixFilePermissions(folder.file(), PosixFilePermissions.fromString(mode));
        RealIo racing = new RealIo() {
            @Override
            public IoFile openBeneath(Path base, Path relative, Mode mode) throws IOException {
                Files.delete(folder.file());
                makeFifo(folder.file());
                return super.openBeneath(base, relative, mode);
            }
        };
        assertThatThrownBy(() -> new ChannelRegistry().open(racing, folder))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("is a FIFO, no mailbox");
    }

    @Test
    void directoryThatBecameAFifoIsNotWaitedFor() throws IOException {
        Files.move(sub, directory.resolve("elsewhere"));
        makeFifo(sub);
        assertThatThrownBy(() -> io.openBeneath(folder.base(), folder.relative(), StorageIo.Mode.READ))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> io.folder(folder.base(), folder.relative())).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> io.forceDirectory(sub)).isInstanceOf(IOException.class);
    }

    @Test
    void directoryThatBecameALinkIsNotFollowed() throws IOException {
        Files.writeString(spool.resolve("victim"), MAIL);
        Files.move(sub, directory.resolve("elsewhere"));
        Files.createSymbolicLink(sub, spool);
        assertThatThrownBy(() -> io.openBeneath(folder.base(), folder.relative(), StorageIo.Mode.READ))
                .hasMessageContaining("not a directory, or a link to one");
        assertThatThrownBy(() -> io.folder(folder.base(), folder.relative()))
                .hasMessageContaining("not a directory, or a link to one");
    }

    @Test
    void lockGoesFromTheDirectoryItWasMadeIn() throws IOException {
        Path victims = Files.writeString(spool.resolve("victim.lock"), "4711\n");
        MboxLocks.Locked locked = locked();
        Path moved = Files.move(sub, directory.resolve("elsewhere"));
        Files.createSymbolicLink(sub, spool);
        locked.close();
        assertThat(victims).hasContent("4711\n");
        assertThat(moved.resolve("victim.lock")).doesNotExist();
        assertThat(spool.toFile().list()).containsExactly("victim.lock");
    }

    @Test
    void lockOfOursThatWasCopiedElsewhereIsNotRemovedThere() throws IOException {
        MboxLocks.Locked locked = locked();
        Path ours = folder.dotLock();
        Path copy = Files.copy(folder.dotLock(), spool.resolve("victim.lock"));
        Files.delete(ours);
        Files.move(copy, ours);
        locked.close();
        assertThat(ours).as("the content is ours, the file is not").exists();
    }

    /** The user swaps the directory for a link when the server has looked at the mailbox in it. */
    @Test
    void noLockIsMadeWhereALinkLeads() throws IOException {
        Files.writeString(spool.resolve("victim"), MAIL);
        RealIo racing = new RealIo() {
            private boolean done;

            @Override
            public Folder folder(Path base, Path relative) throws IOException {
                if (!done) {
                    done = true;
                    Files.move(sub, directory.resolve("elsewhere"));
                    Files.createSymbolicLink(sub, spool);
                }
                return super.folder(base, relative);
            }
        };
        assertThatThrownBy(() -> locks(racing).lock(folder, false))
                .isInstanceOfAny(IOException.class, StoreException.class);
        assertThat(spool.toFile().list()).containsExactly("victim");
        assertThat(spool.resolve("victim")).hasContent(MAIL);
    }

    /** The same when the directory is open already. */
    @Test
    void lockIsMadeInTheDirectoryThatWasOpened() throws IOException {
        RealIo racing = new RealIo() {
            private boolean done;

            @Override
            public Folder folder(Path base, Path relative) throws IOException {
                Folder opened = super.folder(base, relative);
                if (!done) {
                    done = true;
                    Files.move(sub, directory.resolve("elsewhere"));
                    Files.createSymbolicLink(sub, spool);
                }
                return opened;
            }
        };
        assertThatThrownBy(() -> locks(racing).lock(folder, false))
                .isInstanceOfAny(IOException.class, StoreException.class);
        assertThat(spool.toFile().list()).isEmpty();
        assertThat(directory.resolve("elsewhere").toFile().list()).containsExactly("victim");
    }
}
