package org.pop2.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pop2.app.config.Configuration;
import org.pop2.app.config.ConfigurationReader;
import org.pop2.storage.Account;
import org.pop2.storage.FolderName;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStore;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Quota;
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

    /** The account under the new name as a run leaves it that was killed. */
    private void interrupted(Account account) throws Exception {
        MailStore store = Objects.requireNonNull(
                Mono.from(configuration().storage().open(HoldPolicy.DEFAULT)).block());
        Mono.from(store.accounts().put(account)).block();
        Mono.from(store.close()).block();
    }

    @ParameterizedTest
    @ValueSource(strings = {"mbox", "postgresql"})
    void aKilledRunGoesOnThoughThePasswordWasChanged(String type) throws Exception {
        configure(type);
        deliver("postel", "INBOX", "Subject: INBOX\n\nhello\n");
        String hex = HexFormat.of().formatHex("postel".getBytes(StandardCharsets.UTF_8));
        interrupted(new Account(new UserName("jon"), "{RENAMING}" + hex, false, Optional.of(Quota.UNLIMITED)));
        // one of the equal messages had been copied; another one came by itself, at another time
        assertThat(run("mailbox", "export", "--user", "postel", "--to", directory + "/one"))
                .isZero();
        String mail = Files.readString(directory.resolve("one"));
        Files.writeString(directory.resolve("one"), mail.substring(0, mail.indexOf("\n\nFrom ") + 2));
        assertThat(run("mailbox", "import", "--user", "jon", directory + "/one"))
                .as(err)
                .isZero();
        Files.writeString(
                directory.resolve("other"),
                "From jkr@example.org Mon Feb  4 10:00:00 1985\nSubject: INBOX\n\nhello\n\n");
        assertThat(run("mailbox", "import", "--user", "jon", directory + "/other"))
                .as(err)
                .isZero();
        assertThat(runWith("other\n", "user", "passwd", "postel", "--password-stdin"))
                .isZero();

        assertThat(run("user", "rename", "postel", "other")).isEqualTo(65);
        assertThat(err).contains("first pop2d user rename postel jon");
        assertThat(run("user", "rename", "postel", "jon")).as(err).isZero();
        assertThat(run("user", "list")).isZero();
        assertThat(out).isEqualTo("jon\tenabled\n");
        assertThat(run("mailbox", "list")).isZero();
        assertThat(out).contains("jon\tINBOX\t4\t", "jon\tlists/rfc\t1\t");
    }

    @ParameterizedTest
    @ValueSource(strings = {"mbox", "postgresql"})
    void aRunThatWasKilledAtItsEndGoesOn(String type) throws Exception {
        configure(type);
        assertThat(run("user", "quota", "postel", "--messages", "9")).isZero();
        Configuration configuration = configuration();
        MailStore store = Objects.requireNonNull(
                Mono.from(configuration.storage().open(HoldPolicy.DEFAULT)).block());
        Account postel = Objects.requireNonNull(
                Mono.from(store.accounts().find(new UserName("postel"))).block());
        Mono.from(store.close()).block();
        String hex = HexFormat.of().formatHex("postel".getBytes(StandardCharsets.UTF_8));
        interrupted(new Account(
                new UserName("jon"),
                "{RENAMING}" + hex + " enabled " + postel.quota().orElseThrow().rule() + " " + postel.passwordHash(),
                false,
                Optional.of(Quota.UNLIMITED)));
        assertThat(run("user", "remove", "postel")).isZero();

        assertThat(run("user", "rename", "postel", "jon")).as(err).isZero();
        assertThat(out).isEqualTo("renamed postel to jon; moved 3 messages\n");
        assertThat(run("user", "list")).isZero();
        assertThat(out).startsWith("jon\tenabled\t").contains("9");
        store = Objects.requireNonNull(
                Mono.from(configuration.storage().open(HoldPolicy.DEFAULT)).block());
        assertThat(Mono.from(store.accounts().find(new UserName("jon"))).block())
                .isEqualTo(new Account(new UserName("jon"), postel.passwordHash(), true, postel.quota()));
        Mono.from(store.close()).block();
        assertThat(run("user", "rename", "postel", "jon")).isEqualTo(67);
    }

    @ParameterizedTest
    @ValueSource(strings = {"mbox", "postgresql"})
    void mailOfAUserWhoIsGoneIsNotGivenToAnother(String type) throws Exception {
        configure(type);
        Path users = Files.writeString(directory.resolve("users"), "pla:{PLAIN}sesame\nplb:{PLAIN}sesame\n");
        assertThat(run("user", "import", users.toString())).as(err).isZero();
        assertThat(run("user", "rename", "pla", "plb")).isEqualTo(65);
        assertThat(run("user", "remove", "postel")).isZero();
        assertThat(run("user", "rename", "postel", "plb")).isEqualTo(67);
        assertThat(run("mailbox", "list", "--user", "postel")).isZero();
        assertThat(out).contains("postel\tINBOX\t2\t");
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
