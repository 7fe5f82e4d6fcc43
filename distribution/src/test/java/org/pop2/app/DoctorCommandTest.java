package org.pop2.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.app.cli.Terminal;
import org.pop2.app.operate.Stumbling;

/** The doctor, on real files. */
class DoctorCommandTest {
    private static final String MBOX = "listen.port = 0\nstorage.mbox { inbox = \"spool/{user}\" }\n";

    @TempDir
    private Path directory;

    private Path config = Path.of("pop2d.conf");
    private String out = "";

    @BeforeEach
    void configure() throws Exception {
        config = Files.writeString(directory.resolve("pop2d.conf"), MBOX);
        Files.setPosixFilePermissions(config, PosixFilePermissions.fromString("rw-r-----"));
        Path accounts = Files.createDirectories(directory.resolve("var")).resolve("accounts");
        Files.writeString(accounts, "postel:{PLAIN}secret\n");
        Files.setPosixFilePermissions(accounts, PosixFilePermissions.fromString("rw-------"));
        Files.createDirectories(directory.resolve("spool"));
    }

    private int doctor(String... options) {
        String[] arguments = new String[options.length + 3];
        arguments[0] = "doctor";
        arguments[1] = "--config";
        arguments[2] = config.toString();
        System.arraycopy(options, 0, arguments, 3, options.length);
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        PrintStream stream = new PrintStream(said, true, StandardCharsets.UTF_8);
        int exitCode = Main.run(
                new Terminal(InputStream.nullInputStream(), stream, stream, Map.of(), Optional.empty()), arguments);
        out = said.toString(StandardCharsets.UTF_8);
        return exitCode;
    }

    @Test
    void aGoodInstanceIsGood() {
        assertThat(doctor()).as(out).isZero();
        assertThat(out.lines()).allMatch(line -> line.startsWith("ok\t"));
        assertThat(out)
                .contains(
                        "storage mbox: opens, and has 1 users",
                        "mailboxes: nothing is in the way of one",
                        "clock: ",
                        "listener pop2: 127.0.0.1:0 is free");
    }

    @Test
    void aListenerThatNobodyCanUseIsNamed() throws Exception {
        Files.writeString(config, MBOX + "listen.address = 0.0.0.0\n");
        assertThat(doctor()).as(out).isZero();
        assertThat(out).contains("warn\tlistener pop2: 0.0.0.0:0: nobody can log in but by a loopback address");

        Files.writeString(config, MBOX + "listen { address = 0.0.0.0, allow-cleartext-from = [192.168.0.0/16] }\n");
        doctor();
        assertThat(out).doesNotContain("nobody can log in");
    }

    @Test
    void messagesThatOldClientsStumbleOverAreNamed() throws Exception {
        Files.writeString(
                directory.resolve("spool/postel"),
                "From a@b Mon Nov 23 00:00:00 2026\nSubject: good\n\nfine\n\n"
                        + "From a@b Mon Nov 23 00:00:00 2026\nSubject: bad\n\n" + "x".repeat(2000)
                        + "\n\0\u00e9 a\rb\n\n",
                StandardCharsets.ISO_8859_1);
        assertThat(doctor("--user", "postel")).as(out).isZero();
        assertThat(out)
                .contains("note\tmailbox postel/INBOX: message 2: a line of 2000 octets, 1 NUL octets, 1 octets beyond"
                        + " ASCII, 1 CR without LF")
                .doesNotContain("message 1:");
        assertThat(doctor("--user", "nobody")).isEqualTo(67);
    }

    @Test
    void whatIsInTheWayOfAMailboxIsNamed() throws Exception {
        Path mailbox = Files.writeString(
                directory.resolve("spool/postel"), "From a@b Mon Nov 23 00:00:00 2026\nSubject: x\n\nx\n\n");
        Path lock = Files.writeString(directory.resolve("spool/postel.lock"), "4711\n");

        assertThat(doctor()).as(out).isZero();
        assertThat(out).containsPattern("note\tmailboxes: locked: " + lock + ", \\d+ s old, of 4711\n");

        Files.setLastModifiedTime(
                lock, java.nio.file.attribute.FileTime.from(Instant.now().minus(Duration.ofHours(1))));
        assertThat(doctor()).as(out).isZero();
        assertThat(out).contains("warn\tmailboxes: locked: " + lock);

        Files.delete(lock);
        Files.createLink(directory.resolve("spool/another"), mailbox);
        assertThat(doctor()).as(out).isEqualTo(69);
        assertThat(out).contains("fail\tmailboxes: " + mailbox + " has 2 names");
    }

    @Test
    void programsThatWriteOtherwiseAreRecognised() throws Exception {
        Path mailbox = Files.writeString(
                directory.resolve("spool/postel"),
                "From a@b Mon Nov 23 00:00:00 2026\nContent-Length: 8\n\nFrom me\n\n");
        assertThat(doctor()).as(out).isZero();
        assertThat(out)
                .contains("warn\tmailboxes: " + mailbox + ": a program adds mail without quoting")
                .contains("storage.mbox.quoting = none goes with them");

        Files.writeString(config, MBOX + "storage.mbox.quoting = none\n");
        assertThat(doctor()).as(out).isZero();
        assertThat(out).contains("ok\tmailboxes: nothing is in the way of one");
    }

    @Test
    void theSocketOfLmtpIsLookedAt() throws Exception {
        Path socket = directory.resolve("lmtp.sock");
        Files.writeString(config, MBOX + "lmtp.address = \"unix:" + socket + "\"\n");
        assertThat(doctor()).as(out).isZero();
        assertThat(out).contains("ok\tlmtp: " + socket + " is free");

        Files.createFile(socket);
        assertThat(doctor()).as(out).isZero();
        assertThat(out).contains("note\tlmtp: " + socket + " is there");
    }

    @Test
    void saslauthdIsAsked() throws Exception {
        Files.writeString(config, MBOX + "auth { login = saslauthd, saslauthd-socket = mux }\n");
        assertThat(doctor()).isEqualTo(69);
        assertThat(out)
                .contains("fail\tlogins: nobody can log in, for saslauthd cannot be asked on " + directory
                        + "/mux: no such");
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(directory.resolve("mux")));
            assertThat(doctor()).as(out).isZero();
        }

        for (String socket : new String[] {"\"\"", "x".repeat(200)}) {
            Files.writeString(config, MBOX + "auth { login = saslauthd, saslauthd-socket = " + socket + " }\n");
            assertThat(doctor()).isEqualTo(78);
            assertThat(out).contains("auth.saslauthd-socket", "has to name the socket");
        }
    }

    @Test
    void whatTheServerAloneHasIsNotOpened() throws Exception {
        Files.writeString(config, "listen.port = 0\nstorage.type = memory\n");
        assertThat(doctor()).as(out).isZero();
        assertThat(out).contains("note\tstorage memory: the server alone has it");
    }

    @Test
    void whatIsOpenToEverybodyFails() throws Exception {
        Path token = Files.writeString(directory.resolve("token"), "0123456789abcdef\n");
        Files.setPosixFilePermissions(token, PosixFilePermissions.fromString("rw-r--r--"));
        Files.writeString(config, MBOX + "management { port = 0, token-file = token }\n");
        Files.setPosixFilePermissions(config, PosixFilePermissions.fromString("rw-rw-rw-"));
        assertThat(doctor()).as(out).isEqualTo(69);
        assertThat(out)
                .contains("fail\tpermissions: " + config + " can be written by everybody")
                .contains("fail\tmanagement token: " + token + " can be read by everybody");
    }

    @Test
    void aStorageThatCannotBeUsedAndAPortInUseAreSaid() throws Exception {
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Files.writeString(config, MBOX.replace("listen.port = 0", "listen.port = " + other.getLocalPort()));
            Files.setPosixFilePermissions(
                    directory.resolve("var/accounts"), PosixFilePermissions.fromString("rw-rw-rw-"));
            assertThat(doctor()).as(out).isEqualTo(69);
            assertThat(out)
                    .contains("note\tlistener pop2: 127.0.0.1:" + other.getLocalPort() + " is in use")
                    .contains("fail\tstorage mbox: ")
                    .contains("can be written by everybody");
        }
    }

    @Test
    void aWrongConfigurationIsTheFirstThing() throws Exception {
        Files.writeString(config, "listen.prot = 1\n");
        assertThat(doctor()).isEqualTo(78);
    }

    @Test
    void linesAreMeasuredHoweverTheyAreSliced() {
        byte[] message = ("a\r\n" + "y".repeat(999) + "\r\nb\r\n").getBytes(StandardCharsets.US_ASCII);
        for (int size = 1; size < message.length; size += 7) {
            Stumbling stumbling = new Stumbling();
            for (int from = 0; from < message.length; from += size) {
                stumbling.add(ByteBuffer.wrap(message, from, Math.min(size, message.length - from)));
            }
            assertThat(stumbling.found()).as("slices of %d", size).hasValue("a line of 999 octets");
        }
    }
}
