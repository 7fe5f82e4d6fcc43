package org.pop2.app;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sender and date of messages that are imported, copied and exported, on both storages. */
class EnvelopesTest extends PostgresCommands {
    private static final String ONE = "Subject: one\n\n>From here on\n\n";
    private static final String TWO = "Date: Mon, 04 Feb 1985 11:00:00 +0100\n\nno other date\n\n";
    private static final String THREE = "Return-Path: <other@example.org>\nSubject: three\n\nx\n\n";

    @ParameterizedTest
    @ValueSource(strings = {"mbox", "postgresql"})
    void anMboxThatGoesInAndOutIsTheSame(String type) throws Exception {
        configure(type);
        String mbox = "From jkr@example.org Mon Feb  4 10:00:00 1985\n" + ONE
                + "From jon Thu Jan  1 00:00:00 1970\n" + THREE
                + "From MAILER-DAEMON Sat Nov 28 23:59:59 2026\n" + TWO;
        Path source = Files.writeString(directory.resolve("in.mbox"), mbox, ISO_8859_1);

        assertThat(run("mailbox", "import", "--user", "postel", source.toString()))
                .as(err)
                .isZero();
        assertThat(run("mailbox", "export", "--user", "postel", "--to", "-"))
                .as(err)
                .isZero();

        assertThat(out).isEqualTo(mbox);
    }

    @ParameterizedTest
    @ValueSource(strings = {"mbox", "postgresql"})
    void whatDiffersIsWhatTheManualNames(String type) throws Exception {
        configure(type);
        String mbox = "\n\nFrom jkr@example.org Mon Feb  4 10:00:00 1985 +0100\r\nSubject: zone\r\n\r\nx\r\n\r\n"
                + "From \n" + TWO
                + "From - Sat Apr 12 2025 15:59:28\n" + ONE
                + "From a@example.org lun jan  4 10:00:00 1985\nDate: Mon, 04 Feb 1985 11:00:00 +0100\n\nno end";
        Path source = Files.writeString(directory.resolve("in.mbox"), mbox, ISO_8859_1);

        assertThat(run("mailbox", "import", "--user", "postel", source.toString()))
                .as(err)
                .isZero();
        assertThat(run("mailbox", "export", "--user", "postel", "--to", "-"))
                .as(err)
                .isZero();

        assertThat(out)
                .isEqualTo("From jkr@example.org Mon Feb  4 09:00:00 1985\nSubject: zone\n\nx\n\n"
                        + "From MAILER-DAEMON Mon Feb  4 10:00:00 1985\n" + TWO
                        + "From MAILER-DAEMON Sat Apr 12 15:59:28 2025\n" + ONE
                        + "From a@example.org Fri Jan  4 10:00:00 1985\n"
                        + "Date: Mon, 04 Feb 1985 11:00:00 +0100\n\nno end\n\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"mbox", "postgresql"})
    void aMessageOfItsOwnHasTheDateOfItsHeader(String type) throws Exception {
        configure(type);
        Path source = Files.writeString(directory.resolve("x.eml"), TWO.stripTrailing() + "\n", ISO_8859_1);

        assertThat(run("mailbox", "import", "--user", "postel", source.toString()))
                .as(err)
                .isZero();
        assertThat(run("mailbox", "export", "--user", "postel", "--to", "-"))
                .as(err)
                .isZero();

        assertThat(out).isEqualTo("From MAILER-DAEMON Mon Feb  4 10:00:00 1985\n" + TWO);
    }

    @ParameterizedTest
    @ValueSource(strings = {"mbox", "postgresql"})
    void aCopyKeepsSenderAndDate(String type) throws Exception {
        configure(type);
        String mbox = "From jkr@example.org Mon Feb  4 10:00:00 1985\n" + ONE;
        Path source = Files.writeString(directory.resolve("in.mbox"), mbox, ISO_8859_1);
        assertThat(run("mailbox", "import", "--user", "postel", source.toString()))
                .as(err)
                .isZero();
        Path from = directory.resolve("conf/pop2d.conf");
        Path to = directory.resolve("there/conf/pop2d.conf");
        Files.createDirectories(to.getParent());
        Files.writeString(to, "storage.type = mbox\n");

        assertThat(run("mailbox", "copy", "--from", from.toString(), "--to", to.toString()))
                .as(err)
                .isZero();

        assertThat(directory.resolve("there/var/mail/postel")).hasContent(mbox);
    }

    private void configure(String type) throws IOException {
        write(type);
        // whoever runs the tests owns the mailboxes
        environment.put("POP2D_STORAGE_MBOX_OWNER", System.getProperty("user.name"));
        assertThat(runWith("secret\n", "user", "add", "postel", "--password-stdin"))
                .as(err)
                .isZero();
    }
}
