package org.pop2.app.campaign;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A client that knows no more than a socket and the RFC. */
final class PlainClient implements AutoCloseable {
    private static final int TIMEOUT_MILLIS = 60_000;

    private final Socket socket;
    private final InputStream in;

    PlainClient(int port) throws IOException {
        this(port, TIMEOUT_MILLIS);
    }

    /** One that waits so long for whatever is read. */
    PlainClient(int port, int timeoutMillis) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(timeoutMillis);
        socket.setTcpNoDelay(true);
        in = new BufferedInputStream(socket.getInputStream());
    }

    void send(String line) throws IOException {
        socket.getOutputStream().write((line + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
    }

    /** A line without its end, or {@code ""} at the end of the connection. */
    String receive() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int octet = in.read(); octet >= 0 && octet != '\n'; octet = in.read()) {
            if (octet != '\r') {
                line.write(octet);
            }
        }
        return line.toString(StandardCharsets.ISO_8859_1);
    }

    String ask(String line) throws IOException {
        send(line);
        return receive();
    }

    byte[] receive(int octets) throws IOException {
        return in.readNBytes(octets);
    }

    /** The number behind {@code #} or {@code =}. */
    static int number(String reply, char kind) throws IOException {
        if (reply.isEmpty() || reply.charAt(0) != kind) {
            throw new IOException("expected " + kind + ", got: " + reply);
        }
        String digits = reply.substring(1).split(" ", 2)[0];
        return Integer.parseInt(digits);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
