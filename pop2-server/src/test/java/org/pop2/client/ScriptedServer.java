package org.pop2.client;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A server that does what a script says, right or wrong: one script for each connection. */
public final class ScriptedServer implements AutoCloseable {
    private static final int LIMIT_MILLIS = 20_000;

    private final ServerSocket socket;
    private final List<String> heard = new CopyOnWriteArrayList<>();
    private final List<Throwable> failures = new CopyOnWriteArrayList<>();
    private final Thread thread;

    /** What happens on one connection; it is closed afterwards. */
    @FunctionalInterface
    public interface Script {
        void run(Peer peer) throws IOException;
    }

    private ScriptedServer(List<Script> scripts) throws IOException {
        socket = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        socket.setSoTimeout(LIMIT_MILLIS);
        thread = new Thread(() -> serve(scripts), "scripted-server");
        thread.setDaemon(true);
        thread.start();
    }

    public static ScriptedServer of(Script... scripts) throws IOException {
        return new ScriptedServer(List.of(scripts));
    }

    private void serve(List<Script> scripts) {
        int served = 0;
        for (Script script : scripts) {
            try (Socket connection = socket.accept()) {
                connection.setSoTimeout(LIMIT_MILLIS);
                connection.setTcpNoDelay(true);
                script.run(new Peer(connection, served++ == 0));
            } catch (IOException | RuntimeException e) {
                failures.add(e);
            }
        }
    }

    public int port() {
        return socket.getLocalPort();
    }

    /** The lines that clients sent so far. */
    public List<String> heard() {
        return List.copyOf(heard);
    }

    /** Waits until all scripts have come to their end. */
    public List<Throwable> failures() throws InterruptedException {
        thread.join(LIMIT_MILLIS);
        return List.copyOf(failures);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    /** One client. Text is Latin-1: one character, one octet. */
    public final class Peer {
        private final Socket connection;
        private final InputStream in;

        private final boolean first;

        private Peer(Socket connection, boolean first) throws IOException {
            this.connection = connection;
            this.first = first;
            this.in = new BufferedInputStream(connection.getInputStream());
        }

        public Peer say(String text) throws IOException {
            connection.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
            connection.getOutputStream().flush();
            return this;
        }

        /** Reads a line, which has to be this one. */
        public Peer hear(String line) throws IOException {
            String said = line();
            if (!said.equals(line)) {
                throw new IllegalStateException("expected " + line + ", heard " + said);
            }
            return this;
        }

        /** Whether no other connection came before. */
        public boolean isFirst() {
            return first;
        }

        /** Reads lines up to this one. */
        public Peer until(String last) throws IOException {
            String said = line();
            while (!said.equals(last)) {
                said = line();
            }
            return this;
        }

        /** Greets, takes any name and password, and has so many messages. */
        public Peer logIn(int messages) throws IOException {
            say("+ POP2 test.example UW-like server\r\n");
            line();
            return say("#" + messages + " messages\r\n");
        }

        /** Reads a line, whatever it is; empty at the end of the connection. */
        public String next() throws IOException {
            return line();
        }

        /** Reads until the client closes; whatever it says is heard. */
        public void untilClosed() throws IOException {
            String said = line();
            while (!said.isEmpty()) {
                said = line();
            }
        }

        private String line() throws IOException {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            try {
                for (int octet = in.read(); octet >= 0 && octet != '\n'; octet = in.read()) {
                    if (octet != '\r') {
                        line.write(octet);
                    }
                }
            } catch (java.net.SocketException reset) {
                return "";
            }
            String text = line.toString(StandardCharsets.ISO_8859_1);
            if (!text.isEmpty()) {
                heard.add(text);
            }
            return text;
        }
    }
}
