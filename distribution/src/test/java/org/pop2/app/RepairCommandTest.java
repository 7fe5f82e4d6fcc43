package org.pop2.app;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.pop2.app.cli.Stores;
import org.pop2.app.config.Configuration;
import org.pop2.app.config.ConfigurationReader;
import org.pop2.app.config.InvalidConfigurationException;
import org.pop2.storage.FolderName;
import org.pop2.storage.UserName;
import reactor.core.publisher.Mono;

/** {@code pop2d mailbox repair}, on mbox files and on a PostgreSQL. */
class RepairCommandTest extends PostgresCommands {
    private static final String GOOD = "From a@example.org Mon Feb  4 10:00:00 1985\nSubject: one\n\nx\n\n";
    private static final String ODD = "\0".repeat(700) + "\n" + "From a@example.org 1985-02-04T10:00:00Z\n"
            + "Subject: two\n\n>From x\n\n" + GOOD + "From -\nDate: x\n\nno end";

    private void configure(String type) throws IOException {
        write(type);
        // whoever runs the tests owns the mailboxes
        environment.put("POP2D_STORAGE_MBOX_OWNER", System.getProperty("user.name"));
        assertThat(runWith("secret\n", "user", "add", "postel", "--password-stdin"))
                .as(err)
                .isZero();
    }

    private Path inbox(String content) throws IOException {
        Path file = directory.resolve("var/mail/postel");
        Files.createDirectories(file.getParent());
        return Files.writeString(file, content, ISO_8859_1);
    }

    private List<Path> beside(Path file) throws IOException {
        try (Stream<Path> files = Files.list(file.getParent())) {
            return files.filter(it -> !it.equals(file)).toList();
        }
    }

    @Test
    void oddMailboxBecomesOneAndIsKeptAsItWas() throws IOException {
        configure("mbox");
        Path file = inbox(ODD);
        assertThat(run("mailbox", "verify")).isEqualTo(65);

        assertThat(run("mailbox", "repair", "postel", "-n")).as(err).isZero();
        String done = "postel/INBOX: 3 messages; 2 From_ lines rewritten, 700 NULs taken out,"
                + " 1 octet before the first message taken out, last line ended\n";
        assertThat(out).isEqualTo(done);
        assertThat(err).contains("dry run");
        assertThat(Files.readString(file, ISO_8859_1)).isEqualTo(ODD);
        assertThat(beside(file)).isEmpty();

        Object inode = Files.getAttribute(file, "unix:ino");
        assertThat(run("mailbox", "repair", "postel")).as(err).isZero();
        List<Path> beside = beside(file);
        assertThat(beside).singleElement().satisfies(kept -> {
            assertThat(out).isEqualTo(done + "kept as it was: " + kept + "\n");
            assertThat(kept.getFileName().toString())
                    .matches("\\.postel\\.\\d{4}-\\d\\d-\\d\\dT\\d\\d-\\d\\d-\\d\\d\\.\\d{3}Z\\.original");
            assertThat(Files.readString(kept, ISO_8859_1)).isEqualTo(ODD);
        });
        assertThat(Files.getAttribute(file, "unix:ino")).as("in place").isEqualTo(inode);
        assertThat(Files.readString(file, ISO_8859_1))
                .startsWith("From a@example.org Mon Feb  4 10:00:00 1985\nSubject: two\n\n>From x\n\n" + GOOD
                        + "From MAILER-DAEMON ")
                .endsWith("\nDate: x\n\nno end\n");
        assertThat(run("mailbox", "verify")).as(err).isZero();
        assertThat(out).isEqualTo("postel\tINBOX\t3\tok\n");

        assertThat(run("mailbox", "repair", "postel")).isZero();
        assertThat(out).isEqualTo("postel/INBOX: 3 messages; nothing to repair\n");
        assertThat(beside(file)).hasSize(1);
    }

    @Test
    void whatIsKeptOfAFolderIsNoFolder() throws IOException {
        configure("mbox");
        assertThat(runWith(
                        GOOD.substring(GOOD.indexOf('\n') + 1), "deliver", "--user", "postel", "--folder", "lists/x"))
                .as(err)
                .isZero();
        Path file;
        try (Stream<Path> files = Files.walk(directory.resolve("var"))) {
            file = files.filter(it -> it.endsWith("lists/x")).findFirst().orElseThrow();
        }
        Files.writeString(file, ODD, ISO_8859_1);
        assertThat(run("mailbox", "repair", "postel", "lists/x")).as(err).isZero();
        assertThat(beside(file)).hasSize(1);
        assertThat(run("mailbox", "list")).as(err).isZero();
        assertThat(out.lines()).singleElement().asString().startsWith("postel\tlists/x\t3\t");
    }

    @Test
    void whatLooksLikeNoMailboxIsLeftAlone() throws IOException {
        configure("mbox");
        assertThat(run("mailbox", "repair", "postel")).isEqualTo(66);
        assertThat(run("mailbox", "repair", "postel", "none")).isEqualTo(66);
        assertThat(run("mailbox", "repair", "nobody")).isEqualTo(67);
        assertThat(run("mailbox", "repair", "postel", "../x")).isEqualTo(64);
        Path file = inbox("this is no mailbox\n");
        assertThat(run("mailbox", "repair", "postel")).isEqualTo(65);
        assertThat(file).hasContent("this is no mailbox");
        assertThat(beside(file)).isEmpty();
    }

    @Test
    void aMailboxInUseIsNotRepaired() throws Exception {
        configure("mbox");
        Path file = inbox(GOOD + "Subject: no end");
        Boolean done = Stores.work(
                storage(),
                Stores.ADMINISTRATION,
                store -> Mono.usingWhen(
                        store.open(new UserName("postel"), FolderName.INBOX),
                        session -> Mono.fromCallable(() -> {
                            assertThat(run("mailbox", "repair", "postel")).isEqualTo(75);
                            return true;
                        }),
                        session -> session.release(new BitSet())));
        assertThat(done).isTrue();
        assertThat(beside(file)).isEmpty();
        assertThat(run("mailbox", "repair", "postel")).as(err).isZero();
        assertThat(out).startsWith("postel/INBOX: 1 message; last line ended\n");
    }

    private Configuration.Storage storage() throws InvalidConfigurationException {
        return ConfigurationReader.read(
                        directory.resolve("conf/pop2d.conf"),
                        Map.of("POP2D_STORAGE_MBOX_OWNER", System.getProperty("user.name")))
                .storage();
    }

    @Test
    void verifyTellsDoubtfulLinesByTheirOffsets() throws IOException {
        configure("mbox");
        String odd = "From -\nSubject: two\n\ny\n\n";
        String text = GOOD.substring(0, GOOD.indexOf('\n') + 1) + "he wrote this\n\n";
        inbox(GOOD + odd + text);

        assertThat(run("mailbox", "verify")).as(err).isZero();
        assertThat(out).isEqualTo("postel\tINBOX\t2\tok, 2 doubtful lines\n");
        assertThat(err.lines())
                .containsExactly(
                        "pop2d: postel/INBOX: octet " + GOOD.length()
                                + ": begins no message, though it is without a date, and a header field is behind it: From -",
                        "pop2d: postel/INBOX: octet " + (GOOD + odd).length()
                                + ": begins a message, though no header field is behind it:"
                                + " From a@example.org Mon Feb  4 10:00:00 1985");
    }

    @Test
    void postgresqlHasNothingToRepair() throws IOException {
        configure("postgresql");
        assertThat(run("mailbox", "repair", "postel")).as(err).isZero();
        assertThat(out).contains("storage of type postgresql").contains("nothing to repair");
    }
}
