package org.pop2.server;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;

/** A client's end of a connection, by hand: octets written and read as Latin-1, one character for each. */
public final class Wire implements AutoCloseable {
    private final Socket socket;
    private final InputStream in;

    private Wire(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new BufferedInputStream(socket.getInputStream());
    }

    public static Wire to(InetSocketAddress address) {
        return to(address, 0);
    }

    /** With a receive buffer of that size, so that the server soon has to wait; 0: as the system likes. */
    public static Wire to(InetSocketAddress address, int receiveBuffer) {
        try {
            Socket socket = new Socket();
            if (receiveBuffer > 0) {
                socket.setReceiveBufferSize(receiveBuffer);
            }
            socket.setTcpNoDelay(true);
            socket.connect(address);
            socket.setSoTimeout((int) TestServer.LIMIT.toMillis());
            return new Wire(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Over a socket that is connected already. */
    public static Wire over(Socket socket) {
        try {
            socket.setSoTimeout((int) TestServer.LIMIT.toMillis());
            return new Wire(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Socket socket() {
        return socket;
    }

    public Wire send(String text) {
        return send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    public Wire send(byte[] octets) {
        try {
            socket.getOutputStream().write(octets);
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The next line with its line end, or what there was before the connection ended. */
    public String line() {
        StringBuilder line = new StringBuilder();
        try {
            for (int octet = in.read(); octet >= 0; octet = in.read()) {
                line.append((char) octet);
                if (octet == '\n') {
                    break;
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("after '" + line + "'", e);
        }
        return line.toString();
    }

    /** Reads a line that has to begin so and to end in CRLF. */
    public String expect(String start) {
        String line = line();
        if (!line.startsWith(start) || !line.endsWith("\r\n")) {
            throw new AssertionError("expected '" + start + "…', got '" + line + "'");
        }
        return line;
    }

    /** Sends a command line, without its line end, and reads the reply. */
    public String ask(String command, String start) {
        return send(command + "\r\n").expect(start);
    }

    /** Reads so many octets, or fewer if the connection ends. */
    public String octets(int count) {
        try {
            return new String(in.readNBytes(count), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads to the end; a reset is one, too. */
    public String rest() {
        StringBuilder rest = new StringBuilder();
        try {
            for (int octet = in.read(); octet >= 0; octet = in.read()) {
                rest.append((char) octet);
            }
        } catch (SocketException reset) {
            return rest.toString();
        } catch (IOException e) {
            throw new UncheckedIOException("after '" + rest + "'", e);
        }
        return rest.toString();
    }

    /** Says that nothing more will be sent. */
    public void endOutput() {
        try {
            socket.shutdownOutput();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Resets the connection. */
    public void reset() {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
