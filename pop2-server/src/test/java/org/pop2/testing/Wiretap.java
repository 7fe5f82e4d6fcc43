package org.pop2.testing;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Stands before a server, writes down what passes, and spoils answers. It knows of POP2 only where an answer ends: each
 * command has a line of its own, but a RETR of a message that was announced has so many octets (RFC 937 p. 9).
 */
final class Wiretap implements Closeable {
    /** Longer than any line of POP2, so that the real server is the one to complain. */
    private static final int LINE = 4096;

    private static final Pattern NUMBER = Pattern.compile("([#=])(\\d+)(.*)", Pattern.DOTALL);

    /** Longer than an accept that is interrupted can take. */
    private static final long CLOSING_MILLIS = 20_000;

    private final ServerSocket listening;
    private final Thread accepting;
    private final Script script;
    private final List<Tap> taps = new ArrayList<>();
    private @Nullable Behind behind;

    /** The server, and who counts its sessions. */
    private record Behind(InetSocketAddress address, Pop2TestServer.Ends ends) {}

    Wiretap(Script script) throws IOException {
        this.script = script;
        listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        accepting = start("pop2-test-server", this::accept);
    }

    InetSocketAddress address() {
        return (InetSocketAddress) listening.getLocalSocketAddress();
    }

    /** What comes from now on goes there. */
    synchronized void over(InetSocketAddress server, Pop2TestServer.Ends ends) {
        taps.clear();
        behind = new Behind(server, ends);
    }

    synchronized List<Transcript> transcripts() {
        return taps.stream().map(Tap::transcript).toList();
    }

    /** Cuts all connections, and what comes before there is a server again. */
    synchronized void hangUp() {
        behind = null;
        taps.forEach(Tap::cut);
    }

    /** Blocks until nobody can connect any more. */
    @Override
    public void close() {
        closeQuietly(listening);
        try {
            // as long as an accept is under way, the kernel goes on listening
            accepting.join(CLOSING_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        hangUp();
    }

    private void accept() {
        while (!listening.isClosed()) {
            try {
                Socket client = listening.accept();
                if (script.refuses()) {
                    client.setSoLinger(true, 0);
                    client.close();
                } else if (!tap(client)) {
                    client.close();
                }
            } catch (IOException e) {
                // closed, or a client that is gone already; the next is waited for, if there can be one
            }
        }
    }

    /** @return whether the connection goes on to the server */
    private synchronized boolean tap(Socket client) {
        Behind to = behind;
        if (to == null) {
            return false;
        }
        Tap tap;
        try {
            Socket server = new Socket(to.address().getAddress(), to.address().getPort());
            tap = new Tap(client, server);
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
        } catch (IOException e) {
            return false;
        }
        to.ends().begun();
        taps.add(tap);
        start("pop2-test-client", tap::commands);
        start("pop2-test-answers", tap::answers);
        return true;
    }

    private static Thread start(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private static void closeQuietly(Closeable closed) {
        try {
            closed.close();
        } catch (IOException e) {
            // it is of no use any more, which was wanted
        }
    }

    /** One connection. */
    private final class Tap {
        private final Socket client;
        private final Socket server;
        private final List<String> lines = new ArrayList<>();
        /** LogText of commands that have not been answered. */
        private final ConcurrentLinkedQueue<String> asked = new ConcurrentLinkedQueue<>();

        private final CountDownLatch cut = new CountDownLatch(1);

        Tap(Socket client, Socket server) {
            this.client = client;
            this.server = server;
            asked.add(Script.GREETING);
        }

        synchronized Transcript transcript() {
            return new Transcript(lines);
        }

        private synchronized void note(String line) {
            lines.add(line);
        }

        void cut() {
            cut.countDown();
            closeQuietly(client);
            closeQuietly(server);
        }

        void commands() {
            try {
                InputStream in = new BufferedInputStream(client.getInputStream());
                OutputStream out = server.getOutputStream();
                for (byte[] line = line(in); line.length > 0; line = line(in)) {
                    String text = text(line);
                    note("C: " + text);
                    // a blank line is not answered
                    if (!text.isBlank()) {
                        asked.add(text.strip().split(" ", 2)[0].toUpperCase(Locale.ROOT));
                    }
                    out.write(line);
                }
                // the client has nothing more to say, but may listen
                server.shutdownOutput();
            } catch (IOException e) {
                closeQuietly(server);
            }
        }

        void answers() {
            try (client;
                    server) {
                InputStream in = new BufferedInputStream(server.getInputStream());
                OutputStream out = client.getOutputStream();
                long announced = 0;
                while (true) {
                    // what was asked is noted before the server hears of it
                    in.mark(1);
                    if (in.read() < 0) {
                        return;
                    }
                    in.reset();
                    String place = Optional.ofNullable(asked.poll()).orElse("");
                    Script.Orders orders = script.at(place);
                    boolean message = place.equals("RETR") && announced > 0;
                    byte[] answer = message ? in.readNBytes((int) announced) : line(in);
                    // a second RETR is an error, and answered with a line
                    announced = message ? 0 : announced(answer);
                    if (cut.await(orders.delay().toMillis(), TimeUnit.MILLISECONDS)) {
                        return;
                    }
                    if (orders.action().isEmpty()) {
                        pass(answer, message, out);
                    } else if (!spoiled(orders.action().get(), answer, message, out)) {
                        return;
                    }
                }
            } catch (IOException e) {
                // one of the two is gone: so are both
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private void pass(byte[] answer, boolean message, OutputStream out) throws IOException {
            // first, so that a client that has read it finds it in the transcript
            note("S: " + (message ? "(" + answer.length + " octets)" : text(answer)));
            out.write(answer);
        }

        /** @return whether the connection goes on */
        private boolean spoiled(Script.Action action, byte[] answer, boolean message, OutputStream out)
                throws IOException, InterruptedException {
            if (action instanceof Script.Action.Drop drop) {
                int length = (int) Math.min(drop.octets(), answer.length);
                note("S: (dropped after " + length + " octets)");
                out.write(answer, 0, length);
                return false;
            }
            if (action instanceof Script.Action.Say say) {
                pass((say.line() + "\r\n").getBytes(StandardCharsets.ISO_8859_1), false, out);
                return !say.line().startsWith("-");
            }
            if (action instanceof Script.Action.Miscount wrong) {
                Matcher number = NUMBER.matcher(new String(answer, StandardCharsets.ISO_8859_1));
                byte[] other = message || !number.matches()
                        ? answer
                        : (number.group(1) + (Long.parseLong(number.group(2)) + wrong.by()) + number.group(3))
                                .getBytes(StandardCharsets.ISO_8859_1);
                pass(other, message, out);
                return true;
            }
            note("S: (silence)");
            cut.await();
            return false;
        }

        private long announced(byte[] reply) {
            Matcher number = NUMBER.matcher(new String(reply, StandardCharsets.ISO_8859_1));
            return number.matches() && number.group(1).equals("=") ? Long.parseLong(number.group(2)) : 0;
        }

        private String text(byte[] line) {
            return new String(line, StandardCharsets.ISO_8859_1).stripTrailing();
        }

        /** With its line end; at the end of the stream as much as came. */
        private byte[] line(InputStream in) throws IOException {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            for (int octet = in.read(); octet >= 0; octet = in.read()) {
                line.write(octet);
                if (octet == '\n' || line.size() == LINE) {
                    break;
                }
            }
            return line.toByteArray();
        }
    }
}
