package org.pop2.storage.fs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pop2.storage.StoreException;

/**
 * Every changing call of a release, of a delivery and of the recovery after them is cut before, half-way and after, by
 * a kill and by a power failure, with and without mail that arrives before the recovery. Afterwards the mailbox holds
 * what it held before, or what it should hold, and all that arrived.
 *
 * <p>{@code -Dpop2.crash.rounds=N} multiplies the campaign; {@code -Dpop2.crash.seed=...} repeats one.
 */
class CrashMatrixTest {
    static final Path STATE = Path.of("/state");
    static final MailboxPath PATH = new MailboxPath(Path.of("/mail"), Path.of("alice"), "alice");
    private static final MboxFormat FORMAT = new MboxFormat(Quoting.MBOXRD, false, 1000, 8192);
    private static final List<SimulatedDisk.Cut> CUTS = List.of(SimulatedDisk.Cut.values());
    private static final int ROUNDS = Integer.getInteger("pop2.crash.rounds", 1);

    private final long seed = Long.getLong("pop2.crash.seed", new Random().nextLong());
    private final Random random = new Random(seed);
    private final Set<String> cuts = new HashSet<>();

    /** One life of the server's process on a disk. */
    static final class Server {
        private final SimulatedDisk disk;
        private final MboxFiles files;

        Server(SimulatedDisk disk) {
            this.disk = disk;
            ProcessIdentity self = ProcessIdentity.create();
            Liveness liveness = new Liveness() {
                @Override
                public ProcessIdentity self() {
                    return self;
                }

                @Override
                public State stateOf(ProcessIdentity holder) {
                    return holder.equals(self) ? State.ALIVE : State.DEAD;
                }
            };
            Pause pause = new Pause() {
                private long now = 1_000_000_000_000L;

                @Override
                public void millis(long duration) {
                    now += duration;
                }

                @Override
                public long now() {
                    return now++;
                }
            };
            ChannelRegistry channels = new ChannelRegistry();
            files = new MboxFiles(
                    disk,
                    channels,
                    new MboxLocks(disk, channels, liveness, pause, MboxLocks.Kind.BOTH, 10_000, 600_000),
                    new Commits(disk, STATE.resolve("journals")),
                    new Deliveries(disk, STATE.resolve("journals")),
                    new IndexFile(disk, STATE.resolve("indexes"), FORMAT),
                    FORMAT,
                    pause);
        }

        void recover() throws IOException {
            MboxFiles.Counted counted = files.open(PATH);
            if (counted != null) {
                counted.close();
            }
        }

        void delete(BitSet numbers) throws IOException {
            MboxFiles.Counted counted = files.open(PATH);
            if (counted == null) {
                throw new AssertionError("no mailbox");
            }
            files.delete(counted, numbers, () -> {});
            counted.close();
        }

        void deliver(byte[] message) throws IOException {
            byte[] from = "From bob Mon Nov 23 12:00:00 2026\n".getBytes(StandardCharsets.US_ASCII);
            try (StoredMessage stored = new StoredMessage(disk, STATE.resolve("spool"), Quoting.MBOXRD, from)) {
                stored.add(ByteBuffer.wrap(message));
                stored.complete();
                files.append(PATH, stored);
            }
        }
    }

    interface Action {
        void on(Server server) throws IOException;
    }

    private static byte[] message(int number, int lines) {
        return ("From alice Mon Nov 23 12:00:0" + number % 10 + " 2026\nSubject: " + number + "\n\n"
                        + ("line of message " + number + "\n").repeat(lines) + "\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    static byte[] mailbox(BitSet without) {
        byte[] all = new byte[0];
        for (int number = 1; number <= 5; number++) {
            all = without.get(number) ? all : join(all, message(number, number * 7 % 5 * 10));
        }
        return all;
    }

    static SimulatedDisk newDisk() {
        SimulatedDisk disk = new SimulatedDisk();
        disk.append(PATH.file(), mailbox(new BitSet()));
        return disk;
    }

    /** Runs a life that may end early. */
    static boolean live(SimulatedDisk disk, Action action) throws IOException {
        try {
            action.on(new Server(disk));
            return true;
        } catch (SimulatedDisk.Dead e) {
            return false;
        }
    }

    private void crash(SimulatedDisk disk, boolean power) {
        if (power) {
            disk.losePower(random);
        } else {
            disk.restart();
        }
    }

    static long callsOf(Action action) throws IOException {
        SimulatedDisk disk = newDisk();
        disk.killAt(Long.MAX_VALUE, SimulatedDisk.Cut.BEFORE);
        live(disk, action);
        return disk.calls();
    }

    /** What is wrong after one run through the cuts, or nothing. */
    private @Nullable String run(
            BitSet deleted, long at, SimulatedDisk.Cut how, boolean power, int mails, @Nullable String ignored)
            throws IOException {
        SimulatedDisk disk = newDisk();
        Action release = server -> server.delete(deleted);
        disk.killAt(at, how);
        if (ignored != null) {
            disk.ignore(ignored);
        }
        boolean finished = live(disk, release);
        crash(disk, power);
        byte[] later = new byte[0];
        // recovery is cut as well, up to twice; mail arrives in between
        for (int tries = 0; tries < 3; tries++) {
            if (tries < mails) {
                byte[] mail = message(6 + tries, 3 + random.nextInt(20));
                disk.append(PATH.file(), mail);
                later = join(later, mail);
            }
            if (tries < 2) {
                SimulatedDisk.Cut cut = CUTS.get(random.nextInt(CUTS.size()));
                int recoveryCut = 1 + random.nextInt(24);
                cuts.add("recovery " + deleted + at + how + power + mails + tries + recoveryCut + cut);
                disk.killAt(recoveryCut, cut);
            }
            live(disk, Server::recover);
            crash(disk, power && random.nextBoolean());
        }
        if (!live(disk, Server::recover)) {
            return "recovery died by itself";
        }
        byte[] found = disk.content(PATH.file());
        byte[] old = join(mailbox(new BitSet()), later);
        byte[] wanted = join(mailbox(deleted), later);
        if (!disk.names(STATE.resolve("journals")).isEmpty()) {
            return "left: " + disk.names(STATE.resolve("journals"));
        }
        if (finished && !Arrays.equals(found, wanted)) {
            return "a release that was finished is undone";
        }
        return Arrays.equals(found, wanted) || Arrays.equals(found, old) ? null : "neither old nor new content";
    }

    private int violations(@Nullable String ignored, int rounds) throws IOException {
        for (int[] numbers : new int[][] {{1}, {5}, {2, 4}, {1, 2, 3, 4, 5}, {3, 4, 5}, {1, 3}}) {
            BitSet deleted = new BitSet();
            Arrays.stream(numbers).forEach(deleted::set);
            long calls = callsOf(server -> server.delete(deleted)) + 1;
            for (int round = 0; round < rounds; round++) {
                for (long at = 1; at <= calls; at++) {
                    for (SimulatedDisk.Cut how : SimulatedDisk.Cut.values()) {
                        for (int mails = 0; mails < 3; mails++) {
                            boolean power = (at + mails + round + how.name().length()) % 3 != 0;
                            cuts.add("release " + deleted + at + how + power + mails);
                            String wrong;
                            try {
                                wrong = run(deleted, at, how, power, mails, ignored);
                            } catch (StoreException | IOException e) {
                                wrong = e.toString();
                            }
                            if (wrong != null && ignored == null) {
                                assertThat(wrong)
                                        .as(
                                                "%s at %d %s power=%s mails=%d seed=%d",
                                                deleted, at, how, power, mails, seed)
                                        .isNull();
                            }
                            if (wrong != null) {
                                // one is enough to show that the step is needed
                                return 1;
                            }
                        }
                    }
                }
            }
        }
        return 0;
    }

    @Test
    void releaseCutAnywhereLeavesOldOrNewContentAndAllLaterMail() throws IOException {
        assertThat(violations(null, ROUNDS)).isZero();
        assertThat(cuts).as("distinct cuts").hasSizeGreaterThan(Math.min(10_000, 1_000 * ROUNDS));
    }

    @ParameterizedTest
    @CsvSource({"force .journal", "forceDirectory /state/journals", "force /mail/alice"})
    void stepLeftOutIsNoticed(String step) throws IOException {
        assertThat(violations(step, 4 * ROUNDS)).as(step + ", seed " + seed).isPositive();
    }

    @Test
    void deliveryCutAnywhereLeavesAllOfTheMessageOrNothing() throws IOException {
        byte[] body = "Subject: new\n\nhello\n".repeat(30).getBytes(StandardCharsets.US_ASCII);
        long calls = callsOf(server -> server.deliver(body));
        byte[] old = mailbox(new BitSet());
        byte[] whole = delivered(old, body);
        int torn = 0;
        for (int round = 0; round < 20 * ROUNDS; round++) {
            for (long at = 1; at <= calls + 1; at++) {
                for (SimulatedDisk.Cut how : SimulatedDisk.Cut.values()) {
                    for (boolean power : new boolean[] {false, true}) {
                        cuts.add("delivery " + round + at + how + power);
                        SimulatedDisk disk = newDisk();
                        disk.killAt(at, how);
                        boolean finished = live(disk, server -> server.deliver(body));
                        crash(disk, power);
                        byte[] left = disk.content(PATH.file());
                        torn += Arrays.equals(left, old) || Arrays.equals(left, whole) ? 0 : 1;
                        disk.killAt(1 + random.nextInt(12), CUTS.get(random.nextInt(CUTS.size())));
                        live(disk, Server::recover);
                        crash(disk, power && random.nextBoolean());
                        String cut = "call %d %s power=%s, seed %d".formatted(at, how, power, seed);
                        assertThat(live(disk, Server::recover)).as(cut).isTrue();
                        byte[] found = disk.content(PATH.file());
                        assertThat(found).as(cut).isIn(finished ? List.of(whole) : List.of(old, whole));
                        assertThat(disk.names(STATE.resolve("journals")))
                                .as(cut)
                                .isEmpty();
                        // the next one finds a clean end, and the note of the last does not stand in its way
                        assertThat(live(disk, server -> server.deliver(body))).isTrue();
                        assertThat(disk.content(PATH.file())).as(cut).isEqualTo(delivered(found, body));
                    }
                }
            }
        }
        assertThat(torn)
                .as("cuts that left a torn message behind, seed " + seed)
                .isPositive();
    }

    static byte[] delivered(byte[] before, byte[] body) {
        return join(
                before, "From bob Mon Nov 23 12:00:00 2026\n".getBytes(StandardCharsets.US_ASCII), body, new byte[] {
                    '\n'
                });
    }

    @Test
    void mailBehindATornDeliveryIsNotTouched() throws IOException {
        byte[] body = "Subject: new\n\nhello\n".repeat(30).getBytes(StandardCharsets.US_ASCII);
        long calls = callsOf(server -> server.deliver(body));
        byte[] old = mailbox(new BitSet());
        int torn = 0;
        for (long at = 1; at <= calls; at++) {
            for (SimulatedDisk.Cut how : SimulatedDisk.Cut.values()) {
                SimulatedDisk disk = newDisk();
                disk.killAt(at, how);
                live(disk, server -> server.deliver(body));
                crash(disk, random.nextBoolean());
                torn += disk.content(PATH.file()).length > old.length ? 1 : 0;
                disk.append(PATH.file(), message(6, 3));
                byte[] left = disk.content(PATH.file());
                assertThat(live(disk, Server::recover)).isTrue();
                assertThat(disk.content(PATH.file()))
                        .as("call %d %s, seed %d", at, how, seed)
                        .isEqualTo(left);
                assertThat(disk.names(STATE.resolve("journals"))).isEmpty();
            }
        }
        assertThat(torn).isPositive();
    }

    @Test
    void releaseCutsOffADeliveryThatWasTornMeanwhile() throws IOException {
        byte[] body = "Subject: new\n\nhello\n".repeat(30).getBytes(StandardCharsets.US_ASCII);
        long calls = callsOf(server -> server.deliver(body));
        BitSet deleted = BitSet.valueOf(new long[] {0b10100});
        byte[] rest = mailbox(deleted);
        for (long at = 1; at <= calls; at++) {
            SimulatedDisk disk = newDisk();
            Server server = new Server(disk);
            MboxFiles.Counted counted = server.files.open(PATH);
            disk.killAt(at, SimulatedDisk.Cut.HALF);
            live(disk, other -> other.deliver(body));
            disk.restart();
            server.files.delete(Objects.requireNonNull(counted), deleted, () -> {});
            assertThat(disk.content(PATH.file())).as("call %d", at).isIn(rest, delivered(rest, body));
            counted.close();
        }
    }

    @Test
    void failureOfAnyCallOfADeliveryAddsNothing() throws IOException {
        byte[] body = "Subject: new\n\nhello\n".getBytes(StandardCharsets.US_ASCII);
        long calls = callsOf(server -> server.deliver(body));
        byte[] old = mailbox(new BitSet());
        for (long at = 1; at <= calls; at++) {
            for (SimulatedDisk.Cut how : new SimulatedDisk.Cut[] {SimulatedDisk.Cut.BEFORE, SimulatedDisk.Cut.HALF}) {
                SimulatedDisk disk = newDisk();
                disk.failAt(at, how, new IOException("No space left on device"));
                boolean failed = false;
                try {
                    new Server(disk).deliver(body);
                } catch (IOException | StoreException e) {
                    failed = true;
                }
                byte[] found = disk.content(PATH.file());
                if (failed && found.length != old.length) {
                    // only a lock that could not be given back may fail after the message is durable
                    assertThat(new String(found, StandardCharsets.US_ASCII))
                            .as("call %d %s", at, how)
                            .endsWith("hello\n\n");
                }
                assertThat(Arrays.copyOf(found, old.length)).isEqualTo(old);
            }
        }
    }

    @Test
    void failureOfAnyCallOfAReleaseIsAllOrNothing() throws IOException {
        BitSet deleted = BitSet.valueOf(new long[] {0b10100});
        long calls = callsOf(server -> server.delete(deleted));
        for (long at = 1; at <= calls; at++) {
            for (SimulatedDisk.Cut how : SimulatedDisk.Cut.values()) {
                SimulatedDisk disk = newDisk();
                disk.failAt(at, how, new IOException("No space left on device"));
                String outcome = "done";
                try {
                    new Server(disk).delete(deleted);
                } catch (IOException | StoreException e) {
                    outcome = e.toString();
                }
                crash(disk, random.nextBoolean());
                assertThat(live(disk, Server::recover)).isTrue();
                assertThat(disk.content(PATH.file()))
                        .as("call %d %s: %s, seed %d", at, how, outcome, seed)
                        .isIn(mailbox(new BitSet()), mailbox(deleted));
            }
        }
    }
}
