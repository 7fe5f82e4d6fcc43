package org.pop2.storage.fs.format;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.fs.SimulatedDisk;
import org.pop2.storage.fs.TestMailboxes;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.io.StorageIo;

/** Whatever octets a mailbox is made of, all readers find in it what {@link ReferenceReader} finds. */
public final class Readers {
    private static final Path FILE = Path.of("/mail/alice");
    private static final List<Quoting> QUOTINGS = List.of(Quoting.values());

    private Readers() {}

    /**
     * How a mailbox is read.
     *
     * @param block octets that the scanner reads at once
     * @param step octets of the buffers that messages are sent in
     * @param known octets of the file at an earlier reading, as per mille of all
     * @param slice most octets that a stream gives at once
     */
    public record Reading(Quoting quoting, boolean lenient, int block, int step, int known, int slice) {
        static Reading of(Random random) {
            return new Reading(
                    QUOTINGS.get(random.nextInt(QUOTINGS.size())),
                    random.nextBoolean(),
                    1 + random.nextInt(80),
                    2 + random.nextInt(80),
                    random.nextInt(1001),
                    1 + random.nextInt(80));
        }
    }

    /** Reads octets in some way, the same one for the same octets: what a fuzzer calls. */
    public static void agreeOn(byte[] mailbox) throws IOException {
        CRC32C crc = new CRC32C();
        crc.update(mailbox);
        agreeOn(mailbox, Reading.of(new Random(crc.getValue())));
    }

    public static void agreeOn(byte[] mailbox, Reading how) throws IOException {
        List<ReferenceReader.Message> expected =
                ReferenceReader.read(mailbox, how.quoting(), how.lenient()).orElse(null);
        SimulatedDisk disk = new SimulatedDisk();
        disk.append(FILE, mailbox);
        IoFile file = disk.open(FILE, StorageIo.Mode.READ);
        MboxFormat format = new MboxFormat(how.quoting(), how.lenient(), 1_000_000, how.block());

        MboxIndex index = scan(file, mailbox.length, format);
        assertThat(index == null)
                .as("whether the scanner finds no mailbox, %s", how)
                .isEqualTo(expected == null);
        if (index != null && expected != null) {
            assertThat(index.count()).as("messages, %s", how).isEqualTo(expected.size());
            for (int number = 1; number <= index.count(); number++) {
                int row = index.rowOf(number);
                ReferenceReader.Message message = expected.get(number - 1);
                assertThat(index.start(row)).as("offset of %d, %s", number, how).isEqualTo(message.offset());
                assertThat(index.octets(row))
                        .as("octets of %d, %s", number, how)
                        .isEqualTo(message.text().length());
                for (int step : new int[] {how.step(), 8192}) {
                    assertThat(TestMailboxes.wire(file, index, row, how.quoting(), step))
                            .as("message %d in steps of %d, %s", number, step, how)
                            .isEqualTo(message.text());
                }
            }
        }
        extended(file, mailbox, index, format, how);
        streamed(mailbox, expected, how);
    }

    private static @Nullable MboxIndex scan(IoFile file, long end, MboxFormat format) throws IOException {
        try {
            return MboxScanner.scan(file, end, format, () -> {});
        } catch (StoreException e) {
            assertThat(e.reason()).isEqualTo(Reason.CORRUPT);
            return null;
        }
    }

    /** What was appended is found as if all of it had been there from the start. */
    private static void extended(IoFile file, byte[] mailbox, @Nullable MboxIndex fresh, MboxFormat format, Reading how)
            throws IOException {
        MboxIndex known = scan(file, (long) mailbox.length * how.known() / 1000, format);
        if (known == null) {
            return;
        }
        MboxIndex extended;
        try {
            extended = MboxScanner.extend(file, known, mailbox.length, format, () -> {});
        } catch (StoreException e) {
            assertThat(e.reason()).isEqualTo(Reason.CORRUPT);
            assertThat(fresh)
                    .as("what is read at once when it cannot be extended, %s", how)
                    .isNull();
            return;
        }
        assertThat(fresh)
                .as("what is read at once when it can be extended, %s", how)
                .isNotNull();
        assertThat(words(extended)).as("extended, %s", how).isEqualTo(words(Objects.requireNonNull(fresh)));
        assertThat(extended.pseudo()).as("extended, %s", how).isEqualTo(fresh.pseudo());
    }

    private static long[] words(MboxIndex index) {
        return Arrays.copyOf(index.words(), index.rows() * MboxIndex.WORDS);
    }

    private static void streamed(byte[] mailbox, @Nullable List<ReferenceReader.Message> expected, Reading how)
            throws IOException {
        assertThat(mailbox.length == 0 || expected == null || MboxReader.looksLikeMbox(mailbox))
                .isTrue();
        Optional<List<String>> found = Optional.empty();
        try {
            found = Optional.of(stream(mailbox, how));
        } catch (StoreException e) {
            assertThat(e.reason()).isEqualTo(Reason.CORRUPT);
        }
        assertThat(found)
                .as("what the stream's reader finds, %s", how)
                .isEqualTo(Optional.ofNullable(expected)
                        .map(messages -> messages.stream()
                                .map(message -> message.offset() + " " + message.text())
                                .toList()));
    }

    private static List<String> stream(byte[] mailbox, Reading how) throws IOException {
        ByteArrayInputStream in = new ByteArrayInputStream(mailbox) {
            @Override
            public int read(byte[] into, int offset, int length) {
                return super.read(into, offset, Math.min(length, how.slice()));
            }
        };
        String quoting = how.quoting().name().toLowerCase(Locale.ROOT);
        List<String> messages = new ArrayList<>();
        try (MboxReader reader = MboxReader.of(in, quoting, how.lenient() ? "lenient" : "strict")) {
            for (MboxReader.Entry entry = reader.next(); entry != null; entry = reader.next()) {
                StringBuilder text = new StringBuilder();
                for (ByteBuffer octets = entry.read(); octets != null; octets = entry.read()) {
                    text.append(ISO_8859_1.decode(octets));
                }
                messages.add(entry.offset() + " " + asSent(text.toString()));
            }
        }
        return messages;
    }

    /** Line ends as a client gets them. */
    private static String asSent(String stored) {
        StringBuilder sent = new StringBuilder();
        for (int i = 0; i < stored.length(); i++) {
            char octet = stored.charAt(i);
            if (octet == '\n' && (i == 0 || stored.charAt(i - 1) != '\r')) {
                sent.append('\r');
            }
            sent.append(octet);
        }
        return stored.endsWith("\n") ? sent.toString() : sent.append("\r\n").toString();
    }
}
