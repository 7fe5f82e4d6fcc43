package org.pop2.storage.fs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pop2.storage.fs.TestStores.PATIENCE;
import static org.pop2.storage.fs.TestStores.close;
import static org.pop2.storage.fs.TestStores.hold;
import static org.pop2.storage.fs.TestStores.open;
import static org.pop2.storage.fs.TestStores.unopened;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.BitSet;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.Mailbox;
import org.pop2.storage.fs.format.MboxFormat;
import org.pop2.storage.fs.format.MboxIndex;
import org.pop2.storage.fs.format.MboxScanner;
import org.pop2.storage.fs.format.Quoting;
import org.pop2.storage.fs.format.WireEncoder;
import org.pop2.storage.fs.io.FileStatus;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.io.RealIo;
import org.pop2.storage.fs.io.StorageIo;
import org.pop2.storage.fs.lock.MailboxPath;
import reactor.core.publisher.Mono;

/**
 * What a step reads, writes and allocates. Counted, not timed: these are the same on every machine, and a step that
 * begins to depend on the size of the mailbox is seen here first.
 */
class CostTest {
    private static final int MESSAGES = 2000;
    private static final String MESSAGE = "From bob Mon Nov 23 12:00:00 2026\nSubject: x\n\n"
            + "a line of a message that is neither short nor especially long\n".repeat(30)
            + "\n";
    private static final int KIBIBYTE = 1024;
    private static final MboxFormat FORMAT = new MboxFormat(Quoting.MBOXRD, false, 1_000_000, MboxFormat.BLOCK);

    @TempDir
    Path directory;

    private final CountingIo io = new CountingIo();
    private Path inbox = Path.of("");
    private MboxStore store = unopened();

    @BeforeEach
    void openStore() throws IOException {
        store = open(directory, Map.of(), io);
        inbox = directory.resolve("var/mail/alice");
        Files.writeString(inbox, MESSAGE.repeat(MESSAGES));
        quiet();
        Mono.from(hold(store).release(new BitSet())).block(PATIENCE);
        io.reset();
    }

    @AfterEach
    void closeStore() {
        close(store);
    }

    /** As if it had been written long ago. */
    private void quiet() throws IOException {
        Files.setLastModifiedTime(inbox, FileTime.from(Instant.now().minusSeconds(3600)));
    }

    private static boolean isInbox(Path file) {
        return file.endsWith("var/mail/alice");
    }

    private static boolean isIndex(Path file) {
        return file.toString().contains("/indexes/");
    }

    private static boolean isHold(Path file) {
        return file.toString().contains("/holds/");
    }

    private static boolean isJournal(Path file) {
        return file.toString().contains("/journals/");
    }

    private void release(BitSet deleted) {
        Mailbox mailbox = hold(store);
        io.reset();
        Mono.from(mailbox.release(deleted)).block(PATIENCE);
    }

    private static BitSet numbers(int from, int to) {
        BitSet numbers = new BitSet();
        numbers.set(from, to + 1);
        return numbers;
    }

    @Test
    void mailboxThatDidNotChangeIsOpenedWithoutReadingIt() {
        assertThat(hold(store).count()).isEqualTo(MESSAGES);
        assertThat(io.read(CostTest::isInbox)).isZero();
        assertThat(io.read(CostTest::isIndex)).isBetween(1L, MESSAGES * 24L + KIBIBYTE);
        assertThat(io.written(file -> !isHold(file))).isZero();
    }

    @Test
    void ofAMailboxThatGrewOnlyWhatIsNewIsReadAndTheEdgesOfTheOld() throws IOException {
        Files.writeString(inbox, MESSAGE, StandardOpenOption.APPEND);
        quiet();
        assertThat(hold(store).count()).isEqualTo(MESSAGES + 1);
        assertThat(io.read(CostTest::isInbox)).isLessThan(2 * MESSAGE.length() + 32 * KIBIBYTE);
    }

    @Test
    void deletionOfEverythingOrOfTheEndWritesNothing() {
        release(numbers(MESSAGES - 10, MESSAGES));
        assertThat(io.written(file -> isInbox(file) || isJournal(file))).isZero();
        assertThat(inbox).hasSize((long) MESSAGE.length() * (MESSAGES - 11));
        release(numbers(1, MESSAGES - 11));
        assertThat(io.written(file -> isInbox(file) || isJournal(file))).isZero();
        assertThat(inbox).isEmptyFile();
    }

    @Test
    void deletionWritesWhatFollowsTheFirstDeletedMessageAndIsKeptTwice() {
        BitSet two = numbers(MESSAGES - 20, MESSAGES - 20);
        two.set(MESSAGES - 10);
        release(two);
        long kept = 19L * MESSAGE.length();
        assertThat(io.written(CostTest::isInbox)).isEqualTo(kept);
        assertThat(io.written(CostTest::isJournal)).isBetween(kept, kept + KIBIBYTE);
        assertThat(io.read(CostTest::isInbox)).isLessThan(2 * kept + 64 * KIBIBYTE);
    }

    /**
     * Octets of heap that a body takes on this thread, the least of some tries: what is only done once is not meant.
     */
    private static long allocated(Callable<?> body) throws Exception {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long id = Thread.currentThread().getId();
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 5; i++) {
            long before = threads.getThreadAllocatedBytes(id);
            Object unused = body.call();
            least = Math.min(least, threads.getThreadAllocatedBytes(id) - before);
        }
        return least;
    }

    @Test
    void scanAllocatesForMessagesAndNotForOctets() throws Exception {
        try (IoFile file = new RealIo().open(inbox, StorageIo.Mode.READ)) {
            long size = file.size();
            assertThat(allocated(() -> MboxScanner.scan(file, size, FORMAT, () -> {})))
                    .isLessThan(2L * KIBIBYTE * MESSAGES + 512 * KIBIBYTE);
        }
        String lines = "a line of a message that is neither short nor especially long\n".repeat(100_000);
        Files.writeString(inbox, "From bob Mon Nov 23 12:00:00 2026\nSubject: x\n\n" + lines);
        try (IoFile file = new RealIo().open(inbox, StorageIo.Mode.READ)) {
            long size = file.size();
            assertThat(allocated(() -> MboxScanner.scan(file, size, FORMAT, () -> {})))
                    .isLessThan(256L * KIBIBYTE);
        }
    }

    @Test
    void knownIndexTakesTwentyFourOctetsOfMemoryForEachMessage() throws Exception {
        MailboxPath path = new MailboxPath(directory.resolve("var/mail"), Path.of("alice"), "alice");
        IndexFile indexes = new IndexFile(new RealIo(), directory.resolve("var/state/indexes"), FORMAT);
        assertThat(indexes.load(path)).hasValueSatisfying(stored -> {
            assertThat(stored.index().count()).isEqualTo(MESSAGES);
            assertThat(stored.index().words()).hasSize(3 * MESSAGES);
        });
        // besides it: one block, what the file system's calls need
        assertThat(allocated(() -> indexes.load(path))).isLessThan(MESSAGES * 24L + 96 * KIBIBYTE);
    }

    @Test
    void contentAllocatesNothingForEachBuffer() throws Exception {
        String lines = "a line of a message that is neither short nor especially long\n".repeat(100_000);
        Files.writeString(inbox, "From bob Mon Nov 23 12:00:00 2026\nSubject: x\n\n" + lines);
        try (IoFile file = new RealIo().open(inbox, StorageIo.Mode.READ)) {
            MboxIndex index = MboxScanner.scan(file, file.size(), FORMAT, () -> {});
            WireEncoder.Blocks blocks = new WireEncoder.Blocks(ContentBuffer.MAX_OCTETS);
            ByteBuffer out = ByteBuffer.allocateDirect(ContentBuffer.MAX_OCTETS);
            long octets = index.octets(0);
            long all = allocated(() -> {
                WireEncoder encoder = new WireEncoder(file, index, 0, Quoting.MBOXRD);
                long sent = 0;
                while (!encoder.finished()) {
                    encoder.encode(blocks, out.clear());
                    sent += out.position();
                }
                assertThat(sent).isEqualTo(octets);
                return sent;
            });
            assertThat(all / (octets / ContentBuffer.MAX_OCTETS)).isLessThan(KIBIBYTE);
        }
    }

    /** The disk as the next boot of the system may number it. */
    private static StorageIo renumbered(StorageIo disk) {
        return new ForwardingIo(disk) {
            @Override
            public @Nullable FileStatus stat(Path path) throws IOException {
                FileStatus there = super.stat(path);
                return there == null ? null : there.on(there.key().device() + 1);
            }
        };
    }

    @Test
    void indexIsGoodUnderAnotherDeviceNumber() throws IOException {
        close(store);
        store = open(directory, Map.of(), renumbered(io));
        io.reset();
        Mailbox mailbox = hold(store);
        assertThat(mailbox.count()).isEqualTo(MESSAGES);
        assertThat(io.read(CostTest::isInbox)).isZero();
        BitSet deleted = new BitSet();
        deleted.set(MESSAGES);
        Mono.from(mailbox.release(deleted)).block(PATIENCE);
        assertThat(Files.size(inbox)).isEqualTo((MESSAGES - 1) * (long) MESSAGE.length());
    }
}
