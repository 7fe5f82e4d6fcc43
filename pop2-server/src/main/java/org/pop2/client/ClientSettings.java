package org.pop2.client;

import java.time.Duration;
import java.util.Optional;

/**
 * Where a client connects, and how long it waits. Every wait has a limit.
 *
 * @param host name or address
 * @param port TCP port, 1 to 65535; POP2's is {@value #PORT}
 * @param tls implicit TLS, from the first octet on; empty: in clear
 * @param connectTimeout for the connection, and again for the TLS handshake; positive
 * @param replyTimeout for the greeting and for each reply, all of its line; positive. Servers wait before they refuse a
 *     password, or for a mailbox in use
 * @param stallTimeout within a message, for the next octets, while somebody wants them; positive
 * @param countLineFeeds whether a line end that comes as LF counts two octets, and is given to the reader as CRLF: for
 *     servers that count so ({@link Pop2ClientException.Reason#COUNTS_CRLF}), and for no others
 */
public record ClientSettings(
        String host,
        int port,
        Optional<ClientTls> tls,
        Duration connectTimeout,
        Duration replyTimeout,
        Duration stallTimeout,
        boolean countLineFeeds) {
    /** The port that the RFC names (p. 1). */
    public static final int PORT = 109;

    public ClientSettings {
        if (host.isBlank()) {
            throw new IllegalArgumentException("a host has a name");
        }
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException("a port is 1 to 65535");
        }
        requirePositive(connectTimeout);
        requirePositive(replyTimeout);
        requirePositive(stallTimeout);
    }

    private static void requirePositive(Duration limit) {
        if (limit.isNegative() || limit.toMillis() == 0) {
            throw new IllegalArgumentException("a time limit is a millisecond or more");
        }
    }

    /** In clear; 30 s to connect, 2 min for a reply, 2 min without an octet. */
    public static ClientSettings of(String host, int port) {
        return new ClientSettings(
                host,
                port,
                Optional.empty(),
                Duration.ofSeconds(30),
                Duration.ofMinutes(2),
                Duration.ofMinutes(2),
                false);
    }

    public ClientSettings withTls(ClientTls trust) {
        return new ClientSettings(
                host, port, Optional.of(trust), connectTimeout, replyTimeout, stallTimeout, countLineFeeds);
    }

    public ClientSettings withConnectTimeout(Duration limit) {
        return new ClientSettings(host, port, tls, limit, replyTimeout, stallTimeout, countLineFeeds);
    }

    public ClientSettings withReplyTimeout(Duration limit) {
        return new ClientSettings(host, port, tls, connectTimeout, limit, stallTimeout, countLineFeeds);
    }

    public ClientSettings withStallTimeout(Duration limit) {
        return new ClientSettings(host, port, tls, connectTimeout, replyTimeout, limit, countLineFeeds);
    }

    public ClientSettings withCountLineFeeds(boolean count) {
        return new ClientSettings(host, port, tls, connectTimeout, replyTimeout, stallTimeout, count);
    }
}
