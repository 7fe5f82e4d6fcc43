package org.pop2.app.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.app.config.Configuration;
import org.pop2.app.config.ConfigurationReader;
import org.pop2.server.Pop2Server;
import org.pop2.server.ServerSettings;
import org.pop2.storage.MailStore;
import reactor.core.publisher.Mono;

/**
 * No name that a client can write in FOLD shows it anything but its own mail: mbox files, real links, a real socket.
 */
class FolderAttackTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final int RANDOM_NAMES = 3_000;
    private static final String MAIL = "From a@b Mon Nov 23 12:00:00 2026\nSubject: %s\n\nbody\n\n";

    private static final List<String> NAMES = List.of(
            "../postel/private",
            "../../spool/postel",
            "work/../../postel/private",
            "./work",
            "work/.",
            "work/",
            "//work",
            "/etc/passwd",
            "/var/mail/postel",
            "/usr/spool/mail/../mail/postel",
            "/var/mail/mallory/../postel",
            "~postel",
            "~/private",
            "link",
            "linkdir/private",
            "absolute",
            "fifo",
            "directory",
            "broken",
            "%2e%2e/postel/private",
            "..%2fpostel%2fprivate",
            "..\\postel\\private",
            "..\\\\postel\\\\private",
            "\\.\\./postel/private",
            "postel\0",
            "work\0.txt",
            "\0",
            "\u00c0\u00ae\u00c0\u00ae/postel/private",
            "\u00ef\u00bc\u008e\u00ef\u00bc\u008e/postel/private",
            "work\u00e2\u0080\u00ae",
            "CON",
            "NUL",
            "aux.txt",
            "COM1",
            "work.",
            "work ",
            "work:stream",
            "work.lock",
            "work.journal",
            "INBOX/../postel",
            "file:///etc/passwd",
            "$HOME/private",
            "`id`",
            "*",
            "?ork",
            "work;ls",
            "x".repeat(506),
            "../".repeat(168) + "x");

    private static final String[] PIECES = {
        "..",
        "/",
        "\\",
        ".",
        "postel",
        "private",
        "mallory",
        "work",
        "WORK",
        "link",
        "linkdir",
        "absolute",
        "INBOX",
        "inbox",
        "%2e",
        "%2f",
        "%00",
        "\0",
        " ",
        "~",
        "/var/mail/",
        "/usr/spool/mail/",
        "\u00c0\u00ae",
        "\u00ff",
        "\t",
        "\u0001",
        "etc",
        "passwd",
        "spool",
        "accounts",
        "state",
        ".lock",
        ".journal",
        "_",
        "-",
        "é",
        "(",
        "#"
    };

    @TempDir
    private Path directory;

    @SuppressWarnings("NullAway.Init")
    private MailStore store;

    @SuppressWarnings("NullAway.Init")
    private Pop2Server server;

    @BeforeEach
    void start() throws Exception {
        Path spool = Files.createDirectories(directory.resolve("spool"));
        Path own = Files.createDirectories(directory.resolve("folders/mallory"));
        Path others = Files.createDirectories(directory.resolve("folders/postel"));
        Files.writeString(spool.resolve("mallory"), MAIL.formatted("of mallory"));
        Files.writeString(spool.resolve("postel"), MAIL.formatted("of postel"));
        Files.writeString(own.resolve("work"), MAIL.formatted("of mallory"));
        Path secret = Files.writeString(others.resolve("private"), MAIL.formatted("of postel"));
        Files.createSymbolicLink(own.resolve("link"), secret);
        Files.createSymbolicLink(own.resolve("linkdir"), others);
        Files.createSymbolicLink(own.resolve("absolute"), spool.resolve("postel"));
        Files.createSymbolicLink(own.resolve("broken"), directory.resolve("nothing"));
        Files.createDirectory(own.resolve("directory"));
        assertThat(new ProcessBuilder("mkfifo", own.resolve("fifo").toString())
                        .start()
                        .waitFor())
                .isZero();
        Path accounts =
                Files.writeString(directory.resolve("accounts"), "mallory:{PLAIN}secret\npostel:{PLAIN}other\n");
        Files.setPosixFilePermissions(accounts, PosixFilePermissions.fromString("rw-------"));
        Configuration configuration = ConfigurationReader.of(
                directory,
                Map.of(
                        "storage.mbox.inbox", "spool/{user}",
                        "storage.mbox.folders", "folders/{user}/{folder}",
                        "storage.mbox.accounts", "accounts",
                        "storage.mbox.state", "state",
                        "mailbox.takeover-after", "0s"));
        store = Objects.requireNonNull(
                Mono.from(configuration.storage().openToServe()).block(LIMIT));
        ServerSettings settings =
                ServerSettings.defaults().withAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        server = Objects.requireNonNull(Pop2Server.start(settings, store).block(LIMIT));
    }

    @AfterEach
    void stop() {
        server.stop().then(Mono.from(store.close())).block(LIMIT);
    }

    @Test
    void noNameLeadsOutOfAUsersOwnMail() throws Exception {
        long seed = System.nanoTime();
        System.out.println("FolderAttackTest seed " + seed);
        Random random = new Random(seed);
        PlainClient client = logIn();
        int own = 0;
        int none = 0;
        for (int i = 0; i < NAMES.size() + RANDOM_NAMES; i++) {
            String name = i < NAMES.size() ? NAMES.get(i) : name(random);
            String reply = client.ask("FOLD " + name);
            if (reply.startsWith("#0")) {
                none++;
            } else if (reply.startsWith("#1")) {
                // one of its own, however it was written
                assertThat(message(client)).as("%s, seed %d", name, seed).contains("Subject: of mallory");
                own++;
            } else {
                assertThat(reply).as("%s, seed %d", name, seed).startsWith("- ").doesNotContain(directory.toString());
                client.close();
                client = logIn();
            }
        }
        client.close();
        assertThat(own).as("its own folders are found, too").isPositive();
        assertThat(none).isGreaterThan(NAMES.size() / 2);
        try (var files = Files.list(directory.resolve("folders/mallory"))) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .as("nothing comes to be by FOLD")
                    .containsExactlyInAnyOrder("work", "link", "linkdir", "absolute", "broken", "directory", "fifo");
        }
        assertThat(directory.resolve("folders/postel/private")).hasContent(MAIL.formatted("of postel"));
    }

    private static String name(Random random) {
        StringBuilder name = new StringBuilder();
        for (int i = random.nextInt(6); i >= 0; i--) {
            name.append(PIECES[random.nextInt(PIECES.length)]);
        }
        return name.toString();
    }

    private PlainClient logIn() throws IOException {
        PlainClient client = new PlainClient(server.address().getPort());
        assertThat(client.receive()).startsWith("+ ");
        assertThat(client.ask("HELO mallory secret")).startsWith("#1");
        return client;
    }

    private static String message(PlainClient client) throws IOException {
        int octets = PlainClient.number(client.ask("READ 1"), '=');
        client.send("RETR");
        String message = new String(client.receive(octets), StandardCharsets.ISO_8859_1);
        assertThat(client.ask("ACKS")).startsWith("=0");
        return message;
    }
}
