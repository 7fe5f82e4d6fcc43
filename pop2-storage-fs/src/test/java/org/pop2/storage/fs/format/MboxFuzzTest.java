package org.pop2.storage.fs.format;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.provider.MethodSource;
import org.pop2.storage.fs.AwkwardMailboxesTest;

/**
 * Looks for octets on which the readers of a mailbox disagree. Runs with {@code -Pfuzz} only; what it ever found is
 * among the mailboxes of {@link AwkwardMailboxesTest}, and so are its seeds.
 */
@Tag("fuzz")
class MboxFuzzTest {
    static Stream<byte[]> seeds() throws IOException {
        return AwkwardMailboxesTest.contents().filter(mailbox -> mailbox.length <= 4096);
    }

    // in libFuzzer's notation, line ends as numbers
    @DictionaryEntries({
        "From ",
        ">From ",
        ">>From ",
        "\\x0A\\x0AFrom a@b Mon Nov 23 12:00:00 2026\\x0A",
        "From a@b Mon Nov 23 12:00:00 2026\\x0A",
        "\\x0D\\x0A",
        "\\x0D\\x0D\\x0A",
        "\\x0A\\x0D\\x0A",
        " remote from ",
        " Thu, 9 Nov 2002 10:20:30 +0200 (EET)",
        "Subject: FOLDER INTERNAL DATA\\x0AX-IMAP: 1 1\\x0A\\x0A",
        "Content-Length: 3\\x0A"
    })
    @MethodSource("seeds")
    @FuzzTest
    void readersAgreeOnAnyOctets(byte[] mailbox) throws IOException {
        Readers.agreeOn(mailbox);
    }
}
