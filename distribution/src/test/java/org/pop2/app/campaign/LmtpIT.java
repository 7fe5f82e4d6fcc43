package org.pop2.app.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The packaged server takes mail in by LMTP and gives it out by POP2, with both storages. */
@Timeout(120)
class LmtpIT {
    private static final String MESSAGE = "Subject: one\r\n\r\n..a dot\r\nbye\r\n";

    @TempDir
    private Path directory;

    @Test
    void mailComesInOverTcpIntoMbox() throws Exception {
        Instance instance = new Instance(
                directory, "lmtp { address = \"127.0.0.1:0\", domains = example.org, create-folders = true }");
        takesMail(instance, false);
    }

    @Test
    void mailComesInOverASocketFileIntoMbox() throws Exception {
        Instance instance = new Instance(
                directory,
                "directory = \"" + directory + "\"",
                "lmtp { address = \"unix:lmtp.sock\", socket-mode = \"600\", domains = [example.org], create-folders = true }");
        takesMail(instance, true);
        assertThat(directory.resolve("lmtp.sock")).as("goes with its server").doesNotExist();
    }

    @Test
    void mailComesInIntoPostgresql() throws Exception {
        try (SharedDatabase database = new SharedDatabase();
                Link link = database.newLink()) {
            Instance instance = SharedDatabase.node(
                    directory,
                    "node",
                    link,
                    "lmtp { address = \"127.0.0.1:0\", domains = example.org, create-folders = true }");
            takesMail(instance, false);
        }
    }

    @Test
    void anAddressThatCannotBeHadEndsTheServer() throws Exception {
        try (var taken = new java.net.ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Instance instance = new Instance(directory, "lmtp.address = \"127.0.0.1:" + taken.getLocalPort() + "\"");
            assertThat(instance.run("", "serve")).isEqualTo(69);
            assertThat(instance.log()).content().contains("mail cannot be taken in by LMTP");
        }
    }

    private void takesMail(Instance instance, boolean unix) throws Exception {
        assertThat(instance.run("secret\n", "user", "add", "postel", "--password-stdin"))
                .isZero();
        instance.start();
        try {
            SocketAddress address = unix
                    ? UnixDomainSocketAddress.of(directory.resolve("lmtp.sock"))
                    : new InetSocketAddress(InetAddress.getLoopbackAddress(), instance.lmtpPort());
            if (unix) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("lmtp.sock"))))
                        .isEqualTo("rw-------");
            }
            String answers = converse(
                    address,
                    "LHLO mta\r\nMAIL FROM:<a@b> SIZE=30\r\nRCPT TO:<postel@example.org>\r\n"
                            + "RCPT TO:<nobody@example.org>\r\nRCPT TO:<postel@elsewhere.org>\r\n"
                            + "RCPT TO:<postel+work@example.org>\r\nDATA\r\n" + MESSAGE + ".\r\nQUIT\r\n");
            assertThat(answers.lines().map(line -> line.substring(0, Math.min(9, line.length()))))
                    .containsSubsequence(
                            "250 2.1.0", "250 2.1.5", "550 5.1.1", "550 5.7.1", "250 2.1.5", "250 2.0.0", "250 2.0.0");
            assertThat(answers).contains("354 ").contains("\r\n221 ");
            for (String folder : new String[] {"INBOX", "work"}) {
                try (PlainClient client = new PlainClient(instance.port())) {
                    assertThat(client.receive()).startsWith("+");
                    assertThat(client.ask("HELO postel secret")).startsWith("#1");
                    assertThat(client.ask("FOLD " + folder)).startsWith("#1");
                    int octets = PlainClient.number(client.ask("READ"), '=');
                    client.send("RETR");
                    String received = new String(client.receive(octets), StandardCharsets.ISO_8859_1);
                    assertThat(received).endsWith("Subject: one\r\n\r\n.a dot\r\nbye\r\n");
                    client.ask("ACKS");
                    assertThat(client.ask("QUIT")).startsWith("+");
                }
            }
        } finally {
            instance.close();
        }
    }

    /** Says everything at once, and gives back all that is answered. */
    private static String converse(SocketAddress address, String all) throws IOException {
        try (SocketChannel channel = SocketChannel.open(address)) {
            ByteBuffer octets = ByteBuffer.wrap(all.getBytes(StandardCharsets.US_ASCII));
            while (octets.hasRemaining()) {
                channel.write(octets);
            }
            ByteArrayOutputStream said = new ByteArrayOutputStream();
            ByteBuffer buffer = ByteBuffer.allocate(4096);
            while (channel.read(buffer) >= 0) {
                said.write(buffer.array(), 0, buffer.position());
                buffer.clear();
            }
            return said.toString(StandardCharsets.US_ASCII);
        }
    }
}
