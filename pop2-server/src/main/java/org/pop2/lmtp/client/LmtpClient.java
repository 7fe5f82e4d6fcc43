package org.pop2.lmtp.client;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.pop2.lmtp.client.LmtpRefusedException.Step;
import org.pop2.storage.transfer.OctetFeed;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.scheduler.Schedulers;

/**
 * Delivers to a mail system by LMTP (RFC 2033). Opens a connection for each message, as the pause between two messages
 * from a slow line can exceed any server's timeout. Blocks. Safe for many threads.
 */
public final class LmtpClient {
    private static final Logger LOG = LoggerFactory.getLogger(LmtpClient.class);

    /** Octets of a reply line; RFC 5321 says 512. */
    private static final int MOST_LINE = 2048;
    /** Lines of one reply. */
    private static final int MOST_LINES = 100;

    private final SocketAddress server;
    private final String host;
    private final Duration limit;

    /**
     * A client. It connects when it delivers.
     *
     * @param server the mail system's address; an unresolved host is looked up for each message
     * @param host this machine's name, for the greeting
     * @param limit for each answer
     */
    public LmtpClient(SocketAddress server, String host, Duration limit) {
        this.server = server;
        this.host = host;
        this.limit = limit;
    }

    /**
     * The envelope of a message.
     *
     * @param sender empty for a bounce
     * @param id distinguishes the message from equal ones, for servers that support XDELIVERYID: pop2d would else take
     *     an equal message for a repetition. 1 to 64 letters and digits; empty: none
     */
    public record Envelope(String sender, String recipient, String id) {
        /**
         * An envelope.
         *
         * @throws IllegalArgumentException if an address cannot be part of a command, or the id is malformed
         */
        public Envelope {
            if (!isAddress(sender)
                    || recipient.isEmpty()
                    || !isAddress(recipient)
                    || !id.matches("[0-9A-Za-z]{0,64}")) {
                throw new IllegalArgumentException("not an envelope");
            }
        }

        /** Whether a text can be put between {@code <} and {@code >} of a command. */
        public static boolean isAddress(String text) {
            return text.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '<' && c != '>');
        }
    }

    /**
     * Delivers a message. When this returns, the mail system has accepted it.
     *
     * @param message read once, from the start
     * @throws LmtpRefusedException if the mail system refuses it
     * @throws IOException if it cannot be reached, is silent, or speaks another protocol; whether it accepted the
     *     message is then unknown
     */
    public void deliver(Envelope envelope, OctetFeed message) throws IOException {
        try (Exchange lmtp = new Exchange()) {
            lmtp.step(() -> lmtp.channel.connect(resolved()));
            lmtp.expect("220", Step.CONNECTION);
            List<String> offers = lmtp.ask("LHLO " + host, "250", Step.CONNECTION);
            String parameters = (isOffered(offers, "8BITMIME") ? " BODY=8BITMIME" : "")
                    + (!envelope.id().isEmpty() && isOffered(offers, "XDELIVERYID")
                            ? " XDELIVERYID=" + envelope.id()
                            : "");
            lmtp.ask("MAIL FROM:<" + envelope.sender() + ">" + parameters, "250", Step.SENDER);
            lmtp.ask("RCPT TO:<" + envelope.recipient() + ">", "250", Step.RECIPIENT);
            lmtp.ask("DATA", "354", Step.MESSAGE);
            lmtp.content(message);
            // one recipient, one reply
            lmtp.expect("250", Step.MESSAGE);
            lmtp.quit();
        }
    }

    private static boolean isOffered(List<String> offers, String extension) {
        return offers.stream().anyMatch(line -> line.toUpperCase(Locale.ROOT).startsWith(extension, 4));
    }

    private SocketAddress resolved() throws IOException {
        if (server instanceof InetSocketAddress named) {
            InetSocketAddress address = new InetSocketAddress(named.getHostString(), named.getPort());
            if (address.isUnresolved()) {
                throw new UnknownHostException("there is no host " + named.getHostString());
            }
            return address;
        }
        return server;
    }

    /** A step that waits for the network. */
    @FunctionalInterface
    private interface Wait {
        void run() throws IOException;
    }

    /** One connection. A step that takes too long is ended by closing it. */
    private final class Exchange implements AutoCloseable {
        private final SocketChannel channel;
        private final ByteBuffer in = ByteBuffer.allocate(8 * 1024).flip();
        private final AtomicBoolean late = new AtomicBoolean();

        Exchange() throws IOException {
            channel = server instanceof UnixDomainSocketAddress
                    ? SocketChannel.open(StandardProtocolFamily.UNIX)
                    : SocketChannel.open();
        }

        void step(Wait wait) throws IOException {
            Disposable watch =
                    Schedulers.boundedElastic().schedule(this::tooLate, limit.toMillis(), TimeUnit.MILLISECONDS);
            try {
                wait.run();
            } catch (ClosedChannelException e) {
                if (late.get()) {
                    SocketTimeoutException timeout =
                            new SocketTimeoutException("no answer within " + limit.toSeconds() + " s");
                    timeout.initCause(e);
                    throw timeout;
                }
                throw e;
            } finally {
                watch.dispose();
            }
        }

        private void tooLate() {
            late.set(true);
            try {
                channel.close();
            } catch (IOException e) {
                LOG.atWarn()
                        .addKeyValue("server", server)
                        .addKeyValue("error", e.toString())
                        .log("fetch-target-not-closed");
            }
        }

        List<String> ask(String command, String code, Step refused) throws IOException {
            step(() -> write((command + "\r\n").getBytes(StandardCharsets.US_ASCII)));
            return expect(code, refused);
        }

        /** Reads a reply and requires that code. */
        List<String> expect(String code, Step refused) throws IOException {
            List<String> lines = new ArrayList<>();
            step(() -> {
                do {
                    lines.add(line());
                } while (lines.get(lines.size() - 1).startsWith("-", 3) && lines.size() < MOST_LINES);
            });
            String last = lines.get(lines.size() - 1);
            if (last.startsWith(code)) {
                return lines;
            }
            // 421 and the like, and what is no reply at all, say nothing about the message
            throw new LmtpRefusedException(
                    refused, last.startsWith("5"), "the mail system said: " + last.replaceAll("[^\\x20-\\x7e]", "?"));
        }

        private String line() throws IOException {
            StringBuilder line = new StringBuilder();
            while (true) {
                if (!in.hasRemaining()) {
                    in.clear();
                    if (channel.read(in) < 0) {
                        throw new IOException("the mail system closed the connection");
                    }
                    in.flip();
                    continue;
                }
                char octet = (char) (in.get() & 0xff);
                if (octet == '\n') {
                    return line.toString().stripTrailing();
                }
                if (line.length() == MOST_LINE) {
                    throw new IOException("the mail system sends endless lines");
                }
                line.append(octet);
            }
        }

        private void write(byte[] octets) throws IOException {
            write(octets, 0, octets.length);
        }

        private void write(byte[] octets, int from, int length) throws IOException {
            ByteBuffer buffer = ByteBuffer.wrap(octets, from, length);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
        }

        void content(OctetFeed message) throws IOException {
            try (OutputStream out = new BufferedOutputStream(new Guarded(), 16 * 1024)) {
                DotStuffer stuffer = new DotStuffer(out);
                message.to(stuffer::write);
                stuffer.end();
            }
        }

        /** Says goodbye; errors do not matter, as the message has been delivered. */
        void quit() {
            try {
                step(() -> write("QUIT\r\n".getBytes(StandardCharsets.US_ASCII)));
            } catch (IOException e) {
                LOG.atDebug()
                        .addKeyValue("server", server)
                        .addKeyValue("error", e.toString())
                        .log("fetch-target-quit-failed");
            }
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }

        /** The socket's output, with a limit for each write. Closing it does not close the socket. */
        private final class Guarded extends OutputStream {
            @Override
            public void write(int octet) throws IOException {
                write(new byte[] {(byte) octet}, 0, 1);
            }

            @Override
            public void write(byte[] octets, int from, int length) throws IOException {
                step(() -> Exchange.this.write(octets, from, length));
            }
        }
    }
}
