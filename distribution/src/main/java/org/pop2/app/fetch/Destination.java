package org.pop2.app.fetch;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import org.pop2.lmtp.client.LmtpClient;

/** What {@code --to} says. */
public sealed interface Destination {
    /** An mbox file, which others may deliver to and read. */
    record Mbox(Path file) implements Destination {
        @Override
        public String toString() {
            return "mbox:" + file;
        }
    }

    /** A Maildir. */
    record Maildir(Path directory) implements Destination {
        @Override
        public String toString() {
            return "maildir:" + directory;
        }
    }

    /** A mail system that speaks LMTP (RFC 2033). */
    record Lmtp(SocketAddress server, String recipient) implements Destination {
        @Override
        public String toString() {
            return "lmtp:" + server + "/" + recipient;
        }
    }

    /** Standard output, as an mbox. */
    record Output() implements Destination {
        @Override
        public String toString() {
            return "standard output";
        }
    }

    /**
     * Reads {@code mbox:FILE}, {@code maildir:DIR}, {@code lmtp:HOST:PORT[/RECIPIENT]}, {@code lmtp:/SOCKET} or
     * {@code -}.
     *
     * @param recipient for LMTP, where the text names none
     * @throws IllegalArgumentException if it is none of these
     */
    static Destination of(String text, String recipient) {
        if (text.equals("-")) {
            return new Output();
        }
        int colon = text.indexOf(':');
        String rest = text.substring(colon + 1);
        if (colon > 0 && !rest.isEmpty()) {
            switch (text.substring(0, colon)) {
                case "mbox" -> {
                    return new Mbox(absolute(rest));
                }
                case "maildir" -> {
                    return new Maildir(absolute(rest));
                }
                case "lmtp" -> {
                    return lmtp(rest, recipient);
                }
                default -> {}
            }
        }
        throw new IllegalArgumentException(
                "--to: expected mbox:FILE, maildir:DIR, lmtp:HOST:PORT/RECIPIENT, lmtp:/SOCKET or -");
    }

    private static Path absolute(String path) {
        return Path.of(path).toAbsolutePath().normalize();
    }

    private static Destination lmtp(String text, String recipient) {
        if (text.startsWith("/")) {
            return new Lmtp(UnixDomainSocketAddress.of(text), address(recipient));
        }
        int slash = text.indexOf('/');
        String server = slash < 0 ? text : text.substring(0, slash);
        int colon = server.lastIndexOf(':');
        String host = colon < 0 ? "" : server.substring(0, colon).replaceAll("^\\[(.*)]$", "$1");
        String port = server.substring(colon + 1);
        boolean valid = port.matches("\\d{1,5}") && Integer.parseInt(port) >= 1 && Integer.parseInt(port) <= 65535;
        if (host.isEmpty() || !valid) {
            throw new IllegalArgumentException("--to: expected lmtp:HOST:PORT/RECIPIENT");
        }
        return new Lmtp(
                InetSocketAddress.createUnresolved(host, Integer.parseInt(port)),
                address(slash < 0 ? recipient : text.substring(slash + 1)));
    }

    private static String address(String recipient) {
        // a path of RFC 5321 has 256 octets at most
        if (recipient.isEmpty() || recipient.length() > 254 || !LmtpClient.Envelope.isAddress(recipient)) {
            throw new IllegalArgumentException("--to: not a recipient's address");
        }
        return recipient;
    }
}
