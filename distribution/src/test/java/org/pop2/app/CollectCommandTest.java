package org.pop2.app;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import com.icegreen.greenmail.store.MailFolder;
import com.icegreen.greenmail.user.GreenMailUser;
import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.app.collect.Collecting;
import org.pop2.app.config.Configuration;
import org.pop2.app.config.ConfigurationReader;
import org.pop2.server.TestServer;
import org.pop2.storage.FolderName;
import org.pop2.storage.MailStore;
import org.pop2.storage.StoreMetrics;
import org.pop2.storage.UserName;
import org.pop2.storage.memory.MemoryMailStore;
import reactor.core.publisher.Mono;

/** {@code pop2d collect}, and what a server does of it, with GreenMail as the provider. */
class CollectCommandTest {
    private static final UserName JON = new UserName("jon");

    private final GreenMail provider = new GreenMail(new ServerSetup[] {
        new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_IMAP),
        new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_POP3)
    });

    @TempDir
    private Path directory;

    private Path file = Path.of("");
    private String out = "";
    private String err = "";

    @BeforeEach
    void start() throws IOException {
        provider.start();
        provider.setUser("jon@example.org", "jon@example.org", "secret");
        Files.setPosixFilePermissions(
                Files.writeString(directory.resolve("password"), "secret\n"),
                PosixFilePermissions.fromString("rw-------"));
        file = directory.resolve("pop2d.conf");
        String common = "user = jon, password-file = password, every = 10s";
        Files.writeString(file, """
                storage.type = mbox
                collect.new { %s, from = "imap://jon@example.org@127.0.0.1:%d" }
                collect.all { %s, from = "imap://jon@example.org@127.0.0.1:%d", which = all, at-provider = delete }
                collect.pop { %s, from = "pop3://jon@example.org@127.0.0.1:%d", which = all, folder = Pop }
                """.formatted(common, imap(), common, imap(), common, pop3()));
        Files.writeString(Files.createDirectories(directory.resolve("var")).resolve("accounts"), "jon:{PLAIN}pw\n");
    }

    @AfterEach
    void stop() {
        provider.stop();
    }

    private int imap() {
        return provider.getImap().getPort();
    }

    private int pop3() {
        return provider.getPop3().getPort();
    }

    private MailFolder inbox() {
        try {
            GreenMailUser jon = provider.getManagers().getUserManager().getUser("jon@example.org");
            return provider.getManagers().getImapHostManager().getInbox(jon);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private void arrives(String text) throws Exception {
        InputStream in = new ByteArrayInputStream(("Subject: " + text + "\r\n\r\n" + text + "\r\n").getBytes(UTF_8));
        inbox().appendMessage(
                        new jakarta.mail.internet.MimeMessage(jakarta.mail.Session.getInstance(new Properties()), in),
                        new jakarta.mail.Flags(),
                        Date.from(Instant.now()));
    }

    private int run(String... arguments) {
        String[] all = java.util.Arrays.copyOf(arguments, arguments.length + 2);
        all[arguments.length] = "--config";
        all[arguments.length + 1] = file.toString();
        CommandRun run = CommandRun.of(new ByteArrayInputStream("pw\n".getBytes(UTF_8)), ISO_8859_1, Map.of(), all);
        out = run.out();
        err = run.err();
        return run.exitCode();
    }

    private List<String> mail(FolderName folder) {
        return new ConfiguredStore(file).contents(JON, folder);
    }

    @Test
    void aTestChangesNothingAndARunCollectsWhatItTold() throws Exception {
        arrives("one");

        assertThat(run("collect", "test", "all")).as(err).isZero();
        assertThat(out).contains("1 messages are there, 1 would come to jon/INBOX");
        assertThat(run("collect", "test", "new")).isZero();
        assertThat(out).contains("1 messages are there, 0 would come");
        assertThat(inbox().getMessageCount()).isEqualTo(1);
        assertThat(run("collect", "run", "pop")).as(err).isZero();
        assertThat(run("collect", "run", "ALL")).as(err).isZero();
        assertThat(out).contains("collected 1 messages, 21 octets");
        assertThat(run("collect", "run", "all")).isZero();
        assertThat(out).contains("collected 0 messages");

        assertThat(mail(FolderName.INBOX)).containsExactly("Subject: one\r\n\r\none\r\n");
        assertThat(mail(new FolderName("Pop"))).containsExactly("Subject: one\r\n\r\none\r\n");
        assertThat(inbox().getMessageCount()).isZero();
    }

    @Test
    void fetchTakesTheSameAccounts() throws Exception {
        arrives("one");
        String from = "imap://jon@example.org@127.0.0.1:" + imap();
        Path mbox = directory.resolve("mbox");
        String[] command = {
            "fetch",
            "--from",
            from,
            "--password-file",
            directory.resolve("password").toString(),
            "--to",
            "mbox:" + mbox,
            "--state",
            directory.resolve("state").toString()
        };

        assertThat(fetch(command)).as(err).isZero();
        assertThat(out).contains("fetched 1 message from " + from);
        arrives("two");
        assertThat(fetch(command)).as(err).isZero();
        assertThat(fetch(command)).as(err).isZero();
        assertThat(out).contains("fetched 0 messages");

        assertThat(Files.readString(mbox)).containsOnlyOnce("Subject: one").containsOnlyOnce("Subject: two");
        assertThat(inbox().getMessageCount()).isEqualTo(2);
        assertThat(fetch("fetch", "--from", from, "--host", "x", "--to", "-", "--password-stdin"))
                .isEqualTo(64);
        assertThat(fetch("fetch", "--to", "-")).isEqualTo(64);
        assertThat(err).contains("--host and --user, or --from");
    }

    private int fetch(String... arguments) {
        CommandRun run = CommandRun.of(new ByteArrayInputStream(new byte[0]), ISO_8859_1, Map.of(), arguments);
        out = run.out();
        err = run.err();
        return run.exitCode();
    }

    @Test
    void mailOfAPop2ServerIsCollected() throws Exception {
        MemoryMailStore old = MemoryMailStore.create()
                .account("postel", "{PLAIN}secret")
                .message("postel", "INBOX", "Subject: one\r\n\r\none\r\n")
                .message("postel", "Notes", "Subject: note\r\n\r\nnote\r\n");
        try (TestServer server = TestServer.over(old)) {
            String from = "pop2://postel@127.0.0.1:" + server.address().getPort();
            Files.writeString(file, """
                    collect.notes { user = jon, password-file = password, from = "%s/Notes", which = all, folder = Notes }
                    collect.old { user = jon, password-file = password, from = "%s", which = all, at-provider = delete }
                    """.formatted(from, from), StandardOpenOption.APPEND);

            assertThat(run("collect", "test", "old")).as(err).isZero();
            assertThat(out).contains(from + ": logged in").contains("1 messages are there, 1 would come to jon/INBOX");
            assertThat(run("collect", "run", "old")).as(err).isZero();
            assertThat(run("collect", "run", "notes")).as(err).isZero();
            old.message("postel", "INBOX", "Subject: two\r\n\r\ntwo\r\n");
            assertThat(run("collect", "run", "notes")).as(err).isZero();
            assertThat(out).contains("collected 0 messages");
            assertThat(run("collect", "run", "old")).as(err).isZero();
            assertThat(run("collect", "test", "old")).isZero();
            assertThat(out).contains("0 messages are there, 0 would come");
            Path mbox = directory.resolve("mbox");
            for (int i = 0; i < 2; i++) {
                assertThat(fetch(
                                "fetch",
                                "--from",
                                from + "/Notes",
                                "--password-file",
                                directory.resolve("password").toString(),
                                "--to",
                                "mbox:" + mbox,
                                "--state",
                                directory.resolve("state").toString()))
                        .as(err)
                        .isZero();
            }
            assertThat(Files.readString(mbox)).containsOnlyOnce("Subject: note");
            Files.writeString(directory.resolve("password"), "wrong\n");
            assertThat(run("collect", "run", "old")).as(err).isEqualTo(77);
        }
        assertThat(run("collect", "run", "old")).as(err).isEqualTo(69);

        assertThat(mail(FolderName.INBOX))
                .containsExactly("Subject: one\r\n\r\none\r\n", "Subject: two\r\n\r\ntwo\r\n");
        assertThat(mail(new FolderName("Notes"))).containsExactly("Subject: note\r\n\r\nnote\r\n");
    }

    @Test
    void serversAtTwoPortsAreTwoAccounts() throws Exception {
        MemoryMailStore one =
                MemoryMailStore.create().account("postel", "{PLAIN}secret").message("postel", "INBOX", "1\r\n");
        MemoryMailStore two =
                MemoryMailStore.create().account("postel", "{PLAIN}secret").message("postel", "INBOX", "2\r\n");
        try (TestServer first = TestServer.over(one);
                TestServer second = TestServer.over(two)) {
            for (TestServer each : List.of(first, second)) {
                int port = each.address().getPort();
                Files.writeString(
                        file,
                        "collect.at%d { user = jon, password-file = password, from = \"pop2://postel@127.0.0.1:%d\", which = all }\n"
                                .formatted(port, port),
                        StandardOpenOption.APPEND);
            }
            for (int round = 0; round < 2; round++) {
                assertThat(run("collect", "run", "at" + first.address().getPort()))
                        .isZero();
                assertThat(run("collect", "run", "at" + second.address().getPort()))
                        .isZero();
            }
        }
        assertThat(mail(FolderName.INBOX)).containsExactly("1\r\n", "2\r\n");
    }

    @Test
    void accountsAreListedAndOthersAreNone() {
        assertThat(run("collect", "list")).isZero();
        assertThat(out)
                .contains("all\tjon/INBOX\timap://jon@example.org@127.0.0.1:" + imap()
                        + "/INBOX\tevery 10s\tall\tdelete");
        assertThat(run("collect", "run", "nobody")).isEqualTo(78);
        assertThat(err).contains("there is no collect.nobody");
    }

    @Test
    void fiveQuestionsMakeAnAccount() throws Exception {
        assertThat(answer("Jon@gmail.com", "", "mine", "", "delete")).as(err).isZero();
        assertThat(out).contains("app password").contains("as of 2025");

        var added = ConfigurationReader.read(file, Map.of()).collectors().stream()
                .filter(each -> each.name().equals("mine"))
                .findFirst()
                .orElseThrow();
        assertThat(added.user()).isEqualTo(JON);
        assertThat(added.from()).hasToString("imaps://Jon@gmail.com@imap.gmail.com/INBOX");
        assertThat(added.passwordFile()).hasValue(directory.resolve("conf/mine.password"));
    }

    @Test
    void whatMakesNoAccountIsNotAdded() throws IOException {
        String before = Files.readString(file);

        assertThat(answer("Jon@gmail.com", "jon", "all", "", "")).isEqualTo(65);
        assertThat(answer("pop3s://jon@example.org", "jon", "mine", "", "mark-seen"))
                .isEqualTo(65);
        assertThat(err).contains("POP3 can only keep and delete");
        assertThat(answer("Jon@example.org")).isEqualTo(64);
        assertThat(answer("Jon@example.org", "imap.example.org", "jo\"n", "mine", "x", "keep"))
                .isEqualTo(65);

        assertThat(file).hasContent(before);
    }

    private int answer(String... answers) {
        String input = String.join("\n", answers) + "\n";
        CommandRun run = CommandRun.of(
                new ByteArrayInputStream(input.getBytes(UTF_8)),
                ISO_8859_1,
                Map.of(),
                "collect",
                "add",
                "--config",
                file.toString());
        out = run.out();
        err = run.err();
        return run.exitCode();
    }

    @Test
    void doctorLooksAtAccounts() throws IOException {
        run("doctor");
        assertThat(out).contains("ok\tcollect.all: imap://jon@example.org@127.0.0.1:");

        Files.setPosixFilePermissions(directory.resolve("password"), PosixFilePermissions.fromString("rw----r--"));
        Files.writeString(directory.resolve("var/accounts"), "");
        assertThat(run("doctor")).isEqualTo(69);
        assertThat(out)
                .contains("fail\tcollect.all: " + directory.resolve("password") + " can be read by everybody")
                .contains("fail\tcollect.pop: there is no user jon");
    }

    @Test
    void whatIsWrongIsSaidWithAnExitCode() throws IOException {
        Files.writeString(directory.resolve("password"), "wrong\n");
        assertThat(run("collect", "test", "all")).as(err).isEqualTo(77);
        provider.stop();
        assertThat(run("collect", "run", "all")).as(err).isEqualTo(69);
    }

    @Test
    void aServerCollectsWhatArrivesAndItsStopIsQuick() throws Exception {
        arrives("old");
        Configuration configuration = ConfigurationReader.read(file, Map.of());
        MailStore store =
                Mono.from(configuration.storage().openToServe()).blockOptional().orElseThrow();
        Collecting collecting = Collecting.of(
                configuration.collectors().stream()
                        .filter(each -> each.name().equals("new"))
                        .toList(),
                store);
        try {
            collecting.recall();
            collecting.start();
            await().atMost(Duration.ofSeconds(20)).until(this::hasBegun);
            arrives("fresh");
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> mail(FolderName.INBOX).equals(List.of("Subject: fresh\r\n\r\nfresh\r\n")));
            assertThat(collecting.measures())
                    .extracting(
                            StoreMetrics.Measure::name,
                            measure -> measure.value().getAsLong())
                    .contains(tuple("accounts", 1L), tuple("failing", 0L));
        } finally {
            long start = System.nanoTime();
            collecting.stop(Duration.ofSeconds(5));
            assertThat(System.nanoTime() - start)
                    .isLessThan(Duration.ofSeconds(4).toNanos());
            Mono.from(store.close()).block();
        }
    }

    /** Whether the first run is noted. */
    private boolean hasBegun() throws IOException {
        try (Stream<Path> ledgers = Files.list(directory.resolve("var/state/ledgers"))) {
            return ledgers.mapToLong(path -> path.toFile().length()).sum() > 40;
        }
    }
}
