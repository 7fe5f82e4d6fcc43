package org.pop2.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pop2.app.config.Configuration;
import org.pop2.app.config.ConfigurationReader;
import org.pop2.storage.FolderName;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStore;
import org.pop2.storage.Mailbox;
import org.pop2.storage.UserName;
import reactor.core.publisher.Mono;

/** A user gets another name, on mbox files and on a PostgreSQL. */
class UserRenameCommandTest extends PostgresCommands {

    private void configure(String type) throws IOException {
        write(type);
        environment.put("POP2D_STORAGE_MBOX_OWNER", System.getProperty("user.name"));
        add("postel");
        for (String folder : new String[] {"INBOX", "INBOX", "lists/rfc"}) {
            deliver("postel", folder, "Subject: " + folder + "\n\nhello\n");
        }
    }

    private void add(String user) {
        assertThat(runWith("secret\n", "user", "add", user, "--password-stdin"))
                .as(err)
                .isZero();
    }

    private void deliver(String user, String folder, String message) {
        assertThat(runWith(message, "deliver", "--user", user, "--folder", folder, "--sender", "jkr@example.org"))
                .as(err)
                .isZero();
    }

    private Configuration configuration() throws Exception {
        return ConfigurationReader.read(directory.resolve("conf/pop2d.conf"), environment);
    }

    private String export(String user, String folder) {
        assertThat(run("mailbox", "export", "--user", user, "--folder", folder, "--to", "-"))
                .as(err)
                .isZero();
        return out;
    }

    @ParameterizedTest
    @ValueSource(strings = {"mbox", "postgresql"})
    void accountAndMailHaveTheNewName(String type) throws Exception {
        configure(type);
        assertThat(run("user", "quota", "postel", "--messages", "3")).isZero();
        String before = export("postel", "INBOX");

        assertThat(run("user", "rename", "postel", "jon")).as(err).isZero();
        assertThat(out).isEqualTo("renamed postel to jon; moved 3 messages\n");
        assertThat(run("user", "list")).isZero();
        assertThat(out).startsWith("jon\tenabled\t").doesNotContain("postel");
        assertThat(run("mailbox", "list", "--quota")).isZero();
        assertThat(out).startsWith("jon\t3\t").contains("\t3\t");
        assertThat(export("jon", "INBOX")).isEqualTo(before);
        assertThat(export("jon", "lists/rfc")).contains("From jkr@example.org ", "Subject: lists/rfc");

        // nothing is left for somebody who gets the old name
        add("postel");
        assertThat(err).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"mbox", "postgresql"})
    void aUserWhoIsDisabledStaysSo(String type) throws Exception {
        configure(type);
        assertThat(run("user", "disable", "postel")).isZero();
        assertThat(run("user", "rename", "postel", "jon")).as(err).isZero();
        assertThat(run("user", "list")).isZero();
        assertThat(out).startsWith("jon\tdisabled");
    }

    @ParameterizedTest
    @ValueSource(strings = {"mbox", "postgresql"})
    void aMailboxInUseIsMovedByTheNextRun(String type) throws Exception {
        configure(type);
        environment.put("POP2D_MAILBOX_BUSY_WAIT", "0s");
        MailStore store = Objects.requireNonNull(
                Mono.from(configuration().storage().open(HoldPolicy.DEFAULT)).block());
        Mailbox held = Objects.requireNonNull(Mono.from(store.open(
                        new UserName("postel"), FolderName.of("lists/rfc").orElseThrow()))
                .block());

        assertThat(run("user", "rename", "postel", "jon")).isEqualTo(75);
        assertThat(err).contains("postel/lists/rfc").contains("run the command again");
        assertThat(run("user", "list")).isZero();
        assertThat(out).contains("jon\tdisabled").contains("postel\tenabled");
        Mono.from(held.release(new BitSet())).block();
        Mono.from(store.close()).block();
        // accepted for both names meanwhile
        deliver("postel", "INBOX", "Subject: late\n\nx\n");
        deliver("jon", "INBOX", "Subject: new\n\nx\n");

        assertThat(run("user", "rename", "postel", "jon")).as(err).isZero();
        assertThat(run("user", "list")).isZero();
        assertThat(out).startsWith("jon\tenabled");
        assertThat(run("mailbox", "list")).isZero();
        assertThat(out).contains("jon\tINBOX\t4\t", "jon\tlists/rfc\t1\t").doesNotContainPattern("postel\t\\S+\t[1-9]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"mbox", "postgresql"})
    void whatAKilledRunLeftIsMovedAndNothingTwice(String type) throws Exception {
        configure(type);
        assertThat(run("user", "rename", "postel", "jon")).isZero();
        // as if the account had been removed, and mail had come just before
        add("postel");
        deliver("postel", "INBOX", "Subject: late\n\nx\n");
        assertThat(run("user", "remove", "postel")).isZero();

        assertThat(run("user", "rename", "postel", "jon")).as(err).isZero();
        assertThat(out).isEqualTo("moved what was left of postel to jon; moved 1 message\n");
        assertThat(run("user", "rename", "postel", "jon")).isEqualTo(67);
        assertThat(run("mailbox", "list", "--user", "jon")).isZero();
        assertThat(out).contains("jon\tINBOX\t3\t");
    }

    @ParameterizedTest
    @ValueSource(strings = {"mbox", "postgresql"})
    void anotherUserAndHisMailAreLeftAlone(String type) throws Exception {
        configure(type);
        add("jon");
        assertThat(run("user", "rename", "postel", "jon")).isEqualTo(65);
        assertThat(err).isEqualTo("pop2d: there is a user jon already\n");
        deliver("jon", "INBOX", "Subject: his\n\nx\n");
        assertThat(run("user", "remove", "jon")).isZero();
        assertThat(run("user", "rename", "postel", "jon")).isEqualTo(65);
        assertThat(err).startsWith("pop2d: there is mail of jon already");
        assertThat(run("user", "rename", "nobody", "somebody")).isEqualTo(67);
        assertThat(run("user", "rename", "postel", "POSTEL")).isEqualTo(64);
        assertThat(run("user", "rename", "postel", "../x")).isEqualTo(65);
        assertThat(run("user", "list")).isZero();
        assertThat(out).startsWith("postel\tenabled");
        assertThat(run("mailbox", "list", "--user", "postel")).isZero();
        assertThat(out).contains("postel\tINBOX\t2\t", "postel\tlists/rfc\t1\t");
    }

    @Test
    void theConfigurationThatNamesTheUserIsPointedOut() throws Exception {
        configure("mbox");
        Path password = Files.writeString(directory.resolve("conf/p"), "x\n");
        Files.writeString(
                directory.resolve("conf/pop2d.conf"),
                "\ncollect.work { user = postel, from = \"imaps://p@imap.example.org/INBOX\", password-file = \""
                        + password + "\" }\nprofile.users = [\"postel jnos\"]\n",
                StandardOpenOption.APPEND);
        assertThat(run("user", "rename", "postel", "jon")).as(err).isZero();
        assertThat(err).contains("collect.work.user is still postel").contains("profile.users still names postel");
    }
}
