package org.pop2.storage.fs.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.pop2.storage.StoreException;
import org.pop2.storage.fs.SimulatedDisk;
import org.pop2.storage.fs.TestMailboxes;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.io.StorageIo;

/** The scanner and the encoder against a reader that takes a mailbox apart line by line in memory. */
class MboxScannerTest {
    private static final Path FILE = Path.of("/mail/alice");
    private static final int[] BLOCKS = {1, 2, 7, 64, 8192, 65536};
    private static final List<Quoting> QUOTINGS = List.of(Quoting.values());
    private static final String[] PIECES = {
        "From a@b Mon Nov 23 12:00:00 2026\n",
        "From a@b Mon Nov 23 12:00:00 2026\r\n",
        "\nFrom a b c Mon Nov 23 12:00:00 2026\n",
        "\r\nFrom a@b Mon Nov 23 12:00 2026\n",
        "From here on\n",
        "From",
        "From ",
        ">From me\n",
        ">>>From me\r\n",
        ">>>>",
        ">",
        "\n",
        "\r\n",
        "\r",
        "\r\r\n",
        "text\n",
        "text\n\n",
        "Content-Length: 0\n\n",
        "content-length:40\r\n\r\n",
        "Content-Length: 75\n\n",
        "Content-Length: 150\n\n",
        "Content-Length: x\n",
        "\nFrom 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001\n",
        "text\r\n",
        "long text ".repeat(20),
        "\0\u00e9\n"
    };

    private final long seed = Long.getLong("pop2.scan.seed", new Random().nextLong());
    private final Random random = new Random(seed);

    private static byte[] latin(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static IoFile file(byte[] octets) throws IOException {
        SimulatedDisk disk = new SimulatedDisk();
        disk.append(FILE, octets);
        return disk.open(FILE, StorageIo.Mode.READ);
    }

    private static MboxFormat format(Quoting quoting, boolean lenient, int block) {
        return new MboxFormat(quoting, lenient, 100_000, block);
    }

    private static List<String> reference(String all, Quoting quoting, boolean lenient) {
        return ReferenceReader.read(latin(all), quoting, lenient).orElseThrow().stream()
                .map(ReferenceReader.Message::text)
                .toList();
    }

    private static List<String> encoded(IoFile file, MboxIndex index, Quoting quoting, int step) throws IOException {
        List<String> messages = new ArrayList<>();
        for (int number = 1; number <= index.count(); number++) {
            messages.add(TestMailboxes.wire(file, index, index.rowOf(number), quoting, step));
        }
        return messages;
    }

    private String awkward() {
        StringBuilder all = new StringBuilder(PIECES[random.nextInt(2)]);
        int pieces = random.nextInt(40);
        for (int i = 0; i < pieces; i++) {
            all.append(PIECES[random.nextInt(PIECES.length)]);
        }
        return all.toString();
    }

    @Test
    void everyCutIntoBlocksGivesWhatTheObviousReaderGives() throws IOException {
        for (int round = 0; round < 1500; round++) {
            String all = awkward();
            Quoting quoting = QUOTINGS.get(random.nextInt(QUOTINGS.size()));
            boolean lenient = random.nextBoolean();
            List<String> expected = reference(all, quoting, lenient);
            IoFile file = file(latin(all));
            for (int block : BLOCKS) {
                MboxIndex index = MboxScanner.scan(file, latin(all).length, format(quoting, lenient, block), () -> {});
                assertThat(encoded(file, index, quoting, block == 65536 ? 3 : block))
                        .as("seed %d round %d block %d %s lenient=%s", seed, round, block, quoting, lenient)
                        .isEqualTo(expected);
            }
        }
    }

    @Test
    void everyBlockSizeGivesTheSameIndex() throws IOException {
        for (int round = 0; round < 25; round++) {
            byte[] all = latin(awkward() + awkward() + "\n\n" + awkward());
            Quoting quoting = QUOTINGS.get(random.nextInt(QUOTINGS.size()));
            boolean lenient = random.nextBoolean();
            IoFile file = file(all);
            long[] expected = words(MboxScanner.scan(file, all.length, format(quoting, lenient, 65536), () -> {}));
            for (int block = 1; block <= 200; block++) {
                assertThat(words(MboxScanner.scan(file, all.length, format(quoting, lenient, block), () -> {})))
                        .as("seed %d round %d block %d %s lenient=%s", seed, round, block, quoting, lenient)
                        .isEqualTo(expected);
            }
        }
    }

    /** Lines at every distance from where a search of several octets at a time begins. */
    @Test
    void everyShiftOfTheSameLinesGivesTheSameCounts() throws IOException {
        String mark = PIECES[0];
        for (int shift = 0; shift < 136; shift++) {
            for (String lines :
                    List.of("a\n", "a\r\n", "\n", "\r\n", ">From x\n", ">x\n", "From x\n", "\u000b\n\u000b\n")) {
                String text = "x".repeat(shift) + "\n" + lines.repeat(40) + "end\n";
                String mailbox = mark + text + "\n" + mark + "second\n\n";
                byte[] all = latin(mailbox);
                IoFile file = file(all);
                MboxIndex index = MboxScanner.scan(file, all.length, format(Quoting.MBOXRD, false, 65536), () -> {});
                assertThat(encoded(file, index, Quoting.MBOXRD, 8192))
                        .as("shift %d, %s", shift, lines)
                        .isEqualTo(reference(mailbox, Quoting.MBOXRD, false));
            }
        }
    }

    @Test
    void mailboxWithMoreMessagesThanAllowedIsRefused() throws IOException {
        byte[] all = latin((PIECES[0] + "x\n\n").repeat(50));
        IoFile file = file(all);
        MboxFormat small = new MboxFormat(Quoting.MBOXRD, false, 49, 64);
        assertThatThrownBy(() -> MboxScanner.scan(file, all.length, small, () -> {}))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("max-messages = 49");
    }

    private static long[] words(MboxIndex index) {
        return Arrays.copyOf(index.words(), index.rows() * MboxIndex.WORDS);
    }

    @Test
    void extendingGivesWhatScanningAfreshGives() throws IOException {
        for (int round = 0; round < 1500; round++) {
            byte[] all = latin(awkward() + awkward());
            MboxFormat format = format(Quoting.MBOXRD, random.nextBoolean(), 64);
            IoFile file = file(all);
            int first = latin(PIECES[0]).length + random.nextInt(all.length - latin(PIECES[0]).length + 1);
            MboxIndex known = MboxScanner.scan(file, Math.min(first, all.length), format, () -> {});
            MboxIndex extended = MboxScanner.extend(file, known, all.length, format, () -> {});
            MboxIndex fresh = MboxScanner.scan(file, all.length, format, () -> {});
            assertThat(words(extended)).as("seed %d round %d", seed, round).isEqualTo(words(fresh));
        }
    }

    @Test
    void whatDoesNotBeginWithAFromLineIsNoMailbox() throws IOException {
        IoFile file = file(latin("hello\n"));
        assertThatThrownBy(() -> MboxScanner.scan(file, 6, format(Quoting.MBOXRD, false, 64), () -> {}))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.reason()).isEqualTo(StoreException.Reason.CORRUPT));
    }

    @Test
    void pseudoMessageIsHidden() throws IOException {
        byte[] all = latin("""
                From MAILER-DAEMON Mon Nov 23 12:00:00 2026
                Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA
                X-IMAP: 1 2

                This text

                From a@b Mon Nov 23 12:00:00 2026
                Subject: x

                hi

                """);
        MboxIndex index = MboxScanner.scan(file(all), all.length, format(Quoting.MBOXRD, false, 64), () -> {});
        assertThat(index.count()).isEqualTo(1);
        assertThat(index.octets(index.rowOf(1))).isEqualTo("Subject: x\r\n\r\nhi\r\n".length());
    }
}
