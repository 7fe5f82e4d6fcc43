package org.pop2.storage.fs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pop2.storage.fs.TestStores.ALICE;
import static org.pop2.storage.fs.TestStores.PATIENCE;
import static org.pop2.storage.fs.TestStores.addAlice;
import static org.pop2.storage.fs.TestStores.close;
import static org.pop2.storage.fs.TestStores.failureOf;
import static org.pop2.storage.fs.TestStores.open;
import static org.pop2.storage.fs.TestStores.release;
import static org.pop2.storage.fs.TestStores.unopened;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pop2.storage.Account;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.FolderName;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Quota;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.Usage;
import org.pop2.storage.UserName;
import org.pop2.storage.fs.format.Quoting;
import org.pop2.storage.fs.io.FileStatus;
import org.pop2.storage.fs.io.RealIo;
import org.pop2.storage.fs.journal.Deliveries;
import org.pop2.storage.fs.journal.StoredMessage;
import org.pop2.storage.fs.lock.ChannelRegistry;
import org.pop2.storage.fs.lock.Liveness;
import org.pop2.storage.fs.lock.MailboxPath;
import org.pop2.storage.fs.lock.MboxLocks;
import org.pop2.storage.fs.lock.Pause;
import org.pop2.storage.fs.lock.Sightings;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What else may be where a mailbox is meant to be: refused with a reason, left as it is, and good again afterwards. */
class RealFilesTest {
    private static final String ONE = "From bob Mon Nov 23 12:00:00 2026\nSubject: 1\n\none\n\n";
    private static final String TWO = "From bob Mon Nov 23 12:00:01 2026\nSubject: 2\n\ntwo\n\n";

    @TempDir
    Path directory;

    private Path mail = Path.of("");
    private Path inbox = Path.of("");
    private MboxStore store = unopened();

    @BeforeEach
    void openStore() throws IOException {
        store = open(directory, Map.of("lock-timeout", "300ms", "hold-poll", "50ms"));
        addAlice(store);
        mail = directory.resolve("var/mail");
        inbox = mail.resolve("alice");
        Files.writeString(inbox, ONE + TWO);
    }

    @AfterEach
    void closeStore() {
        close(store);
    }

    private Mailbox hold(FolderName folder) {
        return TestStores.hold(store, folder);
    }

    private void deliver(FolderName folder) {
        TestStores.deliver(store, folder);
    }

    private void refused(FolderName folder, String why) {
        for (Runnable action : new Runnable[] {() -> hold(folder), () -> deliver(folder)}) {
            StoreException error = failureOf(action);
            assertThat(error).hasMessageContaining(why);
            assertThat(error.reason()).isEqualTo(Reason.CORRUPT);
        }
    }

    /** The next session is served, and leaves nothing behind. */
    private void works() throws IOException {
        Files.deleteIfExists(inbox);
        Files.writeString(inbox, ONE + TWO);
        Mailbox mailbox = hold(FolderName.INBOX);
        assertThat(mailbox.count()).isEqualTo(2);
        release(mailbox, 1);
        assertThat(inbox).hasContent(TWO);
        assertThat(inbox.resolveSibling("alice.lock")).doesNotExist();
    }

    @Test
    void accountsFileKeepsItsModeWhateverChangesIt() throws IOException {
        Path accounts = directory.resolve("var/accounts");
        assertThat(Files.getPosixFilePermissions(accounts)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
        Files.setPosixFilePermissions(accounts, PosixFilePermissions.fromString("rw-r-----"));
        Account before = new Account(ALICE, "{PLAIN}x", true);
        Account after = new Account(ALICE, "{PLAIN}y", true);

        assertThat(Mono.from(store.accounts().replace(before, after)).block(PATIENCE))
                .isTrue();
        assertThat(Files.getPosixFilePermissions(accounts)).isEqualTo(PosixFilePermissions.fromString("rw-r-----"));
        Mono.from(store.accounts().put(before)).block(PATIENCE);
        assertThat(Files.getPosixFilePermissions(accounts)).isEqualTo(PosixFilePermissions.fromString("rw-r-----"));
    }

    @Test
    void accountsThatEverybodyMayWriteAreNotBelieved() throws IOException {
        Path accounts = directory.resolve("var/accounts");
        Files.setPosixFilePermissions(accounts, PosixFilePermissions.fromString("rw-rw-rw-"));

        StoreException error = failureOf(() -> open(directory, Map.of()));

        assertThat(error.reason()).isEqualTo(Reason.UNAVAILABLE);
        assertThat(error).hasMessageContaining("chmod o-w " + accounts);
    }

    @Test
    void replacedAccountKeepsItsOtherFieldsAndTheOtherLines() throws IOException {
        Path accounts = directory.resolve("var/accounts");
        Files.writeString(
                accounts, "# of us\nbob:{PLAIN}b:1000:1000:Bob:/home/bob::\nalice:{PLAIN}x:7:8:A. L.:/h:/s:x=1\n");

        assertThat(Mono.from(store.accounts()
                                .replace(new Account(ALICE, "{PLAIN}x", true), new Account(ALICE, "{OTP}a:b%", true)))
                        .block(PATIENCE))
                .isTrue();

        assertThat(accounts).hasContent("""
                # of us
                bob:{PLAIN}b:1000:1000:Bob:/home/bob::
                alice:{ESC}{OTP}a%3Ab%25:7:8:A. L.:/h:/s:x=1
                """);
    }

    @Test
    void quotaIsAnExtraFieldAsDovecotHasIt() throws IOException {
        Path accounts = directory.resolve("var/accounts");
        Files.writeString(accounts, """
                bob:{PLAIN}b::::::userdb_quota_rule=nonsense
                alice:{PLAIN}x:7:8:A. L.:/h:/s:userdb_mail=mbox:~/mail userdb_quota_rule=*:storage=1:messages=5 x=1
                """);
        Account alice = new Account(ALICE, "{PLAIN}x", true, Optional.of(new Quota(5, 1024)));
        assertThat(Flux.from(store.accounts().list()).collectList().block(PATIENCE))
                .containsExactly(alice, new Account(new UserName("bob"), "{PLAIN}b", true));

        Mono.from(store.accounts().put(alice.withEnabled(false))).block(PATIENCE);
        assertThat(accounts).content().endsWith("userdb_quota_rule=*:storage=1:messages=5 x=1 nologin\n");
        Mono.from(store.accounts().put(alice.withQuota(Optional.of(new Quota(0, 7)))))
                .block(PATIENCE);
        assertThat(accounts)
                .content()
                .endsWith(":userdb_mail=mbox:~/mail x=1 userdb_quota_rule=*:bytes=7:messages=0\n");
        Mono.from(store.accounts().put(alice.withQuota(Optional.empty()))).block(PATIENCE);
        assertThat(accounts).hasContent("""
                bob:{PLAIN}b::::::userdb_quota_rule=nonsense
                alice:{PLAIN}x:7:8:A. L.:/h:/s:userdb_mail=mbox:~/mail x=1
                """);
    }

    /** What another program appended counts, much or little, and a file that is no mailbox has no mail. */
    @Test
    void mailThatOthersAppendedCounts() throws IOException {
        Mono.from(store.accounts().put(new Account(ALICE, "{PLAIN}x", true, Optional.of(new Quota(1000, 0)))))
                .block(PATIENCE);
        Files.createDirectories(directory.resolve("var/folders/alice"));
        Files.writeString(directory.resolve("var/folders/alice/notes.txt"), "no mail\n");
        int now = 2;
        for (int more : new int[] {1, 400, 1}) {
            Files.writeString(inbox, TWO.repeat(more), StandardOpenOption.APPEND);
            deliver(FolderName.INBOX);
            now += more + 1;
            assertThat(messages()).isEqualTo(now);
        }
        Files.writeString(inbox, TWO.repeat(1000 - now), StandardOpenOption.APPEND);
        StoreException error = failureOf(() -> deliver(FolderName.INBOX));
        assertThat(error.reason()).isEqualTo(Reason.OVER_QUOTA);
        assertThat(messages()).isEqualTo(1000);
    }

    private long messages() {
        return Mono.from(store.usage(ALICE))
                .map(Usage::messages)
                .blockOptional(PATIENCE)
                .orElseThrow();
    }

    @Test
    void symbolicLinkIsRefused() throws IOException {
        Path target = directory.resolve("target");
        Files.move(inbox, target);
        Files.createSymbolicLink(inbox, target);
        refused(FolderName.INBOX, inbox + " is a symbolic link");
        assertThat(target).hasContent(ONE + TWO);
        works();
    }

    @Test
    void symbolicLinkInAFoldersPathIsRefused() throws IOException {
        Path elsewhere = Files.createDirectories(directory.resolve("elsewhere"));
        Files.writeString(elsewhere.resolve("box"), ONE);
        Path folders = Files.createDirectories(directory.resolve("var/folders/alice"));
        Files.createSymbolicLink(folders.resolve("lists"), elsewhere);
        StoreException error = failureOf(() -> deliver(new FolderName("lists/box")));
        assertThat(error.reason()).isEqualTo(Reason.CORRUPT);
        assertThat(error).hasMessageContaining(folders.resolve("lists") + " is a symbolic link, no directory");
        assertThat(elsewhere.resolve("box")).hasContent(ONE);
        assertThat(elsewhere.resolve("box.lock")).doesNotExist();
        works();
    }

    @Test
    void fifoIsRefusedWithoutWaitingForAWriter() throws Exception {
        Files.delete(inbox);
        Process mkfifo = new ProcessBuilder("mkfifo", inbox.toString()).start();
        assertThat(mkfifo.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(mkfifo.exitValue()).isZero();
        refused(FolderName.INBOX, inbox + " is a FIFO");
        assertThat(Files.readAttributes(inbox, java.nio.file.attribute.BasicFileAttributes.class)
                        .isOther())
                .isTrue();
        works();
    }

    @Test
    void directoryIsRefused() throws IOException {
        Files.delete(inbox);
        Files.createDirectory(inbox);
        refused(FolderName.INBOX, inbox + " is a directory");
        assertThat(inbox).isEmptyDirectory();
        works();
    }

    @Test
    void socketIsRefused() throws IOException {
        Files.delete(inbox);
        // by its short relative path: the address of a socket holds 108 octets
        try (ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            Path bound = Files.createTempDirectory(Path.of("/tmp"), "pop2").resolve("s");
            socket.bind(UnixDomainSocketAddress.of(bound));
            Files.move(bound, inbox);
            Files.delete(bound.getParent());
        }
        refused(FolderName.INBOX, inbox + " is a socket");
        Files.delete(inbox);
        works();
    }

    @Test
    void fileOfAForeignOwnerIsRefused() throws IOException {
        close(store);
        boolean[] foreign = {true};
        RealIo io = new RealIo() {
            @Override
            public @Nullable FileStatus stat(Path path) throws IOException {
                FileStatus s = super.stat(path);
                return s == null || !foreign[0] || !path.equals(inbox)
                        ? s
                        : new FileStatus(
                                s.kind(), s.key(), s.links(), s.uid() + 1, s.mode(), s.size(), s.mtime(), s.ctime());
            }

            @Override
            public String owner(Path path) {
                return "mallory";
            }
        };
        store = open(directory, Map.of(), io);
        refused(FolderName.INBOX, inbox + " belongs to mallory, neither to this server nor to alice");
        assertThat(inbox).hasContent(ONE + TWO);
        foreign[0] = false;
        works();
    }

    @Test
    void folderThatIsNoFileDoesNotExist() throws Exception {
        Path folders = Files.createDirectories(directory.resolve("var/folders/alice"));
        Path target = Files.writeString(directory.resolve("target"), ONE);
        Files.createSymbolicLink(folders.resolve("link"), target);
        Files.createDirectories(folders.resolve("directory"));
        Files.writeString(folders.resolve("file"), ONE);
        Process mkfifo = new ProcessBuilder("mkfifo", folders.resolve("fifo").toString()).start();
        assertThat(mkfifo.waitFor(10, TimeUnit.SECONDS)).isTrue();
        Path elsewhere = Files.createDirectories(directory.resolve("elsewhere"));
        Files.writeString(elsewhere.resolve("box"), ONE);
        Files.createSymbolicLink(folders.resolve("lists"), elsewhere);
        for (String name : new String[] {"link", "directory", "fifo", "file/below", "lists/box", "fifo/x"}) {
            Mailbox mailbox = hold(new FolderName(name));
            assertThat(mailbox.count()).as(name).isZero();
            assertThat(mailbox.writable()).as(name).isFalse();
            release(mailbox);
        }
        assertThat(target).hasContent(ONE);
        assertThat(elsewhere).isDirectoryNotContaining("glob:**.lock");
        Mailbox file = hold(new FolderName("file"));
        assertThat(file.count()).isEqualTo(1);
        release(file);
        works();
    }

    @Test
    void readOnlyFileIsReadAndNothingElse() throws IOException {
        Files.setPosixFilePermissions(inbox, PosixFilePermissions.fromString("r--r--r--"));
        Mailbox mailbox = hold(FolderName.INBOX);
        assertThat(mailbox.count()).isEqualTo(2);
        assertThat(mailbox.writable()).isFalse();
        release(mailbox);
        StoreException error = failureOf(() -> deliver(FolderName.INBOX));
        assertThat(error.reason()).isEqualTo(Reason.UNAVAILABLE);
        assertThat(error).hasMessage(inbox + ": read-only");
        assertThat(inbox).hasContent(ONE + TWO);
        works();
    }

    @ParameterizedTest
    @ValueSource(strings = {"both", "fcntl", "dotlock"})
    void spoolThatMayNotBeWrittenIsServedWithFcntlAloneAndThatIsSaid(String locking) throws IOException {
        close(store);
        Files.setPosixFilePermissions(mail, PosixFilePermissions.fromString("r-xr-xr-x"));
        List<String> said;
        try (Child child = Child.unprivileged(UnwritableSpool.class, directory, locking)) {
            said = child.lines();
        } finally {
            Files.setPosixFilePermissions(mail, PosixFilePermissions.fromString("rwx------"));
        }
        String warning = "dotlock-impossible directory=\"" + mail + '"';
        if (locking.equals("dotlock")) {
            assertThat(said)
                    .containsExactly("not opened: UNAVAILABLE " + mail
                            + ": not writable, and locking = dotlock needs a file there");
            assertThat(inbox).hasContent(ONE + TWO);
        } else {
            assertThat(said).filteredOn(line -> line.contains(warning)).hasSize(locking.equals("both") ? 1 : 0);
            assertThat(said)
                    .filteredOn(line -> !line.contains(warning))
                    .containsExactly("opened", "deliver done", "messages 3 writable true", "delete done");
            if (locking.equals("both")) {
                assertThat(said.get(0)).as("before anything else").contains(warning);
            }
            assertThat(inbox).content().startsWith(TWO + "From ").endsWith("\nSubject: new\n\nnew\n\n");
        }
        store = open(directory, Map.of());
        works();
    }

    @Test
    void fileThatMayNotBeReadIsNamed() throws IOException {
        close(store);
        Files.setPosixFilePermissions(inbox, PosixFilePermissions.fromString("---------"));
        List<String> said;
        try (Child child = Child.unprivileged(UnwritableSpool.class, directory, "both")) {
            said = child.lines();
        }
        assertThat(said)
                .containsExactly(
                        "opened",
                        "deliver failed: UNAVAILABLE " + inbox + ": permission denied",
                        "delete failed: UNAVAILABLE " + inbox + ": permission denied");
        Files.setPosixFilePermissions(inbox, PosixFilePermissions.fromString("rw-------"));
        assertThat(inbox).hasContent(ONE + TWO);
        store = open(directory, Map.of());
        works();
    }

    @Test
    void mailboxThatGrewWhileHeldKeepsWhatCame() throws IOException {
        Mailbox mailbox = hold(FolderName.INBOX);
        String three = ONE.replace("1", "3");
        Files.writeString(inbox, three, StandardOpenOption.APPEND);
        release(mailbox, 1);
        assertThat(inbox).hasContent(TWO + three);
        works();
    }

    @Test
    void mailboxThatWasReplacedBySomethingElseIsNotRead() throws IOException {
        Mailbox mailbox = hold(FolderName.INBOX);
        Path rewritten = Files.writeString(directory.resolve("rewritten"), "no mailbox\n");
        Files.move(rewritten, inbox, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
        StoreException error = failureOf(() ->
                Flux.from(mailbox.content(1)).doOnNext(ContentBuffer::release).blockLast(PATIENCE));
        assertThat(error.reason()).isEqualTo(Reason.CORRUPT);
        assertThat(error).hasMessageContaining("not a mailbox");
        assertThat(failureOf(() -> release(mailbox, 1)).reason()).isEqualTo(Reason.CORRUPT);
        assertThat(inbox).hasContent("no mailbox\n");
        Files.writeString(inbox, ONE + TWO);
        works();
    }

    @Test
    void fileWithTwoNamesIsRefused() throws IOException {
        Path other = directory.resolve("other");
        Files.createLink(other, inbox);
        refused(FolderName.INBOX, "2 names");
        assertThat(other).hasContent(ONE + TWO);
        works();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "root:x:0:0::/:/bin/sh\n",
                "From here\n",
                "From here on nothing is mail\n\n" + ONE,
                "From bob Mon Nov",
                "From bob Mon Nov 23 12:00:00\n\nno year\n\n",
                "\n" + ONE,
                " " + ONE
            })
    void fileThatIsNoMailboxIsCorrupt(String content) throws IOException {
        Files.writeString(inbox, content);
        refused(FolderName.INBOX, inbox + ": not a mailbox");
        assertThat(inbox).hasContent(content);
        works();
    }

    private List<Path> all(Path below) throws IOException {
        try (Stream<Path> files = Files.walk(below)) {
            return files.sorted().toList();
        }
    }

    @Test
    void folderThatDoesNotExistLeavesNothing() throws IOException {
        release(hold(FolderName.INBOX));
        Files.createDirectories(directory.resolve("var/folders/alice/there"));
        List<Path> before = all(directory);
        for (int i = 0; i < 200; i++) {
            for (String name : List.of("n" + i, "n" + i + "/m", "there/n" + i)) {
                Mailbox first = hold(new FolderName(name));
                Mailbox second = hold(new FolderName(name));
                assertThat(first.count()).isZero();
                assertThat(first.writable()).isFalse();
                release(first);
                release(second);
            }
        }
        assertThat(all(directory)).isEqualTo(before);
    }

    @Test
    void sessionOfAFolderThatDoesNotExistEndsWithTheStorage() {
        Mailbox mailbox = hold(new FolderName("nowhere"));
        Mono<Void> lost = Mono.from(mailbox.lost());
        close(store);
        assertThat(lost.blockOptional(PATIENCE)).isEmpty();
    }

    @Test
    void mailboxThatIsFullTakesNoMailThatWouldShutItsUserOut() throws IOException {
        close(store);
        store = open(directory, Map.of("max-messages", "3"));
        deliver(FolderName.INBOX);
        StoreException error = failureOf(() -> deliver(FolderName.INBOX));
        assertThat(error.reason()).isEqualTo(Reason.UNAVAILABLE);
        assertThat(error).hasMessageContaining(inbox.toString()).hasMessageContaining("max-messages");
        Mailbox mailbox = hold(FolderName.INBOX);
        assertThat(mailbox.count()).isEqualTo(3);
        release(mailbox, 1);
        deliver(FolderName.INBOX);
        release(hold(FolderName.INBOX));
    }

    @Test
    void mailboxThatWasReplacedBeforeAnythingWasReadIsNotChanged() throws IOException {
        Mailbox mailbox = hold(FolderName.INBOX);
        Path rewritten = Files.writeString(directory.resolve("rewritten"), TWO + ONE);
        Files.move(rewritten, inbox, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
        assertThat(failureOf(() -> release(mailbox, 1)).reason()).isEqualTo(Reason.CHANGED);
        assertThat(inbox).hasContent(TWO + ONE);
        works();
    }

    @Test
    void messageThatAnotherProgramDeletedWhileHeldIsDeleted() throws IOException {
        Mailbox mailbox = hold(FolderName.INBOX);
        Files.writeString(inbox, TWO);
        release(mailbox, 1);
        assertThat(inbox).hasContent(TWO);
        works();
    }

    @Test
    void youngDotLockOfAnotherProgramIsRespected() throws IOException {
        Path lock = Files.createFile(inbox.resolveSibling("alice.lock"));
        assertThat(failureOf(() -> hold(FolderName.INBOX)).reason()).isEqualTo(Reason.BUSY);
        assertThat(failureOf(() -> deliver(FolderName.INBOX)).reason()).isEqualTo(Reason.BUSY);
        assertThat(lock).isEmptyFile();
        assertThat(inbox).hasContent(ONE + TWO);
        Files.delete(lock);
        works();
    }

    @Test
    void tornDeliveryOfADeadProcessIsCutOffAtTheStart() throws IOException {
        close(store);
        RealIo io = new RealIo();
        MailboxPath path = new MailboxPath(mail, Path.of("alice"), "alice");
        ChannelRegistry channels = new ChannelRegistry();
        Path state = directory.resolve("var/state");
        try (Liveness.Files liveness = new Liveness.Files(io, state.resolve("processes"))) {
            MboxLocks locks = new MboxLocks(
                    io,
                    channels,
                    liveness,
                    new Sightings(io, directory, "boot", Pause.REAL),
                    Pause.REAL,
                    MboxLocks.Kind.BOTH,
                    1_000,
                    600_000);
            byte[] from = "From bob Mon Nov 23 12:00:00 2026\n".getBytes(StandardCharsets.US_ASCII);
            try (StoredMessage message = new StoredMessage(io, state.resolve("spool"), Quoting.MBOXRD, from);
                    MboxLocks.Locked locked = Objects.requireNonNull(locks.lock(path, false))) {
                message.add(ByteBuffer.wrap("Subject: torn\n\ntext\n".getBytes(StandardCharsets.US_ASCII)));
                message.complete();
                new Deliveries(io, state.resolve("journals")).begin(locked, Files.size(inbox), new byte[0], message);
                locked.file().write(ByteBuffer.wrap(from), Files.size(inbox));
            }
        }
        assertThat(inbox).content().endsWith("From bob Mon Nov 23 12:00:00 2026\n");
        store = open(directory, Map.of());
        assertThat(inbox).hasContent(ONE + TWO);
        assertThat(state.resolve("journals")).isEmptyDirectory();
        works();
    }

    @Test
    void oldDotLockOfAnotherProgramIsBroken() throws Exception {
        close(store);
        store = open(directory, Map.of("dotlock-stale-after", "1ms", "lock-timeout", "5s"));
        Path lock = Files.createFile(inbox.resolveSibling("alice.lock"));
        FileTime old = FileTime.from(Instant.now().minusSeconds(3600));
        Files.setLastModifiedTime(lock, old);
        Files.setLastModifiedTime(inbox, old);
        Mailbox mailbox = hold(FolderName.INBOX);
        assertThat(mailbox.count()).isEqualTo(2);
        assertThat(lock).doesNotExist();
        release(mailbox);
        works();
    }

    @Test
    void theLastMessageCanGoThoughADeliveryEndedItsLastLine() throws IOException {
        for (String ending : new String[] {"", "\n", "\n\n"}) {
            Files.writeString(inbox, ONE + TWO.stripTrailing() + ending);
            Mailbox mailbox = hold(FolderName.INBOX);
            assertThat(mailbox.count()).isEqualTo(2);
            deliver(FolderName.INBOX);

            release(mailbox, 2);

            assertThat(Files.readString(inbox))
                    .startsWith(ONE + "From ")
                    .endsWith("\nSubject: new\n\nnew\n\n")
                    .doesNotContain("two");
        }
    }
}
