package org.pop2.example;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The program that the example tests: as simple as a client of POP2 can be. */
final class Fetcher {
    private final InputStream in;
    private final Socket socket;

    private Fetcher(Socket socket) throws IOException {
        this.socket = socket;
        in = new BufferedInputStream(socket.getInputStream());
    }

    /** All that the mailbox has, and deletes it there. */
    static List<byte[]> fetch(String host, int port, String user, String password) throws IOException {
        try (Socket socket = new Socket(InetAddress.getAllByName(host)[0], port)) {
            socket.setSoTimeout(20_000);
            return new Fetcher(socket).session(user, password);
        }
    }

    private List<byte[]> session(String user, String password) throws IOException {
        line();
        List<byte[]> fetched = new ArrayList<>();
        int count = number(ask("HELO " + user + " " + password), '#');
        int octets = count == 0 ? 0 : number(ask("READ 1"), '=');
        for (int n = 1; n <= count; n++) {
            say("RETR");
            byte[] message = in.readNBytes(octets);
            if (message.length < octets) {
                throw new EOFException("the line dropped after " + message.length + " of " + octets + " octets");
            }
            fetched.add(message);
            octets = number(ask("ACKD"), '=');
        }
        ask("QUIT");
        return fetched;
    }

    private String ask(String command) throws IOException {
        say(command);
        return line();
    }

    private void say(String command) throws IOException {
        socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
    }

    private String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int octet = in.read(); octet != '\n'; octet = in.read()) {
            if (octet < 0) {
                throw new EOFException("the line dropped");
            }
            line.write(octet);
        }
        return line.toString(StandardCharsets.ISO_8859_1).strip();
    }

    private static int number(String reply, char sign) throws IOException {
        if (reply.isEmpty() || reply.charAt(0) != sign) {
            throw new IOException("refused: " + reply);
        }
        return Integer.parseInt(reply.substring(1).split(" ", 2)[0]);
    }
}
