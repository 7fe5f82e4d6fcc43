package org.pop2.storage.fs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.pop2.storage.fs.TestStores.PATIENCE;
import static org.pop2.storage.fs.TestStores.addAlice;
import static org.pop2.storage.fs.TestStores.close;
import static org.pop2.storage.fs.TestStores.failureOf;
import static org.pop2.storage.fs.TestStores.hold;
import static org.pop2.storage.fs.TestStores.release;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.storage.FolderName;
import org.pop2.storage.Mailbox;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.fs.io.RealIo;
import reactor.core.publisher.Mono;

/** A real file system that is full or read-only: a tmpfs, which only root can mount. */
@Tag("interop")
class SmallDiskTest {
    private static final String ONE = "From bob Mon Nov 23 12:00:00 2026\nSubject: 1\n\none\n\n";
    private static final String TWO = "From bob Mon Nov 23 12:00:01 2026\nSubject: 2\n\ntwo\n\n";

    @TempDir
    Path directory;

    private Path disk = Path.of("");
    private Path inbox = Path.of("");

    @BeforeEach
    void mount() throws Exception {
        assertThat(Child.isRoot()).as("run as root: this mounts a tmpfs").isTrue();
        disk = Files.createDirectory(directory.resolve("disk"));
        run("mount", "-t", "tmpfs", "-o", "size=32m,mode=0700", "tmpfs", disk.toString());
        inbox = Files.createDirectory(disk.resolve("mail")).resolve("alice");
        Files.writeString(inbox, ONE + TWO);
    }

    @AfterEach
    void unmount() throws Exception {
        // lazily: the lock of a state directory stays open in this JVM
        run("umount", "--lazy", disk.toString());
    }

    private static void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(List.of(command)).inheritIO().start();
        assertThat(process.waitFor()).as(String.join(" ", command)).isZero();
    }

    private MboxStore open(String state) {
        MboxStore store = TestStores.open(directory, Map.of("inbox", "disk/mail/{user}", "state", state));
        addAlice(store);
        return store;
    }

    private static void deliver(MboxStore store, int lines) {
        TestStores.deliver(
                store, FolderName.INBOX, "Subject: new\r\n\r\n" + "a line of the new message\r\n".repeat(lines));
    }

    /** Leaves so many octets free. */
    private Path fill(long left) throws IOException {
        Path filler = disk.resolve("filler");
        try (FileChannel file = FileChannel.open(filler, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            while (Files.getFileStore(disk).getUsableSpace() > left) {
                long free = Files.getFileStore(disk).getUsableSpace() - left;
                file.write(ByteBuffer.allocate((int) Math.min(free, 65_536)));
            }
        }
        return filler;
    }

    private void isNoSpace(Runnable action) {
        StoreException error = failureOf(action);
        assertThat(error.reason()).isEqualTo(Reason.NO_SPACE);
        assertThat(error).hasMessageContaining(inbox.toString());
    }

    private void works(MboxStore store) throws IOException {
        Files.writeString(inbox, ONE + TWO);
        Mailbox mailbox = hold(store);
        assertThat(mailbox.count()).isEqualTo(2);
        release(mailbox, 1);
        assertThat(inbox).hasContent(TWO);
        assertThat(new RealIo().list(disk.resolve("mail"))).containsExactly("alice");
        close(store);
    }

    @Test
    void fullSpoolTakesNothingAndLosesNothing() throws IOException {
        MboxStore store = open("state");
        Path filler = fill(0);
        for (int lines : new int[] {1, 10_000}) {
            isNoSpace(() -> deliver(store, lines));
            assertThat(inbox).hasContent(ONE + TWO);
        }
        assertThat(new RealIo().list(disk.resolve("mail"))).containsExactly("alice");
        Files.delete(filler);
        works(store);
    }

    @Test
    void messageThatFitsHalfIsNotThereAtAll() throws IOException {
        MboxStore store = open("state");
        Path filler = fill(64 * 1024);
        isNoSpace(() -> deliver(store, 10_000));
        assertThat(inbox).hasContent(ONE + TWO);
        deliver(store, 10);
        Mailbox mailbox = hold(store);
        assertThat(mailbox.count()).isEqualTo(3);
        Mono.from(mailbox.release(new BitSet())).block(PATIENCE);
        Files.delete(filler);
        works(store);
    }

    @Test
    void fullStateDirectoryRefusesSessionsAndDeliveries() throws IOException {
        MboxStore store = open("disk/state");
        Path filler = fill(0);
        isNoSpace(() -> hold(store));
        isNoSpace(() -> deliver(store, 10_000));
        assertThat(inbox).hasContent(ONE + TWO);
        Files.delete(filler);
        works(store);
    }

    @Test
    void deletionThatMayNotFitIsRefusedBeforeItBegins() throws IOException {
        MboxStore store = open("disk/state");
        Mailbox mailbox = hold(store);
        Path filler = fill(1024 * 1024);
        isNoSpace(() ->
                Mono.from(mailbox.release(BitSet.valueOf(new long[] {0b10}))).block(PATIENCE));
        assertThat(inbox).hasContent(ONE + TWO);
        Mailbox again = hold(store);
        Mono.from(again.release(BitSet.valueOf(new long[] {0b100}))).block(PATIENCE);
        assertThat(inbox).as("nothing is kept behind it: no space is needed").hasContent(ONE);
        Files.delete(filler);
        works(store);
    }

    @Test
    void readOnlySpoolIsReadAndNothingElse() throws Exception {
        MboxStore store = open("state");
        run("mount", "-o", "remount,ro", disk.toString());
        try {
            Mailbox mailbox = hold(store);
            assertThat(mailbox.count()).isEqualTo(2);
            assertThat(mailbox.writable()).isFalse();
            Mono.from(mailbox.release(new BitSet())).block(PATIENCE);
            StoreException error = catchThrowableOfType(StoreException.class, () -> deliver(store, 1));
            assertThat(error.reason()).isEqualTo(Reason.UNAVAILABLE);
            assertThat(error).hasMessage(inbox + ": read-only");
        } finally {
            run("mount", "-o", "remount,rw", disk.toString());
        }
        assertThat(inbox).hasContent(ONE + TWO);
        works(store);
    }
}
