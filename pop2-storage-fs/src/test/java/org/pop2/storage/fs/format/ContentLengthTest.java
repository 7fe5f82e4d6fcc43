package org.pop2.storage.fs.format;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pop2.storage.fs.SimulatedDisk;
import org.pop2.storage.fs.io.StorageIo;

/** Mailboxes of programs that quote nothing and write Content-Length, and what others could forge with it. */
class ContentLengthTest {
    private static final String FROM = "From jkr@example.org Mon Nov 23 12:00:00 2026\n";
    private static final String OTHER = "From postel@example.org Mon Nov 23 12:00:01 2026\n";
    private static final String PATCH = "From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001\n";
    private static final Path FILE = Path.of("/mail/alice");

    /** As Dovecot saves it: the length of the body without the empty line behind it. */
    private static String saved(String from, String body) {
        return from + "Subject: x\nContent-Length: " + body.length() + "\n\n" + body + "\n";
    }

    private static List<Long> offsets(String mailbox) throws IOException {
        byte[] octets = mailbox.getBytes(ISO_8859_1);
        Readers.agreeOn(octets);
        SimulatedDisk disk = new SimulatedDisk();
        disk.append(FILE, octets);
        MboxFormat format = new MboxFormat(Quoting.NONE, false, 1000, 64);
        MboxIndex index = MboxScanner.scan(disk.open(FILE, StorageIo.Mode.READ), octets.length, format, () -> {});
        List<Long> offsets = new ArrayList<>();
        for (int row = 0; row < index.rows(); row++) {
            offsets.add(index.start(row));
        }
        List<Long> streamed = new ArrayList<>();
        try (MboxReader reader = MboxReader.of(new ByteArrayInputStream(octets), "none", "strict")) {
            for (MboxReader.Entry entry = reader.next(); entry != null; entry = reader.next()) {
                streamed.add(entry.offset());
            }
        }
        assertThat(streamed).isEqualTo(offsets);
        return offsets;
    }

    @Test
    void letterWithALineThatLooksLikeASeparatorIsOneIfItsLengthIsHonest() throws IOException {
        String letter = saved(FROM, "You wrote:\n\n" + OTHER + "Subject: quoted\n\nas it was\n");
        assertThat(offsets(letter)).as("up to the end of the file").containsExactly(0L);
        String second = saved(OTHER, "two\n");
        assertThat(offsets(letter + second)).as("up to the next one").containsExactly(0L, (long) letter.length());
        assertThat(offsets(second + letter + letter + second)).hasSize(4);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void lengthMayCountTheEmptyLine(int more) throws IOException {
        String body = "You wrote:\n\n" + OTHER + "\nas it was\n";
        String letter = FROM + "content-length:\t" + (body.length() + more) + " \n\n" + body + "\n";
        assertThat(offsets(letter)).containsExactly(0L);
        assertThat(offsets(letter + OTHER + "\n\n")).containsExactly(0L, (long) letter.length());
        String crlf = letter.replace("\n", "\r\n")
                .replaceFirst("\t\\d+", "\t" + (body.replace("\n", "\r\n").length() + 2 * more));
        assertThat(offsets(crlf)).containsExactly(0L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "1", "5", "-1", "99999999", "9999999999999999999999", "x", "", "12 13", "+30"})
    void lengthThatIsNotHonestHidesNothing(String length) throws IOException {
        String first = FROM + "Content-Length: " + length + "\n\none\n\n";
        assertThat(offsets(first + OTHER + "\ntwo\n\n" + FROM + "\nthree\n\n")).hasSize(3);
    }

    @Test
    void lengthThatIsSaidTwiceIsNotBelieved() throws IOException {
        String body = "one\n\n" + OTHER + "\ntwo\n";
        String field = "Content-Length: " + body.length() + "\n";
        assertThat(offsets(FROM + field + "\n" + body + "\n")).hasSize(1);
        assertThat(offsets(FROM + field + field + "\n" + body + "\n")).hasSize(2);
    }

    @Test
    void lengthInTheBodyIsALineOfTheLetter() throws IOException {
        String rest = "\n" + OTHER + "\ntwo\n";
        assertThat(offsets(FROM + "\nContent-Length: " + rest.length() + "\n\n" + rest + "\n"))
                .hasSize(2);
    }

    @Test
    void patchOfGitIsAPartOfTheLetterItIsIn() throws IOException {
        String letter = FROM + "Subject: a patch\n\nsee below\n\n" + PATCH
                + "From: J. K. Reynolds <jkr@example.org>\nSubject: [PATCH] x\n\n---\n\n";
        assertThat(offsets(letter)).containsExactly(0L);
        assertThat(offsets(letter + OTHER + "\ntwo\n\n")).containsExactly(0L, (long) letter.length());
        String sha256 = letter.replace("0123456789abcdef", "0123456789abcdef0123456789ab");
        assertThat(offsets(sha256)).containsExactly(0L);
    }

    @Test
    void whatGitWritesToAFileIsAMailbox() throws IOException {
        String patch = PATCH + "Subject: [PATCH] x\n\n---\n\n";
        assertThat(offsets(patch + patch + patch)).hasSize(3);
        assertThat(offsets(patch + patch + FROM + "\nmail\n\n")).hasSize(3);
    }

    @Test
    void lineThatOnlyResemblesGitsIsJudgedByItsDate() throws IOException {
        for (String line : List.of(
                PATCH.replace("0123456789", "012345678g"),
                PATCH.replace("2001", "2002"),
                PATCH.replace("0123456789", "012345678"),
                PATCH.replace("00:00:00", "00:00:01"))) {
            assertThat(offsets(FROM + "\none\n\n" + line + "\ntwo\n\n"))
                    .as(line)
                    .hasSize(2);
        }
    }

    /** Larger than any block, with the header far behind. */
    @Test
    void longLetterIsBelievedToo() throws IOException {
        String letter = saved(FROM, ("line\n".repeat(50_000) + "\n" + OTHER + "\n").repeat(4));
        String second = saved(OTHER, "two\n");
        assertThat(offsets(letter + second)).containsExactly(0L, (long) letter.length());
    }
}
