package org.pop2.storage.fs.lock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.fs.Child;
import org.pop2.storage.fs.io.ProcessIdentity;
import org.pop2.storage.fs.io.RealIo;

/** Whose lock file is broken and whose is not, with real files. Age is made by the clock going ahead. */
class DotLockTest {
    private static final String MAIL = "From bob Mon Nov 23 12:00:00 2026\nSubject: 1\n\none\n\n";
    private static final Duration STALE = Duration.ofMinutes(10);

    @TempDir
    Path directory;

    private final RealIo io = new RealIo();
    private final AtomicLong ahead = new AtomicLong();
    private final AtomicLong set = new AtomicLong();
    private final Pause pause = new Pause() {
        @Override
        public void millis(long duration) {
            // time passes while a lock is waited for, without waiting
            ahead.addAndGet(duration);
        }

        @Override
        public long now() {
            return System.currentTimeMillis() + ahead.get() + set.get();
        }

        @Override
        public long elapsed() {
            return TimeUnit.NANOSECONDS.toMillis(System.nanoTime()) + ahead.get();
        }
    };

    private MailboxPath mailbox = new MailboxPath(Path.of("/"), Path.of("alice"), "alice");
    private Path lock = Path.of("");
    private Liveness.Files liveness = unopened();

    @SuppressWarnings("NullAway")
    private static Liveness.Files unopened() {
        return null;
    }

    @BeforeEach
    void makeMailbox() throws IOException {
        mailbox = new MailboxPath(directory, Path.of("alice"), "alice");
        lock = mailbox.dotLock();
        Files.writeString(mailbox.file(), MAIL);
        Files.createDirectory(directory.resolve("locks"));
        liveness = new Liveness.Files(io, Files.createDirectory(directory.resolve("processes")));
    }

    @AfterEach
    void close() {
        liveness.close();
    }

    private Sightings sightings() {
        return new Sightings(io, directory.resolve("locks"), liveness.self().boot(), pause);
    }

    private MboxLocks locks() {
        return new MboxLocks(
                io, new ChannelRegistry(), liveness, sightings(), pause, MboxLocks.Kind.BOTH, 5_000, STALE.toMillis());
    }

    private void isBroken() throws IOException {
        try (MboxLocks.Locked locked = Objects.requireNonNull(locks().lock(mailbox, false))) {
            assertThat(lock).content().isEqualTo(liveness.self().toText() + "\n");
            assertThat(locked.status().size()).isEqualTo(MAIL.length());
        }
        assertThat(lock).doesNotExist();
        onlyTheMailboxIsLeft();
    }

    private void onlyTheMailboxIsLeft() throws IOException {
        assertThat(io.list(directory)).containsExactlyInAnyOrder("alice", "processes", "locks");
    }

    /** What the refusal says. */
    private String isRespected() throws IOException {
        boolean isFile = Files.isRegularFile(lock);
        String before = isFile ? Files.readString(lock) : "";
        StoreException error = catchThrowableOfType(StoreException.class, () -> locks().lock(mailbox, false));
        assertThat(error.reason()).isEqualTo(Reason.BUSY);
        assertThat(error).hasMessageContaining(mailbox.toString());
        assertThat(isFile ? Files.readString(lock) : "").isEqualTo(before);
        assertThat(mailbox.file()).hasContent(MAIL);
        return String.valueOf(error.getMessage());
    }

    private void pass(Duration time) {
        ahead.addAndGet(time.toMillis());
    }

    private ProcessIdentity identity(long pid) {
        ProcessIdentity self = liveness.self();
        return new ProcessIdentity(UUID.randomUUID().toString(), pid, self.boot(), self.host());
    }

    private void write(ProcessIdentity holder) throws IOException {
        Files.writeString(lock, holder.toText() + "\n");
    }

    @Test
    void aLockOfADeadProcessIsBrokenAtOnce() throws Exception {
        Process ended = new ProcessBuilder("true").start();
        ended.waitFor();
        write(identity(ended.pid()));
        isBroken();
    }

    @Test
    void aLockFromBeforeTheLastBootIsBrokenAtOnce() throws IOException {
        ProcessIdentity holder = identity(ProcessHandle.current().pid());
        write(new ProcessIdentity(holder.owner(), holder.pid(), "another-boot", holder.host()));
        isBroken();
    }

    @Test
    void aLockWhoseProcessNumberIsOursNowIsBrokenAtOnce() throws IOException {
        write(identity(ProcessHandle.current().pid()));
        isBroken();
    }

    @Test
    void aLockThatThisStorageItselfCouldNotRemoveIsBrokenAtOnce() throws IOException {
        write(liveness.self());
        isBroken();
    }

    @Test
    void aLockOfALivingHolderIsRespectedHoweverOldUntilItDies() throws Exception {
        try (Child child = Child.of(LivingHolder.class, directory.resolve("processes"))) {
            Files.writeString(lock, child.line() + "\n");
            pass(STALE.multipliedBy(6));
            assertThat(isRespected()).contains("of " + child.pid());
            child.kill();
            isBroken();
        }
    }

    @Test
    void aProcessNumberThatWasGivenToAnotherProcessDoesNotKeepALockForEver() throws IOException {
        // it lives, but nothing in the state directory says that it is a holder
        write(identity(ProcessHandle.current().parent().orElseThrow().pid()));
        isRespected();
        pass(STALE);
        isBroken();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "4711\n", "4711:elsewhere.example.org", "nonsense \u0000\u0007 \n\n"})
    void anotherProgramsLockIsJudgedByAge(String content) throws IOException {
        Files.writeString(lock, content);
        isRespected();
        pass(STALE.minusMinutes(1));
        isRespected();
        pass(Duration.ofMinutes(1));
        isBroken();
    }

    @ParameterizedTest
    @ValueSource(longs = {3_600, -3_600, 86_400 * 365L, -86_400 * 365L})
    void aFreshLockIsRespectedThoughTheClockIsSetAndAnOldOneIsNot(long seconds) throws IOException {
        Files.writeString(lock, "4711\n");
        set.addAndGet(seconds * 1000);
        isRespected();
        set.addAndGet(-seconds * 1000);
        isRespected();
        pass(STALE);
        set.addAndGet(seconds * 1000);
        isBroken();
    }

    @ParameterizedTest
    @ValueSource(longs = {3_600, -3_600})
    void aLockIsWaitedForAsLongAsIsSaidThoughTheClockIsSet(long seconds) throws IOException {
        Files.writeString(lock, "4711\n");
        MboxLocks locks = new MboxLocks(
                io,
                new ChannelRegistry(),
                liveness,
                sightings(),
                new Pause() {
                    private int pauses;

                    @Override
                    public void millis(long duration) {
                        if (++pauses == 3) {
                            set.addAndGet(seconds * 1000);
                        }
                        pause.millis(duration);
                    }

                    @Override
                    public long now() {
                        return pause.now();
                    }

                    @Override
                    public long elapsed() {
                        return pause.elapsed();
                    }
                },
                MboxLocks.Kind.BOTH,
                5_000,
                STALE.toMillis());
        long before = ahead.get();
        assertThatThrownBy(() -> locks.lock(mailbox, false)).hasMessageContaining("4711");
        assertThat(ahead.get() - before).isBetween(4_000L, 6_000L);
    }

    @Test
    void whatWasSeenBeforeTheLastBootDoesNotCount() throws IOException {
        Files.writeString(lock, "4711\n");
        isRespected();
        Path seen;
        try (DirectoryStream<Path> notes = Files.newDirectoryStream(directory.resolve("locks"))) {
            seen = notes.iterator().next();
        }
        Files.writeString(seen, Files.readString(seen).replaceFirst(".*", "another-boot"));
        pass(STALE);
        isRespected();
        pass(STALE);
        isBroken();
        assertThat(directory.resolve("locks")).isEmptyDirectory();
    }

    @Test
    void aLockOfAnotherHostIsJudgedByAge() throws IOException {
        ProcessIdentity holder = identity(4711);
        write(new ProcessIdentity(holder.owner(), holder.pid(), holder.boot(), "elsewhere"));
        isRespected();
        pass(STALE);
        isBroken();
    }

    @Test
    void anOldLockIsRespectedWhileTheMailboxIsWrittenTo() throws IOException {
        Files.createFile(lock);
        pass(STALE);
        Files.setLastModifiedTime(mailbox.file(), java.nio.file.attribute.FileTime.fromMillis(pause.now()));
        isRespected();
        pass(STALE);
        isBroken();
    }

    @Test
    void anOldLockIsRespectedWhileItsHolderHasTheFcntlLockToo() throws Exception {
        Files.createFile(lock);
        isRespected();
        pass(STALE);
        try (Child holder = Child.of(FcntlProbe.class, "hold", mailbox.file())) {
            assertThat(holder.line()).isEqualTo("locked");
            isRespected();
            assertThat(lock).isEmptyFile();
            holder.kill();
        }
        isBroken();
    }

    @Test
    void aFileTooLongForALockIsNeverBroken() throws IOException {
        Files.writeString(lock, MAIL.repeat(30));
        pass(STALE);
        assertThat(isRespected()).contains(lock + " is not a lock file");
    }

    @Test
    void aDirectoryInTheLocksPlaceIsSaidAndLeft() throws IOException {
        Files.createDirectory(lock);
        pass(STALE);
        assertThat(isRespected()).contains(lock + " is not a lock file");
        assertThat(lock).isEmptyDirectory();
    }

    @Test
    void whatAKilledProcessLeftBesideAnyMailboxIsSweptAtTheNextLock() throws Exception {
        Process ended = new ProcessBuilder("true").start();
        ended.waitFor();
        Path ofDead = Files.writeString(
                directory.resolve("bob.lock.pop2-0123abcd.lock"),
                identity(ended.pid()).toText() + "\n");
        Path empty = Files.createFile(directory.resolve("alice.lock.pop2-00000000.lock"));
        Path ofLiving = Files.writeString(
                directory.resolve("alice.lock.pop2-11111111.lock"),
                liveness.self().toText() + "\n");
        Path mail = Files.writeString(directory.resolve("carol.lock.pop2-22222222.lock"), MAIL.repeat(30));
        Path other = Files.writeString(directory.resolve("alice.lock.pop2-mine.lock"), "");
        Path directoryNamedSo = Files.createDirectory(directory.resolve("d.lock.pop2-33333333.lock"));

        Objects.requireNonNull(locks().lock(mailbox, false)).close();

        assertThat(ofDead).doesNotExist();
        assertThat(empty).as("may be about to be written").exists();
        pass(Duration.ofMinutes(2));
        Objects.requireNonNull(locks().lock(mailbox, false)).close();
        assertThat(empty).doesNotExist();
        assertThat(ofLiving).exists();
        assertThat(mail).hasContent(MAIL.repeat(30));
        assertThat(other).exists();
        assertThat(directoryNamedSo).isDirectory();
    }

    @Test
    void theSweepIsRepeatedWhileTheServerRuns() throws Exception {
        MboxLocks locks = locks();
        Objects.requireNonNull(locks.lock(mailbox, false)).close();
        Path left = Files.writeString(
                directory.resolve("alice.lock.pop2-0123abcd.lock"),
                identity(ProcessHandle.current().pid()).toText() + "\n");
        Objects.requireNonNull(locks.lock(mailbox, false)).close();
        assertThat(left).as("a directory is not read for each lock").exists();
        pass(STALE);
        Objects.requireNonNull(locks.lock(mailbox, false)).close();
        onlyTheMailboxIsLeft();
    }

    @Test
    void aLockThatVanishedWhileItWasMadeIsMadeAgain() throws IOException {
        // somebody swept the file that was to become the lock
        RealIo sweeping = new RealIo() {
            private boolean done;

            @Override
            public void link(Path existing, Path link) throws IOException {
                if (!done) {
                    done = true;
                    Files.delete(existing);
                }
                super.link(existing, link);
            }
        };
        MboxLocks locks = new MboxLocks(
                sweeping,
                new ChannelRegistry(),
                liveness,
                sightings(),
                pause,
                MboxLocks.Kind.BOTH,
                5_000,
                STALE.toMillis());
        try (MboxLocks.Locked locked = Objects.requireNonNull(locks.lock(mailbox, false))) {
            assertThat(locked.status().isFile()).isTrue();
            assertThat(lock).content().isEqualTo(liveness.self().toText() + "\n");
        }
        onlyTheMailboxIsLeft();
    }

    @Test
    void aFreshLockWithTheNumberOfTheStaleOnesFileIsPutBack() throws Exception {
        Process ended = new ProcessBuilder("true").start();
        ended.waitFor();
        write(identity(ended.pid()));
        // somebody else breaks it first and makes a lock, for which the file system takes the same inode
        RealIo racing = new RealIo() {
            @Override
            public void rename(Path from, Path to) throws IOException {
                Files.writeString(from, "4711\n");
                super.rename(from, to);
            }
        };
        MboxLocks locks = new MboxLocks(
                racing,
                new ChannelRegistry(),
                liveness,
                sightings(),
                pause,
                MboxLocks.Kind.DOTLOCK,
                5_000,
                STALE.toMillis());
        StoreException error = catchThrowableOfType(StoreException.class, () -> locks.lock(mailbox, false));
        assertThat(error.reason()).isEqualTo(Reason.BUSY);
        assertThat(lock).hasContent("4711\n");
        Files.delete(lock);
        onlyTheMailboxIsLeft();
    }
}
