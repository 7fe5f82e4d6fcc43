package org.pop2.app;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Quotas as an administrator sees them, in this process, on mbox files and on a PostgreSQL. */
class QuotaCommandsTest {
    private static final String MAIL = "Subject: x\n\nhello\n";
    private static final int OCTETS = 12 + 2 + 7;
    private static int databases;

    @SuppressWarnings("NullAway.Init")
    private static EmbeddedPostgres postgres;

    @TempDir
    private Path directory;

    private final Map<String, String> environment = new HashMap<>();
    private String out = "";
    private String err = "";

    @BeforeAll
    static void start() throws IOException {
        postgres = EmbeddedPostgres.builder().setServerConfig("fsync", "off").start();
    }

    @AfterAll
    static void stop() throws IOException {
        postgres.close();
    }

    private void configure(String type) throws IOException, SQLException {
        String database = "quota_" + ++databases;
        try (Connection connection = DriverManager.getConnection(postgres.getJdbcUrl("postgres", "postgres"));
                Statement sql = connection.createStatement()) {
            sql.execute("CREATE DATABASE " + database);
        }
        Files.createDirectories(directory.resolve("conf"));
        Files.writeString(
                directory.resolve("conf/pop2d.conf"),
                "storage.type = " + type + "\nstorage.postgresql { url = \"postgresql://127.0.0.1:" + postgres.getPort()
                        + "/" + database + "\", user = postgres, password = postgres }\n");
        environment.put("POP2D_HOME", directory.toString());
        // whoever runs the tests owns the mailboxes
        environment.put("POP2D_STORAGE_MBOX_OWNER", System.getProperty("user.name"));
        assertThat(run("secret\n", "user", "add", "postel", "--password-stdin"))
                .as(err)
                .isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"mbox", "postgresql"})
    void quotaIsSetShownAndTakenBack(String type) throws Exception {
        configure(type);
        assertThat(run("", "user", "quota", "postel")).as(err).isZero();
        assertThat(out).isEqualTo("messages\t0\tunlimited\noctets\t0\tunlimited\n");

        assertThat(run("", "user", "quota", "postel", "--messages", "10")).isZero();
        assertThat(out).isEqualTo("messages\t0\t10\noctets\t0\tunlimited\n");
        assertThat(run("", "user", "quota", "postel", "--octets", "1KiB")).isZero();
        assertThat(out).as("a limit that is not named stays").isEqualTo("messages\t0\t10\noctets\t0\t1024\n");
        assertThat(run("", "user", "list")).isZero();
        assertThat(out).isEqualTo("postel\tenabled\t10 messages, 1024 octets\n");

        assertThat(run("", "user", "disable", "postel")).isZero();
        assertThat(run("other\n", "user", "passwd", "postel", "--password-stdin"))
                .isZero();
        assertThat(run("", "user", "otp", "totp", "postel")).isZero();
        assertThat(run("", "user", "list")).isZero();
        assertThat(out).as("other changes keep it").isEqualTo("postel\tdisabled\t10 messages, 1024 octets\n");

        environment.put("POP2D_QUOTA_MESSAGES", "7");
        assertThat(run("", "user", "quota", "postel", "--default")).isZero();
        assertThat(out).isEqualTo("messages\t0\t7\noctets\t0\tunlimited\n");
        assertThat(run("", "user", "quota", "postel", "--octets", "5k")).isZero();
        assertThat(out).isEqualTo("messages\t0\t7\noctets\t0\t5120\n");
        assertThat(run("", "user", "quota", "postel", "--unlimited")).isZero();
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

        assertThat(run("", "mailbox", "list", "--quota")).as(err).isZero();
        assertThat(out).isEqualTo("postel\t2\t42\tunlimited\t42\n");
        assertThat(run("", "mailbox", "list")).isZero();
        assertThat(out).isEqualTo("postel\tINBOX\t2\t42\n");

        assertThat(run("", "user", "quota", "postel", "--messages", "3", "--octets", "0"))
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
        assertThat(run("", "user", "quota", "postel", "--messages", "2")).isZero();

        assertThat(run("", "mailbox", "import", "--user", "postel", mbox.toString()))
                .isEqualTo(73);
        assertThat(err).contains("over quota");
        assertThat(run("", "user", "quota", "postel", "--unlimited")).isZero();
        assertThat(out).startsWith("messages\t2\t");
        assertThat(run("", "mailbox", "import", "--user", "postel", mbox.toString()))
                .as(err)
                .isZero();
        assertThat(run("", "user", "quota", "postel")).isZero();
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
            assertThat(run("", all)).as(String.join(" ", all)).isEqualTo(64);
        }
        assertThat(run("", "user", "quota", "nobody")).isEqualTo(67);
        assertThat(run("", "user", "quota", "nobody", "--default")).isEqualTo(67);
    }

    private int deliver() {
        return run(MAIL, "deliver", "--user", "postel");
    }

    private int run(String input, String... arguments) {
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        ByteArrayOutputStream complained = new ByteArrayOutputStream();
        int exitCode = Main.run(
                new Terminal(
                        new ByteArrayInputStream(input.getBytes(ISO_8859_1)),
                        new PrintStream(written, true, ISO_8859_1),
                        new PrintStream(complained, true, ISO_8859_1),
                        environment,
                        Optional.empty()),
                arguments);
        out = written.toString(ISO_8859_1);
        err = complained.toString(ISO_8859_1);
        return exitCode;
    }
}
