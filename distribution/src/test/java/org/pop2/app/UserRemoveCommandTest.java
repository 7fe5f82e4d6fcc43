package org.pop2.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of the mail when its user goes, on mbox files and on a PostgreSQL. */
class UserRemoveCommandTest extends PostgresCommands {

    private void configure(String type) throws IOException {
        write(type);
        environment.put("POP2D_STORAGE_MBOX_OWNER", System.getProperty("user.name"));
        add();
        assertThat(err).isEmpty();
        for (String folder : new String[] {"INBOX", "work"}) {
            assertThat(runWith("Subject: x\n\nhello\n", "deliver", "--user", "postel", "--folder", folder))
                    .as(err)
                    .isZero();
        }
    }

    private void add() {
        assertThat(runWith("secret\n", "user", "add", "postel", "--password-stdin"))
                .as(err)
                .isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"mbox", "postgresql"})
    void theMailStaysAndWhoeverGetsTheNameIsWarned(String type) throws Exception {
        configure(type);
        assertThat(run("user", "remove", "postel")).as(err).isZero();
        assertThat(out)
                .isEqualTo("removed postel; the mail stays, 2 messages: pop2d user remove postel --purge deletes it\n");

        add();
        assertThat(err)
                .isEqualTo(
                        "pop2d: there is mail for postel already, 2 messages: see pop2d mailbox list --user postel\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"mbox", "postgresql"})
    void theMailGoesIfThatIsWished(String type) throws Exception {
        configure(type);
        assertThat(run("user", "remove", "postel", "--purge")).as(err).isZero();
        assertThat(out).isEqualTo("removed postel; deleted 2 messages\n");

        add();
        assertThat(err).isEmpty();
        assertThat(run("mailbox", "list", "--quota")).isZero();
        assertThat(out).startsWith("postel\t0\t0\t");
    }

    @ParameterizedTest
    @ValueSource(strings = {"mbox", "postgresql"})
    void mailOfAUserWhoIsGoneCanStillBeDeleted(String type) throws Exception {
        configure(type);
        assertThat(run("user", "remove", "postel", "--keep-mail")).isZero();
        assertThat(run("user", "remove", "postel")).isEqualTo(67);
        assertThat(run("user", "remove", "postel", "--purge")).as(err).isZero();
        assertThat(out).isEqualTo("there was no user postel; deleted 2 messages\n");
        assertThat(run("user", "remove", "postel", "--purge")).isEqualTo(67);
    }

    @Test
    void aPurgeThatFailsSaysSoAndCanBeFinished() throws Exception {
        configure("mbox");
        Path inbox = directory.resolve("var/mail/postel");
        Files.writeString(inbox, "no mailbox\n");
        for (String said : new String[] {"removed postel; ", "there was no user postel; "}) {
            assertThat(run("user", "remove", "postel", "--purge")).isEqualTo(65);
            assertThat(err)
                    .startsWith("pop2d: " + said + "not all of the mail: ")
                    .contains(inbox.toString(), "run the command again");
        }

        Files.writeString(inbox, "From a@b.c Mon Feb  4 10:00:00 1985\nSubject: x\n\nx\n\n");
        assertThat(run("user", "remove", "postel", "--purge")).as(err).isZero();
        assertThat(out).startsWith("there was no user postel; deleted ");
        assertThat(inbox).isEmptyFile();
        assertThat(run("user", "remove", "postel", "--purge")).isEqualTo(67);
    }
}
