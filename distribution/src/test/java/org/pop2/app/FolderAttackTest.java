package org.pop2.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.server.Pop2Server;
import org.pop2.server.ServerSettings;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStore;
import org.pop2.storage.MailStoreProvider;
import org.pop2.storage.StoreSettings;
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
        MailStoreProvider provider = MailStoreProvider.named("mbox");
        Map<String, String> values = new HashMap<>();
        provider.settings().forEach(setting -> values.put(setting.name(), setting.defaultValue()));
        values.put("inbox", spool + "/{user}");
        values.put("folders", directory + "/folders/{user}/{folder}");
        values.put("accounts", accounts.toString());
        values.put("state", directory + "/state");
        HoldPolicy atOnce = new HoldPolicy(Duration.ZERO, Duration.ofSeconds(5));
        store = Objects.requireNonNull(Mono.from(provider.open(new StoreSettings(values, atOnce, directory)))
                .block(LIMIT));
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
        Session session = new Session();
        int own = 0;
        int none = 0;
        for (int i = 0; i < NAMES.size() + RANDOM_NAMES; i++) {
            String name = i < NAMES.size() ? NAMES.get(i) : name(random);
            String reply = session.ask("FOLD " + name);
            if (reply.startsWith("#0")) {
                none++;
            } else if (reply.startsWith("#1")) {
                // one of its own, however it was written
                assertThat(session.message()).as("%s, seed %d", name, seed).contains("Subject: of mallory");
                own++;
            } else {
                assertThat(reply).as("%s, seed %d", name, seed).startsWith("- ").doesNotContain(directory.toString());
                session.close();
                session = new Session();
            }
        }
        session.close();
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

    /** Logged in as mallory; octets as Latin-1 characters. */
    private final class Session implements AutoCloseable {
        private final Socket socket;
        private final InputStream in;

        Session() throws IOException {
            socket = new Socket(
                    InetAddress.getLoopbackAddress(), server.address().getPort());
            socket.setSoTimeout((int) LIMIT.toMillis());
            socket.setTcpNoDelay(true);
            in = new BufferedInputStream(socket.getInputStream());
            assertThat(line()).startsWith("+ ");
            assertThat(ask("HELO mallory secret")).startsWith("#1");
        }

        String ask(String command) throws IOException {
            socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
            return line();
        }

        String message() throws IOException {
            int octets = Integer.parseInt(ask("READ 1").substring(1).split(" ", 2)[0]);
            socket.getOutputStream().write("RETR\r\n".getBytes(StandardCharsets.US_ASCII));
            String message = new String(in.readNBytes(octets), StandardCharsets.ISO_8859_1);
            assertThat(ask("ACKS")).startsWith("=0");
            return message;
        }

        private String line() throws IOException {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            for (int octet = in.read(); octet >= 0 && octet != '\n'; octet = in.read()) {
                line.write(octet);
            }
            return line.toString(StandardCharsets.ISO_8859_1).strip();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
