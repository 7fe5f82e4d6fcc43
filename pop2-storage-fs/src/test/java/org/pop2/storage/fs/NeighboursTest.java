package org.pop2.storage.fs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pop2.storage.fs.TestStores.ALICE;
import static org.pop2.storage.fs.TestStores.PATIENCE;
import static org.pop2.storage.fs.TestStores.close;
import static org.pop2.storage.fs.TestStores.deliver;
import static org.pop2.storage.fs.TestStores.open;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pop2.storage.Examined;
import org.pop2.storage.Examined.Severity;
import org.pop2.storage.FolderName;
import reactor.core.publisher.Flux;

/** Programs are known by what they leave in a mailbox, and who chose other settings is told. */
class NeighboursTest {
    private static final String FROM = "From jkr@example.org Mon Nov 23 12:00:00 2026\nSubject: 1\n";
    private static final String POSTFIX = FROM + "\n>From me\n\n";
    private static final String MAILDROP = FROM + "\n>From me\n>>From you\n\n";
    /** Dovecot's: the body says that it is a letter's own. */
    private static final String DOVECOT = FROM + "Content-Length: 20\n\nFrom me\n>From there\n\n";

    private static final String ALPINE = """
            From MAILER-DAEMON Mon Nov 23 12:00:00 2026
            Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA
            X-IMAP: 1796014072 0000000077
            Status: RO

            Not a message.

            """;
    private static final String NUMBERED = FROM + "X-IMAPbase: 1796014072 0000000001\nX-UID: 1\n\none\n\n";

    @TempDir
    Path directory;

    private List<Examined.Finding> examined(Map<String, String> settings, String mailbox) throws IOException {
        Files.createDirectories(directory.resolve("var/mail"));
        Files.writeString(directory.resolve("var/mail/alice"), mailbox);
        return examined(settings);
    }

    private List<Examined.Finding> examined(Map<String, String> settings) {
        MboxStore store = open(directory, settings);
        try {
            return Objects.requireNonNull(
                    Flux.from(store.examine(List.of(ALICE))).collectList().block(PATIENCE));
        } finally {
            close(store);
        }
    }

    @Test
    void whatIsNoMailboxIsNamed() throws IOException {
        Path inbox = directory.resolve("var/mail/alice");
        assertSilent("quoting", "none", "");
        for (String text : List.of("no mailbox\n>From me\n", "\0".repeat(1000))) {
            assertThat(examined(Map.of(), text)).singleElement().satisfies(finding -> {
                assertThat(finding.severity()).isEqualTo(Severity.FAIL);
                assertThat(finding.text()).startsWith(inbox.toString()).contains("not a mailbox");
            });
        }
        Files.delete(inbox);
        assertThat(examined(Map.of())).isEmpty();
        Files.createSymbolicLink(inbox, directory.resolve("elsewhere"));
        assertThat(examined(Map.of()))
                .singleElement()
                .satisfies(finding -> assertThat(finding.text()).contains("symbolic link"));
        Files.delete(inbox);
        Files.createDirectory(inbox);
        assertThat(examined(Map.of()))
                .singleElement()
                .satisfies(finding -> assertThat(finding.text()).contains("directory"));
    }

    private void assertWarned(String setting, String value, String mailbox, String... words) throws IOException {
        assertThat(examined(Map.of(setting, value), mailbox))
                .as(setting + " = " + value)
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.severity()).isEqualTo(Severity.WARN);
                    assertThat(finding.text())
                            .startsWith(directory.resolve("var/mail/alice").toString())
                            .contains(words);
                });
    }

    private void assertSilent(String setting, String value, String mailbox) throws IOException {
        assertThat(examined(Map.of(setting, value), mailbox))
                .as(setting + " = " + value)
                .isEmpty();
    }

    @Test
    void whatGoesTogetherIsNotSpokenOf() throws IOException {
        for (String quoting : List.of("mboxo", "mboxrd")) {
            assertSilent("quoting", quoting, POSTFIX);
        }
        assertSilent("quoting", "mboxrd", MAILDROP);
        assertSilent("quoting", "none", DOVECOT);
        for (String locking : List.of("both", "fcntl", "dotlock")) {
            assertSilent("locking", locking, POSTFIX);
        }
        assertSilent("locking", "both", ALPINE);
        assertSilent("locking", "both", NUMBERED);
    }

    @Test
    void programThatDoesNotQuoteIsToldFromOnesThatDo() throws IOException {
        for (String quoting : List.of("mboxo", "mboxrd")) {
            assertWarned("quoting", quoting, POSTFIX + DOVECOT, "Dovecot", "storage.mbox.quoting = none");
        }
    }

    @Test
    void marksThatNobodyTakesOffAreNamed() throws IOException {
        assertWarned("quoting", "none", POSTFIX, "Postfix", "mboxo");
        assertWarned("quoting", "none", MAILDROP, "maildrop", "mboxrd");
        assertWarned("quoting", "mboxo", MAILDROP, "maildrop", "mboxrd");
    }

    @Test
    void imapWantsBothLocks() throws IOException {
        for (String mailbox : List.of(ALPINE, NUMBERED)) {
            assertWarned("locking", "dotlock", mailbox, "fcntl", "storage.mbox.locking = both");
            assertWarned("locking", "fcntl", mailbox, "dot-lock", "storage.mbox.locking = both");
        }
    }

    @Test
    void linesWithoutLengthAreNoTrace() throws IOException {
        // text that merely begins so, in mail of whoever
        assertSilent("quoting", "mboxrd", FROM + "\nFrom me\n\n");
        // a letter that Dovecot stored may have such lines of its own
        assertSilent("quoting", "none", FROM + "Content-Length: 12\n\n>From there\n\n");
        assertSilent("quoting", "none", FROM + ">From: a header\n\none\n\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"mboxrd", "mboxo", "none"})
    void ownDeliveriesGoWithTheSetting(String quoting) {
        MboxStore store = open(directory, Map.of("quoting", quoting));
        TestStores.addAlice(store);
        deliver(store, FolderName.INBOX, "Subject: 1\r\n\r\nFrom me\r\n>From you\r\n");
        close(store);
        assertThat(examined(Map.of("quoting", quoting)))
                .as("mboxo cannot say it otherwise")
                .isEmpty();
    }

    @Test
    void onlyTheBeginningIsRead() throws IOException {
        String long1 = FROM + "\n" + "one line of text that is 40 octets long\n".repeat(30_000) + "\n";
        assertSilent("quoting", "none", long1 + POSTFIX);
        assertWarned("quoting", "none", POSTFIX + long1, "mboxo");
    }

    @Test
    void mailboxesThatAreAlikeAreOneFinding() throws IOException {
        Files.createDirectories(directory.resolve("var/folders/alice"));
        for (int folder = 0; folder < 40; folder++) {
            Files.writeString(directory.resolve("var/folders/alice/f" + folder), POSTFIX);
        }
        assertThat(examined(Map.of("quoting", "none")))
                .singleElement()
                .satisfies(finding -> assertThat(finding.text()).contains(" and 31 more: "));
    }
}
