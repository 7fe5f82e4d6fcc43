package org.pop2.app.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * fetchmail and getmail bring mail from another provider to the packaged server, with the recipes of the manual page,
 * on both storages. Needs root on a Debian.
 */
@Tag("interop")
@Timeout(300)
class MailFetchersIT {
    private static final String DOMAIN = "interop.example";
    private static final String[] LMTP = {"lmtp { address = \"127.0.0.1:0\", domains = [" + DOMAIN + "] }"};
    private static final String SHORT = "Subject: short\r\nMessage-ID: <2@example.org>\r\n\r\nHello\r\n";

    @TempDir
    private Path directory;

    @Test
    void fetchmailBringsMailByLmtpIntoMbox() throws Exception {
        brings(new Instance(directory, LMTP), this::fetchmail);
    }

    @Test
    void fetchmailBringsMailByLmtpIntoPostgresql() throws Exception {
        try (SharedDatabase database = new SharedDatabase()) {
            brings(SharedDatabase.node(directory, "node", database.port(), LMTP), this::fetchmail);
        }
    }

    @Test
    void fetchmailBringsMailByDeliverIntoPostgresql() throws Exception {
        try (SharedDatabase database = new SharedDatabase()) {
            brings(SharedDatabase.node(directory, "node", database.port(), LMTP), this::fetchmailByDeliver);
        }
    }

    @Test
    void getmailBringsMailByDeliverIntoMbox() throws Exception {
        brings(new Instance(directory, LMTP), this::getmail);
    }

    @Test
    void getmailBringsMailByDeliverIntoPostgresql() throws Exception {
        try (SharedDatabase database = new SharedDatabase()) {
            brings(SharedDatabase.node(directory, "node", database.port(), LMTP), this::getmail);
        }
    }

    @Test
    void fetchmailLeavesMailOverQuotaWhereItIs() throws Exception {
        leavesWhatIsNotTaken(this::fetchmailByDeliver);
    }

    @Test
    void getmailLeavesMailOverQuotaWhereItIs() throws Exception {
        leavesWhatIsNotTaken(this::getmail);
    }

    private void leavesWhatIsNotTaken(Fetching program) throws Exception {
        Instance instance = new Instance(directory, "quota.messages = 1");
        withServer(instance, provider -> {
            String said = program.run(instance, provider);
            assertThat(LmtpProgramsIT.mail(instance, "postel")).as(said).hasSize(1);
            assertThat(provider.left()).as(said).isEqualTo(1);
            assertThat(instance.run("", "user", "quota", "postel", "--unlimited"))
                    .isZero();
            said = program.run(instance, provider);
            List<String> mail = LmtpProgramsIT.mail(instance, "postel");
            assertThat(mail).as(said).hasSize(2);
            assertThat(mail.get(0)).as(said).endsWith(body(LmtpProgramsIT.AWKWARD));
            assertThat(mail.get(1)).as(said).endsWith(body(SHORT));
            assertThat(provider.left()).as(said).isZero();
        });
    }

    /** A program that fetches, run once; what it said. */
    private interface Fetching {
        String run(Instance instance, Pop3Provider provider) throws IOException, InterruptedException;
    }

    private interface Work {
        void run(Pop3Provider provider) throws IOException, InterruptedException;
    }

    private void withServer(Instance instance, Work test) throws Exception {
        DebianPackages.install(Map.of("/usr/bin/fetchmail", "fetchmail", "/usr/bin/getmail", "getmail6"));
        assertThat(instance.run("secret\n", "user", "add", "postel", "--password-stdin"))
                .isZero();
        instance.start();
        try (Pop3Provider provider = new Pop3Provider(List.of(LmtpProgramsIT.AWKWARD, SHORT))) {
            test.run(provider);
        } finally {
            instance.close();
        }
    }

    private void brings(Instance instance, Fetching program) throws Exception {
        withServer(instance, provider -> {
            String said = program.run(instance, provider);
            List<String> mail = LmtpProgramsIT.mail(instance, "postel");
            assertThat(mail).as(said).hasSize(2);
            // with fields that the program has added
            assertThat(mail.get(0)).as(said).endsWith(body(LmtpProgramsIT.AWKWARD));
            assertThat(mail.get(1)).as(said).endsWith(body(SHORT));
            assertThat(provider.left()).as(said).isZero();
        });
    }

    private static String body(String message) {
        return message.substring(message.indexOf("\r\n\r\n"));
    }

    private String fetchmail(Instance instance, Pop3Provider provider) throws IOException, InterruptedException {
        return fetchmail(
                provider,
                LmtpProgramsIT.recipe("fetchmail by LMTP")
                        .replace("127.0.0.1/24", "127.0.0.1/" + instance.lmtpPort())
                        .replace("smtpaddress example.org", "smtpaddress " + DOMAIN));
    }

    private String fetchmailByDeliver(Instance instance, Pop3Provider provider)
            throws IOException, InterruptedException {
        return fetchmail(
                provider,
                LmtpProgramsIT.recipe("fetchmail, which takes")
                        .replace("/opt/pop2-server-0.1.0/bin/pop2d", Instance.UNPACKED + "/bin/pop2d")
                        .replace("deliver", "deliver --config " + instance.configuration()));
    }

    private String fetchmail(Pop3Provider provider, String recipe) throws IOException, InterruptedException {
        String lines = recipe.replace(
                        "pop.example.net protocol pop3", "127.0.0.1 protocol pop3 port " + provider.port())
                // a provider without TLS
                .replace("\"postel\" here", "\"postel\" here password \"jons\" sslproto ''");
        Path file = Files.writeString(directory.resolve("fetchmailrc"), lines);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        return Tool.run(List.of(
                        "env",
                        "FETCHMAILHOME=" + directory,
                        "/usr/bin/fetchmail",
                        "--nodetach",
                        "--nosyslog",
                        "-v",
                        "--fetchmailrc",
                        file.toString()))
                .output();
    }

    private String getmail(Instance instance, Pop3Provider provider) throws IOException, InterruptedException {
        List<String> lines = new ArrayList<>(List.of(
                "[retriever]",
                "type = SimplePOP3Retriever",
                "server = 127.0.0.1",
                "port = " + provider.port(),
                "username = jon",
                "password = jons",
                "[options]",
                "delete = true",
                "verbose = 2"));
        lines.add(LmtpProgramsIT.recipe("getmail 6, by `pop2d deliver`")
                .replace("/opt/pop2-server-0.1.0/bin/pop2d", Instance.UNPACKED + "/bin/pop2d")
                .replace("\"deliver\"", "\"deliver\", \"--config\", \"" + instance.configuration() + "\""));
        // only for this test, which is root
        lines.add("allow_root_commands = true");
        Path file = Files.write(directory.resolve("getmailrc"), lines);
        return Tool.run(List.of("/usr/bin/getmail", "--getmaildir", directory.toString(), "--rcfile", file.toString()))
                .output();
    }
}
