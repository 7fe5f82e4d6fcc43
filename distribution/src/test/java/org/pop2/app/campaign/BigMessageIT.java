package org.pop2.app.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A message comes in by LMTP and goes out by POP2 that is four times as large as the heap of the packaged server, octet
 * for octet. {@code -Dpop2.big.octets=N}, 1 GiB by default.
 */
@Tag("big")
@Timeout(1800)
class BigMessageIT {
    private static final long OCTETS = Long.getLong("pop2.big.octets", 1L << 30);
    private static final String HEAP = "-Xmx256m";
    private static final String HEADER = "Subject: big\r\n\r\n";
    private static final int LINE = 76;

    @TempDir
    private Path directory;

    @Test
    void ofMbox() throws Exception {
        goesInAndOut(new Instance(directory, "lmtp { address = \"127.0.0.1:0\", max-message = 2GiB }"));
    }

    @Test
    void ofPostgresql() throws Exception {
        try (SharedDatabase database = new SharedDatabase();
                Link link = database.newLink()) {
            goesInAndOut(SharedDatabase.node(
                    directory, "node", link, "lmtp { address = \"127.0.0.1:0\", max-message = 2GiB }"));
        }
    }

    private static void goesInAndOut(Instance instance) throws Exception {
        assertThat(instance.run("secret\n", "user", "add", "postel", "--password-stdin"))
                .isZero();
        instance.start(HEAP);
        try {
            long begin = System.nanoTime();
            String sent = deliver(instance.lmtpPort());
            long between = System.nanoTime();
            assertThat(fetch(instance.port())).isEqualTo(sent);
            System.out.printf(
                    "%d octets with %s: in at %.0f MB/s, out at %.0f MB/s; resident at most %s%n",
                    OCTETS,
                    HEAP,
                    OCTETS * 1e3 / (between - begin),
                    OCTETS * 1e3 / (System.nanoTime() - between),
                    peak(instance));
        } finally {
            instance.close();
        }
    }

    /** Says the hash of what was sent. */
    private static String deliver(int port) throws Exception {
        MessageDigest hash = MessageDigest.getInstance("SHA-256");
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            InputStream in = socket.getInputStream();
            OutputStream out = new BufferedOutputStream(socket.getOutputStream(), 1 << 16);
            expect(in, "220");
            say(out, "LHLO mta");
            String line = line(in);
            while (line.startsWith("250-")) {
                line = line(in);
            }
            say(out, "MAIL FROM:<a@b> SIZE=" + OCTETS);
            expect(in, "250");
            say(out, "RCPT TO:<postel>");
            expect(in, "250");
            say(out, "DATA");
            expect(in, "354");
            byte[] header = HEADER.getBytes(StandardCharsets.US_ASCII);
            out.write(header);
            hash.update(header);
            byte[] text = "x".repeat(LINE).concat("\r\n").getBytes(StandardCharsets.US_ASCII);
            for (long octets = 0, number = 0; octets < OCTETS; octets += text.length, number++) {
                byte[] digits = String.format("%012d", number).getBytes(StandardCharsets.US_ASCII);
                System.arraycopy(digits, 0, text, 0, digits.length);
                out.write(text);
                hash.update(text);
            }
            say(out, ".");
            socket.setSoTimeout(600_000);
            expect(in, "250");
            say(out, "QUIT");
            expect(in, "221");
        }
        return HexFormat.of().formatHex(hash.digest());
    }

    /** Says the hash of what was received, without the lines that delivery put before it. */
    private static String fetch(int port) throws Exception {
        MessageDigest hash = MessageDigest.getInstance("SHA-256");
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            InputStream in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
            OutputStream out = socket.getOutputStream();
            expect(in, "+");
            say(out, "HELO postel secret");
            expect(in, "#1");
            say(out, "READ");
            String length = line(in);
            long left = Long.parseLong(length.substring(1).split(" ", 2)[0]);
            say(out, "RETR");
            while (left > 0) {
                String added = line(in);
                if (added.equals("Subject: big")) {
                    break;
                }
                left -= added.length() + 2;
            }
            hash.update("Subject: big\r\n".getBytes(StandardCharsets.US_ASCII));
            left -= "Subject: big\r\n".length();
            byte[] buffer = new byte[1 << 16];
            while (left > 0) {
                int read = in.read(buffer, 0, (int) Math.min(buffer.length, left));
                if (read < 0) {
                    throw new IOException("it ended " + left + " octets too early");
                }
                hash.update(buffer, 0, read);
                left -= read;
            }
            say(out, "ACKD");
            expect(in, "=0");
            say(out, "QUIT");
            expect(in, "+");
        }
        return HexFormat.of().formatHex(hash.digest());
    }

    private static void say(OutputStream out, String line) throws IOException {
        out.write((line + "\r\n").getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }

    private static void expect(InputStream in, String start) throws IOException {
        assertThat(line(in)).startsWith(start);
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int octet = in.read(); octet >= 0 && octet != '\n'; octet = in.read()) {
            if (octet != '\r') {
                line.append((char) octet);
            }
        }
        return line.toString();
    }

    private static String peak(Instance instance) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + instance.pid() + "/status")).stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .findFirst()
                .orElse("unknown");
    }
}
