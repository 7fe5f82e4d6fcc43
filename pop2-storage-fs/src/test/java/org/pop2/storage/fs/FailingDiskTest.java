package org.pop2.storage.fs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;

/**
 * No space at any call of a delivery, a release, an opening and a recovery: once, half-way, and for as long as nobody
 * makes room. The failure says which mailbox and that it is the space; nothing is lost; and the same server goes on
 * when there is room again.
 */
class FailingDiskTest {
    private static final String NO_SPACE = "No space left on device";
    private static final Path MAILBOX = CrashMatrixTest.PATH.file();
    private static final byte[] BODY = "Subject: new\n\nhello\n".repeat(3).getBytes(StandardCharsets.US_ASCII);
    private static final BitSet DELETED = BitSet.valueOf(new long[] {0b10100});

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

    private static final byte[] OLD = CrashMatrixTest.mailbox(new BitSet());
    private static final byte[] REST = CrashMatrixTest.mailbox(DELETED);
    private static final byte[] WHOLE = CrashMatrixTest.delivered(OLD, BODY);

    private static @Nullable StoreException attempt(CrashMatrixTest.Server server, CrashMatrixTest.Action action) {
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
    private static void goesOn(SimulatedDisk disk, CrashMatrixTest.Server server, Fault fault, String where)
            throws IOException {
        byte[] before = disk.content(MAILBOX);
        server.deliver(BODY);
        assertThat(disk.content(MAILBOX)).as(where).isEqualTo(CrashMatrixTest.delivered(before, BODY));
        server.delete(BitSet.valueOf(new long[] {0b10}));
        assertThat(disk.names(CrashMatrixTest.STATE.resolve("journals")))
                .as(where)
                .isEmpty();
        // a file that could not be removed even once is swept when its maker is gone
        List<String> left = disk.names(CrashMatrixTest.PATH.directory()).stream()
                .filter(name -> fault == Fault.UNTIL_ROOM || !name.contains(".lock.pop2-"))
                .toList();
        assertThat(left).as(where).containsExactly("alice");
    }

    @ParameterizedTest
    @EnumSource
    void deliveryWithoutSpaceAddsNothing(Fault fault) throws IOException {
        long calls = CrashMatrixTest.callsOf(server -> server.deliver(BODY));
        int failures = 0;
        for (long at = 1; at <= calls; at++) {
            String where = fault + " at " + at + ": ";
            SimulatedDisk disk = CrashMatrixTest.newDisk();
            CrashMatrixTest.Server server = new CrashMatrixTest.Server(disk);
            fault.strike(disk, at);
            StoreException failed = attempt(server, s -> s.deliver(BODY));
            disk.makeRoom();
            saysWhatAndWhere(failed, where);
            failures += failed == null ? 0 : 1;
            server.recover();
            assertThat(disk.content(MAILBOX)).as(where).isEqualTo(failed == null ? WHOLE : OLD);
            goesOn(disk, server, fault, where);
        }
        assertThat(failures).isPositive();
    }

    @ParameterizedTest
    @EnumSource
    void releaseWithoutSpaceIsAllOrNothing(Fault fault) throws IOException {
        long calls = CrashMatrixTest.callsOf(server -> server.delete(DELETED));
        int failures = 0;
        for (long at = 1; at <= calls; at++) {
            String where = fault + " at " + at + ": ";
            SimulatedDisk disk = CrashMatrixTest.newDisk();
            CrashMatrixTest.Server server = new CrashMatrixTest.Server(disk);
            fault.strike(disk, at);
            StoreException failed = attempt(server, s -> s.delete(DELETED));
            disk.makeRoom();
            saysWhatAndWhere(failed, where);
            failures += failed == null ? 0 : 1;
            server.recover();
            byte[] found = disk.content(MAILBOX);
            if (failed == null) {
                assertThat(found).as(where).isEqualTo(REST);
            } else {
                assertThat(found).as(where).isIn(OLD, REST);
            }
            goesOn(disk, server, fault, where);
        }
        assertThat(failures).isPositive();
    }

    @ParameterizedTest
    @EnumSource
    void openingWithoutSpaceChangesNothing(Fault fault) throws IOException {
        long calls = CrashMatrixTest.callsOf(CrashMatrixTest.Server::recover);
        int failures = 0;
        for (long at = 1; at <= calls; at++) {
            String where = fault + " at " + at + ": ";
            SimulatedDisk disk = CrashMatrixTest.newDisk();
            CrashMatrixTest.Server server = new CrashMatrixTest.Server(disk);
            fault.strike(disk, at);
            StoreException failed = attempt(server, CrashMatrixTest.Server::recover);
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
        for (CrashMatrixTest.Action action :
                List.<CrashMatrixTest.Action>of(server -> server.delete(DELETED), server -> server.deliver(BODY))) {
            long calls = CrashMatrixTest.callsOf(action);
            for (long killed = 1; killed <= calls; killed++) {
                for (long at = 1; at <= 16; at++) {
                    String where = "killed at " + killed + ", " + fault + " at " + at + ": ";
                    SimulatedDisk disk = CrashMatrixTest.newDisk();
                    disk.killAt(killed, SimulatedDisk.Cut.HALF);
                    CrashMatrixTest.live(disk, action);
                    disk.restart();
                    CrashMatrixTest.Server server = new CrashMatrixTest.Server(disk);
                    fault.strike(disk, at);
                    StoreException failed = attempt(server, CrashMatrixTest.Server::recover);
                    disk.makeRoom();
                    saysWhatAndWhere(failed, where);
                    failures += failed == null ? 0 : 1;
                    server.recover();
                    assertThat(disk.content(MAILBOX)).as(where).isIn(OLD, REST, WHOLE);
                    server.deliver(BODY);
                }
            }
        }
        assertThat(failures).isPositive();
    }

    @Test
    void indexIsNotBelievedWhileADeliveryIsPending() throws IOException {
        SimulatedDisk disk = tornDelivery();
        Path journals = CrashMatrixTest.STATE.resolve("journals");
        Path note = journals.resolve(Objects.requireNonNull(disk.names(journals).get(0)));
        byte[] noted = disk.content(note);
        disk.unlink(note);
        CrashMatrixTest.Server server = new CrashMatrixTest.Server(disk);
        // the index now has the torn message
        server.recover();
        server.recover();
        assertThat(disk.content(MAILBOX)).hasSizeGreaterThan(OLD.length);
        disk.append(note, noted);
        server.recover();
        assertThat(disk.content(MAILBOX)).isEqualTo(OLD);
        assertThat(disk.names(journals)).isEmpty();
    }

    private static SimulatedDisk tornDelivery() throws IOException {
        for (long at = 1; ; at++) {
            SimulatedDisk disk = CrashMatrixTest.newDisk();
            disk.killAt(at, SimulatedDisk.Cut.HALF);
            assertThat(CrashMatrixTest.live(disk, server -> server.deliver(BODY)))
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
