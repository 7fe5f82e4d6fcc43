package org.pop2.fetch.source;

import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The address of a folder: {@code imaps://jon@imap.example.org/INBOX}.
 *
 * @param scheme protocol and encryption
 * @param host a name or an IP address, without brackets
 * @param port TCP
 * @param user the account
 * @param folder the folder; empty for POP3, and for POP2's default mailbox
 */
public record SourceAddress(Scheme scheme, String host, int port, String user, String folder) {

    /** Protocol and encryption. */
    public enum Scheme {
        /** TLS from the first octet on. */
        IMAPS(993, "IMAP"),
        /** STARTTLS. */
        IMAP(143, "IMAP"),
        /** TLS from the first octet on. */
        POP3S(995, "POP3"),
        /** STLS. */
        POP3(110, "POP3"),
        /** TLS from the first octet on. Nobody has assigned a port; this is the one of our examples. */
        POP2S(1109, "POP2"),
        /** In clear: POP2 has nothing like STARTTLS. */
        POP2(109, "POP2");

        private final int port;
        private final String protocol;

        Scheme(int port, String protocol) {
            this.port = port;
            this.protocol = protocol;
        }

        /** The usual port. */
        public int port() {
            return port;
        }

        /** Whether the protocol is IMAP, with folders, flags and UIDs. */
        public boolean isImap() {
            return protocol.equals("IMAP");
        }

        /** Whether the protocol is POP2, which has no names for messages. */
        public boolean isPop2() {
            return protocol.equals("POP2");
        }

        /** {@code IMAP}, {@code POP3} or {@code POP2}. */
        public String protocol() {
            return protocol;
        }

        boolean isTlsAtOnce() {
            return this == IMAPS || this == POP3S || this == POP2S;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Parses an address.
     *
     * @throws IllegalArgumentException if it is malformed; the message says what was expected
     */
    public static SourceAddress of(String text) {
        URI uri;
        try {
            uri = new URI(text);
        } catch (URISyntaxException e) {
            throw expected(e);
        }
        String schemeName = Optional.ofNullable(uri.getScheme()).orElse("").toUpperCase(Locale.ROOT);
        Scheme scheme = Arrays.stream(Scheme.values())
                .filter(each -> each.name().equals(schemeName))
                .findFirst()
                .orElseThrow(() -> expected(null));
        String raw = Optional.ofNullable(uri.getRawAuthority()).orElse("");
        // a user's name is often a mail address, whose @ need not be escaped
        int at = raw.lastIndexOf('@');
        if (at < 1 || uri.getQuery() != null || uri.getFragment() != null) {
            throw expected(null);
        }
        String user = decoded(raw.substring(0, at));
        if (user.indexOf(':') >= 0) {
            throw new IllegalArgumentException("a password does not belong here: it goes into a file");
        }
        String server = raw.substring(at + 1);
        int colon = server.endsWith("]") ? -1 : server.lastIndexOf(':');
        String host = (colon < 0 ? server : server.substring(0, colon)).replaceAll("^\\[(.*)]$", "$1");
        String portText = colon < 0 ? String.valueOf(scheme.port()) : server.substring(colon + 1);
        boolean validPort =
                portText.matches("\\d{1,5}") && Integer.parseInt(portText) >= 1 && Integer.parseInt(portText) <= 65_535;
        if (!validPort || !host.matches("[A-Za-z0-9._:-]{1,255}")) {
            throw expected(null);
        }
        String path = Optional.ofNullable(uri.getPath()).orElse("").replaceFirst("^/", "");
        if (hasControl(user) || hasControl(path)) {
            throw expected(null);
        }
        if (scheme.protocol().equals("POP3") && !path.isEmpty()) {
            throw new IllegalArgumentException("POP3 has no folders: nothing follows the host");
        }
        String folder = scheme.isImap() && path.isEmpty() ? "INBOX" : path;
        return new SourceAddress(scheme, host, Integer.parseInt(portText), user, folder);
    }

    private static String decoded(String text) {
        try {
            return Optional.ofNullable(new URI("x:/" + text.replace("@", "%40")).getPath())
                    .orElse("/")
                    .substring(1);
        } catch (URISyntaxException e) {
            throw expected(e);
        }
    }

    private static boolean hasControl(String text) {
        return text.chars().anyMatch(Character::isISOControl);
    }

    private static IllegalArgumentException expected(@Nullable Exception cause) {
        return new IllegalArgumentException(
                "expected "
                        + Arrays.stream(Scheme.values()).map(Scheme::toString).collect(Collectors.joining(", "))
                        + " and an account, such as imaps://jon@imap.example.org/INBOX",
                cause);
    }

    /** Whether the server is this machine. A name that is not {@code localhost} is looked up. Blocks. */
    public boolean isLoopback() {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            // whoever connects says so better
            return false;
        }
    }

    /** Without the user, for messages: {@code imap.example.org port 993}. */
    String server() {
        return host + " port " + port;
    }

    @Override
    public String toString() {
        String shown = host.indexOf(':') < 0 ? host : "[" + host + "]";
        return scheme + "://" + user + "@" + shown + (port == scheme.port() ? "" : ":" + port)
                + (folder.isEmpty() ? "" : "/" + folder);
    }
}
