package org.pop2.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Quotas as an administrator sees them, in this process, on mbox files and on a PostgreSQL. */
class QuotaCommandsTest extends PostgresCommands {
    private static final String MAIL = "Subject: x\n\nhello\n";
    private static final int OCTETS = 12 + 2 + 7;

    private void configure(String type) throws IOException {
        write(type);
        // whoever runs the tests owns the mailboxes
        environment.put("POP2D_STORAGE_MBOX_OWNER", System.getProperty("user.name"));
        assertThat(runWith("secret\n", "user", "add", "postel", "--password-stdin"))
                .as(err)
                .isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"mbox", "postgresql"})
    void quotaIsSetShownAndTakenBack(String type) throws Exception {
        configure(type);
        assertThat(run("user", "quota", "postel")).as(err).isZero();
        assertThat(out).isEqualTo("messages\t0\tunlimited\noctets\t0\tunlimited\n");

        assertThat(run("user", "quota", "postel", "--messages", "10")).isZero();
        assertThat(out).isEqualTo("messages\t0\t10\noctets\t0\tunlimited\n");
        assertThat(run("user", "quota", "postel", "--octets", "1KiB")).isZero();
        assertThat(out).as("a limit that is not named stays").isEqualTo("messages\t0\t10\noctets\t0\t1024\n");
        assertThat(run("user", "list")).isZero();
        assertThat(out).isEqualTo("postel\tenabled\t10 messages, 1024 octets\n");

        assertThat(run("user", "disable", "postel")).isZero();
        assertThat(runWith("other\n", "user", "passwd", "postel", "--password-stdin"))
                .isZero();
        assertThat(run("user", "otp", "totp", "postel")).isZero();
        assertThat(run("user", "list")).isZero();
        assertThat(out).as("other changes keep it").isEqualTo("postel\tdisabled\t10 messages, 1024 octets\n");

        environment.put("POP2D_QUOTA_MESSAGES", "7");
        assertThat(run("user", "quota", "postel", "--default")).isZero();
        assertThat(out).isEqualTo("messages\t0\t7\noctets\t0\tunlimited\n");
        assertThat(run("user", "quota", "postel", "--octets", "5k")).isZero();
        assertThat(out).isEqualTo("messages\t0\t7\noctets\t0\t5120\n");
        assertThat(run("user", "quota", "postel", "--unlimited")).isZero();
        assertThat(out).isEqualTo("messages\t0\tunlimited\noctets\t0\tunlimited\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"mbox", "postgresql"})
    void deliveryOverTheQuotaIsRefusedOrDeferredAndNothingIsLost(String type) throws Exception {
        configure(type);
        environment.put("POP2D_QUOTA_OCTETS", Integer.toString(2 * OCTETS));
        assertThat(deliver()).isZero();
        assertThat(deliver()).as("fits exactly: %s", err).isZero();
        assertThat(deliver()).isEqualTo(73);
        assertThat(err).startsWith("pop2d: mailbox full: ").contains("allowed are unlimited messages, 42 octets");
        environment.put("POP2D_QUOTA_OVER", "defer");
        assertThat(deliver()).isEqualTo(75);
        assertThat(err).startsWith("pop2d: not delivered: ");

        assertThat(run("mailbox", "list", "--quota")).as(err).isZero();
        assertThat(out).isEqualTo("postel\t2\t42\tunlimited\t42\n");
        assertThat(run("mailbox", "list")).isZero();
        assertThat(out).isEqualTo("postel\tINBOX\t2\t42\n");

        assertThat(run("user", "quota", "postel", "--messages", "3", "--octets", "0"))
                .isZero();
        assertThat(deliver()).isZero();
        assertThat(deliver()).isEqualTo(75);
    }

    @ParameterizedTest
    @ValueSource(strings = {"mbox", "postgresql"})
    void importStopsAtTheQuotaAndGoesOnWhenThereIsRoom(String type) throws Exception {
        configure(type);
        Path mbox = directory.resolve("old");
        Files.writeString(mbox, ("From a@example.org Mon Feb  4 10:00:00 1985\n" + MAIL + "\n").repeat(3));
        assertThat(run("user", "quota", "postel", "--messages", "2")).isZero();

        assertThat(run("mailbox", "import", "--user", "postel", mbox.toString()))
                .isEqualTo(73);
        assertThat(err).contains("over quota");
        assertThat(run("user", "quota", "postel", "--unlimited")).isZero();
        assertThat(out).startsWith("messages\t2\t");
        assertThat(run("mailbox", "import", "--user", "postel", mbox.toString()))
                .as(err)
                .isZero();
        assertThat(run("user", "quota", "postel")).isZero();
        assertThat(out).as("none twice").startsWith("messages\t3\t");
    }

    @ParameterizedTest
    @ValueSource(strings = {"mbox", "postgresql"})
    void wrongCommandLinesAre64AndAnUnknownUserIs67(String type) throws Exception {
        configure(type);
        for (String[] wrong : new String[][] {
            {"--messages", "-1"},
            {"--messages", "many"},
            {"--octets", "-5"},
            {"--octets", "much"},
            {"--default", "--unlimited"},
            {"--default", "--messages", "1"}
        }) {
            String[] all = new String[3 + wrong.length];
            all[0] = "user";
            all[1] = "quota";
            all[2] = "postel";
            System.arraycopy(wrong, 0, all, 3, wrong.length);
            assertThat(run(all)).as(String.join(" ", all)).isEqualTo(64);
        }
        assertThat(run("user", "quota", "nobody")).isEqualTo(67);
        assertThat(run("user", "quota", "nobody", "--default")).isEqualTo(67);
    }

    private int deliver() {
        return runWith(MAIL, "deliver", "--user", "postel");
    }
}
