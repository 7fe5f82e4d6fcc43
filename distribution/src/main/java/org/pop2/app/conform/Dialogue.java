package org.pop2.app.conform;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;

/** One connection to the server. Reads and writes octets, and judges nothing but silence. */
final class Dialogue implements AutoCloseable {
    /** Longest reply that is read: twice what the RFC allows (p. 12). */
    private static final int LONGEST_LINE = 1024;
    /** How long a server is listened to that should say nothing. */
    private static final int QUIET_MILLIS = 300;

    private final Socket socket;
    private final InputStream in;
    private final int timeoutMillis;

    Dialogue(InetSocketAddress server, int timeoutMillis) throws IOException {
        this.timeoutMillis = timeoutMillis;
        socket = new Socket();
        boolean good = false;
        try {
            socket.connect(server, timeoutMillis);
            socket.setSoTimeout(timeoutMillis);
            socket.setTcpNoDelay(true);
            in = new BufferedInputStream(socket.getInputStream());
            good = true;
        } finally {
            if (!good) {
                socket.close();
            }
        }
    }

    void send(String line) throws IOException {
        send((line + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
    }

    void send(byte[] octets) throws IOException {
        try {
            socket.getOutputStream().write(octets);
        } catch (SocketException e) {
            // the server hung up; whoever reads next finds out
        }
    }

    /**
     * The next line with its end; what there was of it if the connection ended.
     *
     * @throws Unexpected if nothing comes, or more than a line may have
     */
    String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        try {
            for (int octet = in.read(); octet >= 0; octet = in.read()) {
                line.write(octet);
                if (octet == '\n') {
                    break;
                }
                if (line.size() > LONGEST_LINE) {
                    throw new Unexpected("a line of more than " + LONGEST_LINE + " octets");
                }
            }
        } catch (SocketTimeoutException e) {
            throw new Unexpected(
                    (line.size() == 0 ? "nothing" : "\"" + shown(line.toString(StandardCharsets.ISO_8859_1)) + "\"")
                            + " within " + timeoutMillis / 1000.0 + " s");
        } catch (SocketException e) {
            return "";
        }
        return line.toString(StandardCharsets.ISO_8859_1);
    }

    /** So many octets, or as many as come before the connection ends or the server is silent. */
    byte[] octets(long count) throws IOException {
        ByteArrayOutputStream octets = new ByteArrayOutputStream();
        try {
            byte[] buffer = new byte[8192];
            while (octets.size() < count) {
                int read = in.read(buffer, 0, (int) Math.min(buffer.length, count - octets.size()));
                if (read < 0) {
                    break;
                }
                octets.write(buffer, 0, read);
            }
        } catch (SocketTimeoutException | SocketException e) {
            return octets.toByteArray();
        }
        return octets.toByteArray();
    }

    /** What the server says without being asked. */
    String unasked() throws IOException {
        socket.setSoTimeout(QUIET_MILLIS);
        try {
            int octet = in.read();
            socket.setSoTimeout(timeoutMillis);
            return octet < 0 ? "" : (char) octet + line();
        } catch (SocketTimeoutException | SocketException e) {
            return "";
        } finally {
            socket.setSoTimeout(timeoutMillis);
        }
    }

    /** Whether the server closes the connection, and says nothing more. */
    boolean isClosed() throws IOException {
        try {
            return in.read() < 0;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (SocketException e) {
            return true;
        }
    }

    /** As a line that drops: with a reset. */
    void drop() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    /** A reply as a report can have it. */
    static String shown(String line) {
        String text = line.stripTrailing().replaceAll("[^ -~]", "?");
        return text.length() <= 100 ? text : text.substring(0, 100) + "...";
    }
}
