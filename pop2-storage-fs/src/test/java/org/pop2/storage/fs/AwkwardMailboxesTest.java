package org.pop2.storage.fs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.pop2.storage.fs.TestStores.ALICE;
import static org.pop2.storage.fs.TestStores.PATIENCE;
import static org.pop2.storage.fs.TestStores.addAlice;
import static org.pop2.storage.fs.TestStores.close;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.FolderName;
import org.pop2.storage.Mailbox;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.fs.format.Quoting;
import org.pop2.storage.fs.format.Readers;
import org.pop2.storage.fs.format.ReferenceReader;
import org.pop2.storage.fs.io.Hashes;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The mailboxes of {@code src/test/resources/mailboxes}. {@code counts.txt} there was written by hand;
 * {@code expected.txt} is what {@link ReferenceReader} finds: offset, octets on the wire, and the beginning of their
 * SHA-256.
 */
public class AwkwardMailboxesTest {
    private static final List<Quoting> QUOTINGS = List.of(Quoting.values());
    /** Larger ones are not read an octet at a time. */
    private static final int LARGE = 20_000;

    @TempDir
    Path directory;

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = AwkwardMailboxesTest.class.getResourceAsStream("/mailboxes/" + name)) {
            return Objects.requireNonNull(in, name).readAllBytes();
        }
    }

    /** Counts by name: strict, lenient. */
    private static Map<String, String[]> counts() throws IOException {
        Map<String, String[]> counts = new TreeMap<>();
        for (String line : new String(resource("counts.txt"), UTF_8).split("\n", -1)) {
            String[] words = line.split(" +", -1);
            if (words.length == 3 && !line.startsWith("#")) {
                counts.put(words[0], new String[] {words[1], words[2]});
            }
        }
        return counts;
    }

    static Stream<String> names() throws IOException {
        return counts().keySet().stream();
    }

    /** All mailboxes, as seeds of a fuzzer. */
    public static Stream<byte[]> contents() throws IOException {
        List<byte[]> contents = new ArrayList<>();
        for (String name : counts().keySet()) {
            contents.add(resource(name + ".mbox"));
        }
        return contents.stream();
    }

    private static String describe(String name, byte[] mailbox) {
        List<ReferenceReader.Message> messages =
                ReferenceReader.read(mailbox, Quoting.MBOXRD, false).orElse(null);
        if (messages == null) {
            return name + ": no mailbox\n";
        }
        StringBuilder text = new StringBuilder(name + ": " + messages.size() + "\n");
        for (ReferenceReader.Message message : messages) {
            text.append("  %d %d %s%n"
                    .formatted(
                            message.offset(),
                            message.wire().length,
                            Hashes.sha256(message.wire()).substring(0, 16)));
        }
        return text.toString();
    }

    @Test
    void theReferenceFindsWhatItFoundBefore() throws IOException {
        StringBuilder all = new StringBuilder();
        for (String name : counts().keySet()) {
            all.append(describe(name, resource(name + ".mbox")));
        }
        assertThat(all.toString()).isEqualTo(new String(resource("expected.txt"), UTF_8));
    }

    @ParameterizedTest
    @MethodSource("names")
    void theReferenceFindsAsManyMessagesAsWereCountedByHand(String name) throws IOException {
        String[] counts = Objects.requireNonNull(counts().get(name));
        for (boolean lenient : new boolean[] {false, true}) {
            String found = ReferenceReader.read(resource(name + ".mbox"), Quoting.MBOXRD, lenient)
                    .map(messages -> Integer.toString(messages.size()))
                    .orElse("-");
            assertThat(found).as("lenient: %s", lenient).isEqualTo(counts[lenient ? 1 : 0]);
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void everyReaderFindsTheSameHoweverTheFileIsCutIntoBlocks(String name) throws IOException {
        byte[] mailbox = resource(name + ".mbox");
        long seed = Long.getLong("pop2.scan.seed", new Random().nextLong());
        Random random = new Random(seed);
        int[] blocks = mailbox.length < LARGE
                ? IntStream.concat(IntStream.rangeClosed(1, 64), random.ints(8, 65, 8192))
                        .toArray()
                : new int[] {7, 64, 4096, 65536, 64 + random.nextInt(65536)};
        for (int block : blocks) {
            Quoting quoting = QUOTINGS.get(block % QUOTINGS.size());
            Readers.Reading how = new Readers.Reading(
                    quoting, random.nextBoolean(), block, Math.max(block, 2), random.nextInt(1001), block);
            try {
                Readers.agreeOn(mailbox, how);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError(name + ", " + how + ", seed " + seed, e);
            }
        }
    }

    @Test
    void aStoreServesThemAll() throws IOException {
        MboxStore store = TestStores.open(directory, Map.of());
        addAlice(store);
        Path folders = Files.createDirectories(directory.resolve("var/folders/alice"));
        for (String name : counts().keySet()) {
            byte[] mailbox = resource(name + ".mbox");
            Path file = Files.write(folders.resolve(name), mailbox);
            FolderName folder = new FolderName(name);
            List<String> expected = ReferenceReader.read(mailbox, Quoting.MBOXRD, false)
                    .map(messages ->
                            messages.stream().map(ReferenceReader.Message::text).toList())
                    .orElse(null);
            // the second time from the index
            for (int time = 0; time < 2; time++) {
                if (expected == null) {
                    StoreException error = catchThrowableOfType(StoreException.class, () -> served(store, folder));
                    assertThat(error).as(name).isNotNull();
                    assertThat(error.reason()).as(name).isEqualTo(Reason.CORRUPT);
                } else {
                    assertThat(served(store, folder)).as(name).isEqualTo(expected);
                }
            }
            assertThat(Files.readAllBytes(file)).as(name).isEqualTo(mailbox);
        }
        close(store);
    }

    private static List<String> served(MboxStore store, FolderName folder) {
        Mailbox mailbox =
                Objects.requireNonNull(Mono.from(store.open(ALICE, folder)).block(PATIENCE));
        List<String> messages = new ArrayList<>();
        for (int number = 1; number <= mailbox.count(); number++) {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            Flux.from(mailbox.content(number))
                    .doOnNext(buffer -> take(buffer, all))
                    .blockLast(PATIENCE);
            assertThat((long) all.size()).isEqualTo(mailbox.octets(number));
            messages.add(all.toString(java.nio.charset.StandardCharsets.ISO_8859_1));
        }
        Mono.from(mailbox.release(new java.util.BitSet())).block(PATIENCE);
        return messages;
    }

    private static void take(ContentBuffer buffer, ByteArrayOutputStream all) {
        ByteBuffer octets = buffer.octets();
        byte[] copy = new byte[octets.remaining()];
        octets.get(copy);
        all.writeBytes(copy);
        buffer.release();
    }
}
