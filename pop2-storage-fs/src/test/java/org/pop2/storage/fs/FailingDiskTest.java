package org.pop2.storage.fs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.fs.io.StoreErrors;

/**
 * No space at any call of a delivery, a release, an opening and a recovery: once, half-way, and for as long as nobody
 * makes room. The failure says which mailbox and that it is the space; nothing is lost; and the same server goes on
 * when there is room again.
 */
class FailingDiskTest {
    private static final String NO_SPACE = "No space left on device";
    private static final Path MAILBOX = CrashMatrix.ALICE.file();
    private static final byte[] BODY = "Subject: new\n\nhello\n".repeat(3).getBytes(StandardCharsets.US_ASCII);
    private static final int[] DELETED = {2, 4};

    private enum Fault {
        ONCE,
        HALF,
        UNTIL_ROOM;

        void strike(SimulatedDisk disk, long at) {
            switch (this) {
                case ONCE -> disk.failAt(at, SimulatedDisk.Cut.BEFORE, new IOException(NO_SPACE));
                case HALF -> disk.failAt(at, SimulatedDisk.Cut.HALF, new IOException(NO_SPACE));
                case UNTIL_ROOM -> disk.fillAt(at);
            }
        }
    }

    private static final byte[] OLD = CrashMatrix.mailbox();
    private static final byte[] REST = CrashMatrix.mailbox(DELETED);
    private static final byte[] WHOLE = CrashMatrix.delivered(OLD, BODY);

    private interface Action {
        void on(CrashMatrix.Server server) throws IOException;
    }

    private static void recover(CrashMatrix.Server server) throws IOException {
        server.recover(CrashMatrix.ALICE);
    }

    private static SimulatedDisk newDisk() {
        SimulatedDisk disk = new SimulatedDisk();
        disk.append(MAILBOX, OLD);
        return disk;
    }

    /** Runs a life that may end early; whether it did not. */
    private static boolean live(SimulatedDisk disk, Action action) throws IOException {
        try {
            action.on(new CrashMatrix.Server(disk));
            return true;
        } catch (SimulatedDisk.Dead e) {
            return false;
        }
    }

    private static long callsOf(Action action) throws IOException {
        SimulatedDisk disk = newDisk();
        disk.killAt(Long.MAX_VALUE, SimulatedDisk.Cut.BEFORE);
        live(disk, action);
        return disk.calls();
    }

    private static @Nullable StoreException attempt(CrashMatrix.Server server, Action action) {
        try {
            action.on(server);
            return null;
        } catch (IOException | StoreException e) {
            return StoreErrors.about(MAILBOX.toString(), e);
        }
    }

    private static void saysWhatAndWhere(@Nullable StoreException failed, String where) {
        if (failed != null) {
            assertThat(failed.reason()).as(where + failed).isEqualTo(Reason.NO_SPACE);
            assertThat(failed).as(where).hasMessageContaining(MAILBOX.toString());
        }
    }

    /** The same process serves the next session and the next delivery, and leaves nothing lying about. */
    private static void goesOn(SimulatedDisk disk, CrashMatrix.Server server, Fault fault, String where)
            throws IOException {
        byte[] before = disk.content(MAILBOX);
        server.deliver(CrashMatrix.ALICE, BODY);
        assertThat(disk.content(MAILBOX)).as(where).isEqualTo(CrashMatrix.delivered(before, BODY));
        server.release(CrashMatrix.ALICE, 1);
        assertThat(disk.names(CrashMatrix.JOURNALS)).as(where).isEmpty();
        // a file that could not be removed even once is swept when its maker is gone
        List<String> left = disk.names(CrashMatrix.ALICE.directory()).stream()
                .filter(name -> fault == Fault.UNTIL_ROOM || !name.contains(".lock.pop2-"))
                .toList();
        assertThat(left).as(where).containsExactly("alice");
    }

    private interface Outcome {
        void check(byte[] mailbox, boolean done, String where);
    }

    /** Does something while there is no room, from each of its calls on; looks at the mailbox after the recovery. */
    private static void withoutSpace(Fault fault, Action action, Outcome outcome) throws IOException {
        long calls = callsOf(action);
        int failures = 0;
        for (long at = 1; at <= calls; at++) {
            String where = fault + " at " + at + ": ";
            SimulatedDisk disk = newDisk();
            CrashMatrix.Server server = new CrashMatrix.Server(disk);
            fault.strike(disk, at);
            StoreException failed = attempt(server, action);
            disk.makeRoom();
            saysWhatAndWhere(failed, where);
            failures += failed == null ? 0 : 1;
            server.recover(CrashMatrix.ALICE);
            outcome.check(disk.content(MAILBOX), failed == null, where);
            goesOn(disk, server, fault, where);
        }
        assertThat(failures).isPositive();
    }

    @ParameterizedTest
    @EnumSource
    void deliveryWithoutSpaceAddsNothing(Fault fault) throws IOException {
        withoutSpace(
                fault,
                server -> server.deliver(CrashMatrix.ALICE, BODY),
                (mailbox, done, where) -> assertThat(mailbox).as(where).isEqualTo(done ? WHOLE : OLD));
    }

    @ParameterizedTest
    @EnumSource
    void releaseWithoutSpaceIsAllOrNothing(Fault fault) throws IOException {
        withoutSpace(fault, server -> server.release(CrashMatrix.ALICE, DELETED), (mailbox, done, where) -> {
            if (done) {
                assertThat(mailbox).as(where).isEqualTo(REST);
            } else {
                assertThat(mailbox).as(where).isIn(OLD, REST);
            }
        });
    }

    @ParameterizedTest
    @EnumSource
    void openingWithoutSpaceChangesNothing(Fault fault) throws IOException {
        long calls = callsOf(FailingDiskTest::recover);
        int failures = 0;
        for (long at = 1; at <= calls; at++) {
            String where = fault + " at " + at + ": ";
            SimulatedDisk disk = newDisk();
            CrashMatrix.Server server = new CrashMatrix.Server(disk);
            fault.strike(disk, at);
            StoreException failed = attempt(server, FailingDiskTest::recover);
            disk.makeRoom();
            saysWhatAndWhere(failed, where);
            failures += failed == null ? 0 : 1;
            assertThat(disk.content(MAILBOX)).as(where).isEqualTo(OLD);
            goesOn(disk, server, fault, where);
        }
        assertThat(failures).isPositive();
    }

    @ParameterizedTest
    @EnumSource
    void recoveryWithoutSpaceIsDoneWhenThereIsRoom(Fault fault) throws IOException {
        int failures = 0;
        for (Action action : List.<Action>of(
                server -> server.release(CrashMatrix.ALICE, DELETED),
                server -> server.deliver(CrashMatrix.ALICE, BODY))) {
            long calls = callsOf(action);
            for (long killed = 1; killed <= calls; killed++) {
                for (long at = 1; at <= 16; at++) {
                    String where = "killed at " + killed + ", " + fault + " at " + at + ": ";
                    SimulatedDisk disk = newDisk();
                    disk.killAt(killed, SimulatedDisk.Cut.HALF);
                    live(disk, action);
                    disk.restart();
                    CrashMatrix.Server server = new CrashMatrix.Server(disk);
                    fault.strike(disk, at);
                    StoreException failed = attempt(server, FailingDiskTest::recover);
                    disk.makeRoom();
                    saysWhatAndWhere(failed, where);
                    failures += failed == null ? 0 : 1;
                    server.recover(CrashMatrix.ALICE);
                    assertThat(disk.content(MAILBOX)).as(where).isIn(OLD, REST, WHOLE);
                    server.deliver(CrashMatrix.ALICE, BODY);
                }
            }
        }
        assertThat(failures).isPositive();
    }

    @Test
    void indexIsNotBelievedWhileADeliveryIsPending() throws IOException {
        SimulatedDisk disk = tornDelivery();
        Path journals = CrashMatrix.JOURNALS;
        Path note = journals.resolve(Objects.requireNonNull(disk.names(journals).get(0)));
        byte[] noted = disk.content(note);
        disk.unlink(note);
        CrashMatrix.Server server = new CrashMatrix.Server(disk);
        // the index now has the torn message
        server.recover(CrashMatrix.ALICE);
        server.recover(CrashMatrix.ALICE);
        assertThat(disk.content(MAILBOX)).hasSizeGreaterThan(OLD.length);
        disk.append(note, noted);
        server.recover(CrashMatrix.ALICE);
        assertThat(disk.content(MAILBOX)).isEqualTo(OLD);
        assertThat(disk.names(journals)).isEmpty();
    }

    private static SimulatedDisk tornDelivery() throws IOException {
        for (long at = 1; ; at++) {
            SimulatedDisk disk = newDisk();
            disk.killAt(at, SimulatedDisk.Cut.HALF);
            assertThat(live(disk, server -> server.deliver(CrashMatrix.ALICE, BODY)))
                    .as("a call that tears it")
                    .isFalse();
            disk.restart();
            byte[] left = disk.content(MAILBOX);
            if (left.length > OLD.length && !Arrays.equals(left, WHOLE)) {
                return disk;
            }
        }
    }
}
