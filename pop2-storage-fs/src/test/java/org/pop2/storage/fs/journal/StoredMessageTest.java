package org.pop2.storage.fs.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.pop2.storage.fs.SimulatedDisk;
import org.pop2.storage.fs.format.FromLine;
import org.pop2.storage.fs.format.Quoting;
import org.pop2.storage.fs.format.ReferenceReader;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.io.StorageIo;

/** What a message is counted for by a quota is what a reader finds in the mailbox, to the octet. */
class StoredMessageTest {
    private static final Path SPOOL = Path.of("/state/spool");
    private static final Path MAILBOX = Path.of("/mail/alice");
    private static final String[] PIECES = {
        "From ",
        ">From ",
        ">>From ",
        "F",
        ">",
        ">F",
        ">".repeat(31),
        ">".repeat(32),
        "Status: RO",
        "Content-Length: 7",
        " ",
        "text",
        "\r",
        "\n",
        "\r\n",
        "\r\n",
        "\r\n",
        "\r\n\r\n",
        "\0\u00e9"
    };

    private final long seed = Long.getLong("pop2.seed", System.nanoTime());
    private final Random random = new Random(seed);

    private String message() {
        StringBuilder text = new StringBuilder(random.nextInt(3) == 0 ? "" : "Subject: x\r\n\r\n");
        int pieces = random.nextInt(30);
        for (int i = 0; i < pieces; i++) {
            text.append(PIECES[random.nextInt(PIECES.length)]);
        }
        return text.toString();
    }

    @Test
    void octetsThatAreCountedAreThoseThatAreSentHoweverTheyAreQuoted() throws IOException {
        System.out.println("seed " + seed);
        for (int i = 0; i < 2000; i++) {
            String message = message();
            for (Quoting quoting : Quoting.values()) {
                counts(message, quoting);
            }
        }
    }

    /** Also with as many marks as the writer remembers octets of a line, and around that. */
    @Test
    void anyNumberOfMarksBeforeAFromComesBackAsItWas() throws IOException {
        for (int marks = 0; marks < 100; marks++) {
            for (String start : List.of("", "Subject: x\r\n\r\n")) {
                String message = start + ">".repeat(marks) + "From here\r\n" + ">".repeat(marks) + "x\r\n";
                assertThat(counts(message, Quoting.MBOXRD)).isEqualTo(message);
            }
        }
    }

    /** The length is known when the message is complete, and the place for it is in the file by then. */
    @Test
    void longMessageComesBackAsItWasThoughNothingIsQuoted() throws IOException {
        String forged =
                "\r\nFrom me@example.org Mon Nov 23 12:00:00 2026\r\nSubject: forged\r\n\r\n>From\r\n>>From x\r\n";
        for (int lines : new int[] {1, 20_000}) {
            for (int header : new int[] {1, 13_000}) {
                String message = "X: y\r\n".repeat(header) + "\r\n" + "a line\r\n".repeat(lines) + forged;
                assertThat(counts(message, Quoting.NONE)).isEqualTo(message);
            }
        }
    }

    /** What comes back. */
    private String counts(String message, Quoting quoting) throws IOException {
        SimulatedDisk disk = new SimulatedDisk();
        byte[] fromLine = FromLine.of("a@example.org", Instant.EPOCH);
        disk.append(MAILBOX, new byte[0]);
        try (StoredMessage stored = new StoredMessage(disk, SPOOL, quoting, fromLine);
                IoFile mailbox = disk.open(MAILBOX, StorageIo.Mode.WRITE)) {
            byte[] octets = message.getBytes(StandardCharsets.ISO_8859_1);
            for (int at = 0; at < octets.length; ) {
                int length = Math.min(octets.length - at, 1 + random.nextInt(7));
                stored.add(ByteBuffer.wrap(octets, at, length));
                at += length;
            }
            stored.complete();
            stored.writeTo(mailbox, 0, () -> {});
            byte[] all = new byte[(int) mailbox.size()];
            mailbox.readFully(ByteBuffer.wrap(all), 0);
            List<ReferenceReader.Message> found =
                    ReferenceReader.read(all, quoting, false).orElseThrow();
            assertThat(found).as("%s, seed %d", quoting, seed).hasSize(1);
            assertThat(stored.wireOctets())
                    .as("%s of %s, seed %d", quoting, message, seed)
                    .isEqualTo(found.get(0).text().length());
            return found.get(0).text();
        }
    }
}
