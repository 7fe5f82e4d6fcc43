package org.pop2.storage.fs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.storage.Account;
import org.pop2.storage.FolderName;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Quota;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.Usage;
import reactor.core.publisher.Mono;

/** Two processes on one spool. {@code -Dpop2.fs.kills=N}, {@code -Dpop2.fs.seed=N}. */
@Timeout(120)
class ProcessesTest {
    @TempDir
    Path directory;

    private final List<Process> children = new ArrayList<>();

    @AfterEach
    void endChildren() throws InterruptedException {
        for (Process child : children) {
            child.destroyForcibly().waitFor();
        }
    }

    private Process child(String mode, long takeoverMillis) throws IOException {
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        OtherProcess.class.getName(),
                        directory.toString(),
                        mode,
                        Long.toString(takeoverMillis))
                .redirectError(directory.resolve("child-errors").toFile())
                .start();
        children.add(child);
        return child;
    }

    private MboxStore store(long takeoverMillis) {
        MboxStore store = OtherProcess.open(directory, takeoverMillis);
        TestStores.addAlice(store);
        return store;
    }

    private static void deliver(MboxStore store, int number) {
        TestStores.deliver(store, FolderName.INBOX, body(number).replace("\n", "\r\n"));
    }

    private static String body(int number) {
        return "Subject: " + number + "\n\n" + ("text of message " + number + "\n").repeat(20 + number % 50);
    }

    private static String line(BufferedReader from) throws IOException {
        return Objects.requireNonNull(from.readLine(), "the other process ended");
    }

    @Test
    void holdExcludesTheOtherProcessAndAKilledHolderIsSucceededAtOnce() throws Exception {
        MboxStore store = store(30_000);
        deliver(store, 1);
        Process child = child("hold", 30_000);
        assertThat(line(child.inputReader(StandardCharsets.US_ASCII))).isEqualTo("held 1");
        StoreException busy = catchThrowableOfType(StoreException.class, () -> TestStores.hold(store));
        assertThat(busy.reason()).isEqualTo(Reason.BUSY);
        child.destroyForcibly().waitFor();
        Mailbox mailbox = TestStores.hold(store);
        assertThat(mailbox.count()).isEqualTo(1);
        TestStores.release(mailbox);
        TestStores.close(store);
    }

    @Test
    void holderWhoseMailboxWasTakenOverDeletesNothing() throws Exception {
        MboxStore store = store(0);
        deliver(store, 1);
        deliver(store, 2);
        Process child = child("hold", 0);
        BufferedReader said = child.inputReader(StandardCharsets.US_ASCII);
        assertThat(line(said)).isEqualTo("held 2");
        Mailbox mailbox = TestStores.hold(store);
        child.outputWriter(StandardCharsets.US_ASCII).append("release\n").flush();
        assertThat(line(said)).startsWith("failed");
        TestStores.release(mailbox, 2);
        assertThat(rest()).isEqualTo(body(1) + "\n");
        TestStores.close(store);
    }

    @Test
    void holderOfTheOtherProcessThatSpeaksAgainKeepsItsMailboxUntilItIsSilent() throws Exception {
        long takeoverMillis = 1_000;
        MboxStore store = store(takeoverMillis);
        deliver(store, 1);
        Process child = child("hold", takeoverMillis);
        BufferedReader said = child.inputReader(StandardCharsets.US_ASCII);
        BufferedWriter tell = child.outputWriter(StandardCharsets.US_ASCII);
        assertThat(line(said)).isEqualTo("held 1");
        // silent for long enough, as all could read; and then it speaks
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2 * takeoverMillis));
        for (int i = 0; i < 3; i++) {
            Mono<Mailbox> opening = Mono.from(store.open(TestStores.ALICE, FolderName.INBOX));
            speak(tell, said);
            CompletableFuture<Mailbox> opened = opening.toFuture();
            while (!opened.isDone()) {
                speak(tell, said);
            }
            assertThat(opened)
                    .failsWithin(TestStores.PATIENCE)
                    .withThrowableThat()
                    .withMessageContaining("held by");
        }
        Mailbox mailbox = TestStores.hold(store);
        tell.append("release\n").flush();
        assertThat(line(said)).isEqualTo("failed BUSY");
        assertThat(mailbox.count()).isEqualTo(1);
        TestStores.release(mailbox, 1);
        TestStores.close(store);
    }

    private static void speak(BufferedWriter tell, BufferedReader said) throws IOException {
        tell.append("speak\n").flush();
        assertThat(line(said)).isEqualTo("spoke");
    }

    @Test
    void deliveriesOfBothProcessesKeepToOneQuota() throws Exception {
        MboxStore store = store(30_000);
        Mono.from(store.accounts().put(new Account(TestStores.ALICE, "{PLAIN}x", true, Optional.of(new Quota(60, 0)))))
                .block(TestStores.PATIENCE);
        Process child = child("deliver", 30_000);
        BufferedReader said = child.inputReader(StandardCharsets.US_ASCII);
        assertThat(line(said)).isEqualTo("ready");
        int here = OtherProcess.deliverUntilFull(store, FolderName.INBOX);
        int there = Integer.parseInt(line(said).substring("taken ".length()));
        assertThat(here + there).isEqualTo(60);
        assertThat(Mono.from(store.usage(TestStores.ALICE)).block(TestStores.PATIENCE))
                .extracting(Usage::messages)
                .isEqualTo(60L);
        TestStores.close(store);
    }

    private String rest() throws IOException {
        return Files.readString(directory.resolve("var/mail/alice"), StandardCharsets.US_ASCII)
                .replaceAll("(?m)^From .*\n", "");
    }

    @Test
    void processKilledInTheMiddleOfReleasesLosesNothingAndKeepsNothingTwice() throws Exception {
        int kills = Integer.getInteger("pop2.fs.kills", 8);
        long seed = Long.getLong("pop2.fs.seed", new Random().nextLong());
        Random random = new Random(seed);
        MboxStore store = store(30_000);
        int delivered = 0;
        int acknowledged = 0;
        for (int kill = 0; kill < kills; kill++) {
            for (int i = 0; i < 10; i++) {
                deliver(store, ++delivered);
            }
            Process child = child("delete", 30_000);
            BufferedReader said = child.inputReader(StandardCharsets.US_ASCII);
            for (int released = random.nextInt(1, 6); released > 0; released--) {
                assertThat(line(said)).isEqualTo("released");
                acknowledged++;
                deliver(store, ++delivered);
            }
            LockSupport.parkNanos(random.nextLong(TimeUnit.MILLISECONDS.toNanos(20)));
            // through the handle: the Process would close its streams, with what is still to be read in them
            assertThat(child.toHandle().destroyForcibly()).isTrue();
            child.waitFor();
            for (String left = said.readLine(); left != null; left = said.readLine()) {
                acknowledged += left.equals("released") ? 1 : 0;
            }
            TestStores.release(TestStores.hold(store));
            int gone = delivered
                    - (int) rest().lines()
                            .filter(l -> l.startsWith("Subject: "))
                            .count();
            StringBuilder kept = new StringBuilder();
            for (int number = gone + 1; number <= delivered; number++) {
                kept.append(body(number)).append('\n');
            }
            assertThat(rest()).as("kill %d, seed %d", kill, seed).isEqualTo(kept.toString());
            // a release may be done without having been acknowledged, once for each kill
            assertThat(gone).as("kill %d, seed %d", kill, seed).isBetween(acknowledged, acknowledged + kill + 1);
        }
        TestStores.close(store);
    }
}
