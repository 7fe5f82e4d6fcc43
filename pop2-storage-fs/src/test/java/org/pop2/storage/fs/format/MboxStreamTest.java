package org.pop2.storage.fs.format;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pop2.storage.StoreException;

/** {@link MboxReader} and {@link MboxWriter}. */
class MboxStreamTest {
    private static final String FROM = "From postel@usc-isif Fri Feb  1 12:00:00 1985\n";

    @Test
    void everySlicingOfTheStreamGivesTheMessagesThatWereWritten() throws IOException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        String[] pieces = {"\r\n", "\r\r\n", "\r", "From ", ">", "F", "x", FROM.strip() + "\r\n", "\r\n\r\n", "Fro"};
        for (int round = 0; round < 300; round++) {
            List<String> messages = new ArrayList<>();
            ByteArrayOutputStream file = new ByteArrayOutputStream();
            MboxWriter writer = new MboxWriter(file);
            for (int i = random.nextInt(5); i >= 0; i--) {
                StringBuilder text = new StringBuilder();
                for (int j = random.nextInt(40); j > 0; j--) {
                    text.append(pieces[random.nextInt(pieces.length)]);
                }
                String wire = text.append("\r\n").toString();
                messages.add(wire);
                writer.begin("jkr@example.org", Instant.EPOCH);
                writer.write(ByteBuffer.wrap(wire.getBytes(ISO_8859_1)));
                writer.end();
            }

            assertThat(messages(sliced(file.toByteArray(), random), "strict"))
                    .as("seed %d, round %d", seed, round)
                    .extracting(it -> it.replaceAll("(?<!\r)\n", "\r\n"))
                    .containsExactlyElementsOf(messages);
        }
    }

    @Test
    void aSeparatorNeedsAnEmptyLineUnlessLenient() throws IOException {
        String text = FROM + "a\n" + FROM + "b\n\n" + FROM + "c";

        assertThat(messages(stream(text), "strict")).containsExactly("a\n" + FROM + "b\n", "c");
        assertThat(messages(stream(text), "lenient")).containsExactly("a\n", "b\n", "c");
    }

    @Test
    void crlfFilesAreReadToo() throws IOException {
        String from = FROM.replace("\n", "\r\n");

        assertThat(messages(stream(from + "a\r\n\r\n\r\n" + from + "b\r\n\r\n"), "strict"))
                .containsExactly("a\r\n\r\n", "b\r\n");
    }

    @Test
    void aLineOfAnyLengthIsOneLine() throws IOException {
        String marks = ">".repeat(300_000) + "From x\n";

        assertThat(messages(stream(FROM + marks + "y".repeat(300_000) + "\n\n" + FROM + "z"), "strict"))
                .containsExactly(marks.substring(1) + "y".repeat(300_000) + "\n", "z");
    }

    @Test
    void thePseudoMessageOfCClientIsHidden() throws IOException {
        String pseudo = FROM + "Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\nX-IMAP: 1 2\n\ntext\n\n";

        assertThat(messages(stream(pseudo + FROM + "a\n"), "strict")).containsExactly("a\n");
        assertThat(messages(stream(pseudo), "strict")).isEmpty();
    }

    @Test
    void theSenderIsThatOfTheFromLine() throws IOException {
        MboxReader reader = MboxReader.of(
                stream(FROM + "\n" + FROM.replace("postel@usc-isif", "MAILER-DAEMON") + "\n"
                        + FROM.replace("postel@usc-isif ", "")
                        + "\n"
                        + FROM.replace("postel@usc-isif", "jon")
                        + "\n"),
                "mboxrd",
                "strict");

        assertThat(next(reader).sender()).isEqualTo("postel@usc-isif");
        assertThat(next(reader).sender()).isEmpty();
        assertThat(next(reader).sender()).isEmpty();
        assertThat(next(reader).sender()).isEqualTo("jon");
        assertThat(reader.next()).isNull();
        assertThat(reader.next()).isNull();
    }

    @Test
    void whatIsNoMailboxIsRefusedAndAnEmptyOneIsEmpty() throws IOException {
        assertThatThrownBy(() -> messages(stream("Subject: x\n\n" + FROM), "strict"))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("not a mailbox");
        assertThat(messages(stream(""), "strict")).isEmpty();
        assertThat(MboxReader.looksLikeMbox((FROM + "x").getBytes(ISO_8859_1))).isTrue();
        assertThat(MboxReader.looksLikeMbox("From: x\n".getBytes(ISO_8859_1))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "From ",
                "From - ",
                "From 1784013923@xxx",
                "From foo@example.org  Fri, Jul 01 09:13:09 1994",
                "From foo@example.org Fri Jun 24 09:12:05 GMT+0200 (CEST) 2022",
                "From foo@example.org Fri Jun 24 09:12:05 2022 (+0700)",
                "From foo@example.org 2025-04-12T15:59:28Z",
                "From foo@example.org 2025-04-12 15:59:28"
            })
    void oddSeparatorOfAnArchiveIsOne(String line) throws IOException {
        String message = line + "\nSubject: s\n\nhello\n\n";

        assertThat(tolerated(message + message)).containsExactly("Subject: s\n\nhello\n", "Subject: s\n\nhello\n");
        MboxReader reader = MboxReader.tolerant(stream("From a@example.org\nSubject: s\n\n"), "mboxrd", "strict");
        assertThat(next(reader).sender()).isEqualTo("a@example.org");
        assertThat(tolerated(FROM + "Subject: s\n\n1\n\n" + message)).hasSize(2);
        assertThatThrownBy(() -> messages(stream(message), "strict")).isInstanceOf(StoreException.class);
    }

    @Test
    void oddSeparatorIsTextWithoutAFieldBehindAnEmptyLineBeforeOrATimeAndAYear() throws IOException {
        for (String text : List.of(
                "\nFrom \nbob with love\n",
                "text\nFrom a@example.org\nSubject: x\n",
                "\nFrom now on, in 2022\nnote: x\n")) {
            assertThat(tolerated(FROM + "Subject: s\n\n" + text)).containsExactly("Subject: s\n\n" + text);
        }
        assertThatThrownBy(() -> tolerated("From here on\nall is well\n")).isInstanceOf(StoreException.class);
    }

    @Test
    void markAndEmptyLinesBeforeTheFirstMessageBelongToNone() throws IOException {
        String mark = "\u00EF\u00BB\u00BF";

        assertThat(tolerated(mark + "\r\n\n" + FROM + "a\n")).containsExactly("a\n");
        assertThat(MboxReader.looksLikeMbox((mark + FROM).getBytes(ISO_8859_1))).isTrue();
    }

    /** To disbelieve it is to read ahead, which moves the line in the buffer. */
    @Test
    void falseLengthTakesNothingFromWhatFollows() throws IOException {
        List<String> expected = new ArrayList<>();
        StringBuilder mbox = new StringBuilder();
        for (int i = 0; i < 40; i++) {
            String text = "\n" + "x".repeat(9_000 + i) + "\n";
            expected.add(text);
            mbox.append(FROM).append("Content-Length: 150000\n").append(text).append('\n');
        }

        assertThat(messages(stream(mbox.toString()), "strict")).isEqualTo(expected);
    }

    private static List<String> tolerated(String mbox) throws IOException {
        return messages(MboxReader.tolerant(stream(mbox), "mboxrd", "strict"));
    }

    private static MboxReader.Entry next(MboxReader reader) throws IOException {
        MboxReader.Entry entry = reader.next();
        assertThat(entry).isNotNull();
        return Objects.requireNonNull(entry);
    }

    private static List<String> messages(InputStream in, String separator) throws IOException {
        return messages(MboxReader.of(in, "mboxrd", separator));
    }

    private static List<String> messages(MboxReader open) throws IOException {
        List<String> messages = new ArrayList<>();
        try (MboxReader reader = open) {
            for (MboxReader.Entry entry = reader.next(); entry != null; entry = reader.next()) {
                StringBuilder text = new StringBuilder();
                for (ByteBuffer octets = entry.read(); octets != null; octets = entry.read()) {
                    text.append(ISO_8859_1.decode(octets));
                }
                messages.add(text.toString());
            }
        }
        return messages;
    }

    private static InputStream stream(String text) {
        return new ByteArrayInputStream(text.getBytes(ISO_8859_1));
    }

    private static InputStream sliced(byte[] octets, Random random) {
        return new ByteArrayInputStream(octets) {
            @Override
            public int read(byte[] into, int offset, int length) {
                return super.read(into, offset, Math.min(length, 1 + random.nextInt(9)));
            }
        };
    }
}
