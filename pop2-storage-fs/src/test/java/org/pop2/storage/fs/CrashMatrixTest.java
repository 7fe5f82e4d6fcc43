package org.pop2.storage.fs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * No crash loses mail: see {@link CrashMatrix}. {@code -Dpop2.crash.rounds=N} multiplies the campaign;
 * {@code -Dpop2.crash.seed=...} repeats one.
 */
class CrashMatrixTest {
    private static final int ROUNDS = Integer.getInteger("pop2.crash.rounds", 1);

    private final long seed = Long.getLong("pop2.crash.seed", new Random().nextLong());
    private final CrashMatrix matrix = new CrashMatrix(seed, CrashMatrix.Mutation.NONE);

    /** Places where a crash is known to be awkward were among those that were cut, before, half-way and after. */
    private void wereCut(String phase, String... steps) {
        for (String step : steps) {
            for (SimulatedDisk.Cut how : SimulatedDisk.Cut.values()) {
                assertThat(matrix.placesCut()).contains(phase + ": " + step + " " + how);
            }
        }
    }

    @Test
    void releaseCutAnywhereLeavesOldOrNewContentAndAllLaterMail() throws IOException {
        assertThat(matrix.releases(ROUNDS)).isEmpty();
        assertThat(matrix.cuts()).as("distinct cuts").isGreaterThan(Math.min(10_000, 1_000 * ROUNDS));
        wereCut(
                "release",
                "create alice.lock.*.lock",
                "write alice.lock.*.lock",
                "link alice.lock",
                "unlink alice.lock.*.lock",
                "create journals/*.journal",
                "write journals/*.journal",
                "force journals/*.journal",
                "forceDirectory journals",
                "forceDirectory /mail",
                "write alice",
                "force alice",
                "truncate alice",
                "unlink journals/*.journal",
                "create indexes/*.index.*.tmp",
                "write indexes/*.index.*.tmp",
                "rename indexes/*.index.*.tmp",
                "unlink alice.lock");
    }

    @Test
    void deliveryCutAnywhereLeavesAllOfTheMessageOrNothing() throws IOException {
        assertThat(matrix.deliveries(2 * ROUNDS)).isEmpty();
        assertThat(matrix.cuts()).as("distinct cuts").isGreaterThan(Math.min(10_000, 500 * ROUNDS));
        wereCut(
                "delivery",
                "make lists",
                "create bob",
                "forceDirectory /mail",
                "forceDirectory lists",
                "create journals/*.delivery",
                "write journals/*.delivery",
                "force journals/*.delivery",
                "forceDirectory journals",
                "write alice",
                "force alice",
                "unlink journals/*.delivery",
                "unlink alice.lock");
    }

    @Test
    void repairCutAnywhereLeavesOldOrNewContentAndWhatWasThereIsKept() throws IOException {
        for (int round = 0; round < 4 * ROUNDS; round++) {
            assertThat(matrix.repairs()).isEmpty();
        }
        assertThat(matrix.repairCuts()).isGreaterThan(400 * ROUNDS);
    }

    @Test
    void recoveryCutAnywhereCanBeRecovered() {
        assertThat(matrix.recoveries(ROUNDS)).isEmpty();
        assertThat(matrix.cuts()).as("distinct cuts").isGreaterThan(Math.min(10_000, 1_000 * ROUNDS));
        wereCut(
                "recovery",
                "rename alice.lock",
                "link alice.lock",
                "force journals/*.journal",
                "forceDirectory journals",
                "forceDirectory /mail",
                "write alice",
                "force alice",
                "truncate alice",
                "unlink journals/*.journal",
                "create journals/*.journal.next",
                "write journals/*.journal.next",
                "force journals/*.journal.next",
                "rename journals/*.journal.next",
                "unlink journals/*.delivery",
                "unlink alice.lock");
    }

    @Test
    void mailThatAnotherProgramDeliversMeanwhileIsKept() throws IOException {
        assertThat(matrix.meanwhile()).isEmpty();
        assertThat(matrix.cuts()).isGreaterThan(300);
    }

    @Test
    void mailThatAnotherProgramDeliversWithoutALockIsKept() throws IOException {
        assertThat(matrix.unlocked()).isEmpty();
        assertThat(matrix.cuts()).isGreaterThan(200);
    }

    @Test
    void failureOfAnyCallIsAllOrNothing() throws IOException {
        assertThat(matrix.failures()).isEmpty();
        assertThat(matrix.cuts()).isGreaterThan(500);
    }

    @Test
    void mailboxThatComesBackInAnotherFileOnAnotherDiskIsRecovered() throws IOException {
        assertThat(matrix.restorings()).isEmpty();
        assertThat(matrix.cuts()).isGreaterThan(200);
    }

    @Test
    void mailboxThatAnotherProgramRewroteAfterTheCrashIsLeftAlone() throws IOException {
        assertThat(matrix.rewritings()).isEmpty();
        assertThat(matrix.cuts()).isGreaterThan(300);
    }

    @Test
    void releaseCutsOffADeliveryThatWasTornMeanwhile() throws IOException {
        byte[] body = "Subject: new\n\nhello\n".repeat(30).getBytes(StandardCharsets.US_ASCII);
        byte[] rest = CrashMatrix.mailbox(2, 4);
        int torn = 0;
        for (long at = 1; at < 20; at++) {
            SimulatedDisk disk = new SimulatedDisk();
            disk.append(CrashMatrix.ALICE.file(), CrashMatrix.mailbox());
            CrashMatrix.Server server = new CrashMatrix.Server(disk);
            Counted counted = Objects.requireNonNull(server.hold(CrashMatrix.ALICE));
            disk.killAt(at, SimulatedDisk.Cut.HALF);
            try {
                new CrashMatrix.Server(disk).deliver(CrashMatrix.ALICE, body);
            } catch (SimulatedDisk.Dead e) {
                assertThat(disk.isDead()).isTrue();
            }
            disk.restart();
            int length = disk.content(CrashMatrix.ALICE.file()).length;
            torn += length > CrashMatrix.mailbox().length ? 1 : 0;
            server.release(counted, 2, 4);
            assertThat(disk.content(CrashMatrix.ALICE.file()))
                    .as("call %d", at)
                    .isIn(rest, CrashMatrix.delivered(rest, body));
        }
        assertThat(torn).isPositive();
    }
}
