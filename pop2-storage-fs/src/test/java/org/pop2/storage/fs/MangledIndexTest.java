package org.pop2.storage.fs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** An index that was torn, mangled or mixed up changes nothing about what is served. */
class MangledIndexTest {
    private static final Path INDEXES = CrashMatrix.STATE.resolve("indexes");
    private static final int ROUNDS = 600;

    private final long seed = Long.getLong("pop2.scan.seed", new Random().nextLong());
    private final Random random = new Random(seed);

    private static Path indexOf(SimulatedDisk disk) {
        List<String> names = disk.names(INDEXES);
        assertThat(names).hasSize(1);
        return INDEXES.resolve(names.get(0));
    }

    private static List<String> served(SimulatedDisk disk) throws IOException {
        return new CrashMatrix.Server(disk).open(CrashMatrix.ALICE);
    }

    /** A mailbox that has an index. */
    private static SimulatedDisk indexed(byte[] mailbox) throws IOException {
        SimulatedDisk disk = new SimulatedDisk();
        disk.append(CrashMatrix.ALICE.file(), mailbox);
        served(disk);
        return disk;
    }

    private byte[] mangled(byte[] index, byte[] other) {
        byte[] result = index.clone();
        switch (random.nextInt(7)) {
            case 0 -> result[random.nextInt(result.length)] ^= (byte) (1 << random.nextInt(8));
            case 1 -> {
                for (int i = 1 + random.nextInt(8); i > 0; i--) {
                    result[random.nextInt(result.length)] = (byte) random.nextInt(256);
                }
            }
            case 2 -> result = Arrays.copyOf(result, random.nextInt(result.length));
            case 3 -> result = Arrays.copyOf(result, result.length + 1 + random.nextInt(100));
            case 4 -> {
                // a block that power did not let through
                int from = random.nextInt(result.length);
                Arrays.fill(result, from, from + random.nextInt(result.length - from) + 1, (byte) 0);
            }
            case 5 -> {
                // a block of another index
                int from = random.nextInt(Math.min(result.length, other.length));
                int length = random.nextInt(Math.min(result.length, other.length) - from) + 1;
                System.arraycopy(other, from, result, from, length);
            }
            default -> {
                // a number in it, or in a row
                int at = random.nextInt(result.length / Long.BYTES) * Long.BYTES;
                long[] numbers = {0, -1, 1, Long.MAX_VALUE, Long.MIN_VALUE, Integer.MAX_VALUE, random.nextLong()};
                ByteBuffer.wrap(result).putLong(at, numbers[random.nextInt(numbers.length)]);
            }
        }
        return result;
    }

    @Test
    void mangledIndexIsMadeAnew() throws IOException {
        byte[] mailbox = CrashMatrix.mailbox();
        List<String> expected = TestMailboxes.reference(mailbox);
        SimulatedDisk other = indexed(CrashMatrix.mailbox(1, 4));
        byte[] otherIndex = other.content(indexOf(other));
        for (int round = 0; round < ROUNDS; round++) {
            SimulatedDisk disk = indexed(mailbox);
            Path file = indexOf(disk);
            byte[] good = disk.content(file);
            byte[] bad = mangled(good, otherIndex);
            disk.rewrite(file, bad);
            boolean grown = random.nextBoolean();
            if (grown) {
                disk.append(CrashMatrix.ALICE.file(), CrashMatrix.message(6, 2));
            }
            byte[] now = disk.content(CrashMatrix.ALICE.file());
            String what = "seed %d round %d".formatted(seed, round);
            assertThat(served(disk)).as(what).isEqualTo(grown ? TestMailboxes.reference(now) : expected);
            assertThat(served(disk)).as(what + ", again").isEqualTo(TestMailboxes.reference(now));
            if (!grown && !Arrays.equals(good, bad)) {
                assertThat(disk.content(file)).as(what + ", the index").isEqualTo(good);
            }
        }
    }

    @Test
    void indexOfAnotherMailboxOrAnotherTimeIsNotBelieved() throws IOException {
        byte[] mailbox = CrashMatrix.mailbox();
        for (byte[] wrong : List.of(CrashMatrix.mailbox(1), CrashMatrix.mailbox(5), CrashMatrix.mailbox(2, 4))) {
            SimulatedDisk old = indexed(wrong);
            byte[] index = old.content(indexOf(old));
            SimulatedDisk disk = indexed(mailbox);
            disk.rewrite(indexOf(disk), index);
            assertThat(served(disk)).isEqualTo(TestMailboxes.reference(mailbox));

            // the same file, rewritten by another program
            disk.rewrite(CrashMatrix.ALICE.file(), wrong);
            assertThat(served(disk)).isEqualTo(TestMailboxes.reference(wrong));
            disk.rewrite(CrashMatrix.ALICE.file(), CrashMatrix.join(CrashMatrix.message(8, 3), mailbox));
            assertThat(served(disk))
                    .isEqualTo(TestMailboxes.reference(CrashMatrix.join(CrashMatrix.message(8, 3), mailbox)));
        }
    }
}
