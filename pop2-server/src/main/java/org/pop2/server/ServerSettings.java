package org.pop2.server;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.pop2.protocol.OnDisconnect;

/**
 * How a server serves. Immutable; start from {@link #defaults} and change what differs.
 *
 * @param hostName what the greeting calls this host: one word
 * @param address where to listen; port 0: any free one
 * @param loginTimeout from connecting to HELO
 * @param idleTimeout between two commands: the RFC's T2 (p. 11)
 * @param stallTimeout how long a client may take not one octet of what is sent
 * @param onDisconnect what becomes of messages marked by ACKD when a session ends without QUIT
 * @param strict whether commands are read by the letter of the RFC's grammar
 * @param maxConnections connections at a time; one more gets an error line
 * @param stopTimeout how long a stop waits for transfers and releases under way
 * @param loginCache how long a password that was right need not be hashed again; zero: always hash
 */
public record ServerSettings(
        String hostName,
        InetSocketAddress address,
        Duration loginTimeout,
        Duration idleTimeout,
        Duration stallTimeout,
        OnDisconnect onDisconnect,
        boolean strict,
        int maxConnections,
        Duration stopTimeout,
        Duration loginCache) {

    /** The port of POP2. */
    public static final int PORT = 109;

    private static final int MAX_HOST_NAME = 255;

    /**
     * Settings that can work.
     *
     * @throws IllegalArgumentException if a time is not positive (the cache's may be zero), the number of connections
     *     is not, or the host name is no word of printable ASCII
     */
    public ServerSettings {
        if (hostName.isEmpty()
                || hostName.length() > MAX_HOST_NAME
                || !hostName.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            throw new IllegalArgumentException("the host name has to be one word of printable ASCII");
        }
        requirePositive(loginTimeout, "login timeout");
        requirePositive(idleTimeout, "idle timeout");
        requirePositive(stallTimeout, "stall timeout");
        requirePositive(stopTimeout, "stop timeout");
        if (loginCache.isNegative()) {
            throw new IllegalArgumentException("the login cache's time is negative");
        }
        if (maxConnections < 1) {
            throw new IllegalArgumentException("at least one connection has to be possible");
        }
    }

    /** Loopback, port 109, and the times of the RFC's tradition: 1 minute to log in, 10 idle, 5 stalled. */
    public static ServerSettings defaults() {
        return new ServerSettings(
                "localhost",
                new InetSocketAddress(InetAddress.getLoopbackAddress(), PORT),
                Duration.ofMinutes(1),
                Duration.ofMinutes(10),
                Duration.ofMinutes(5),
                OnDisconnect.KEEP,
                false,
                10_000,
                Duration.ofSeconds(30),
                Duration.ofMinutes(1));
    }

    public ServerSettings withHostName(String name) {
        return new ServerSettings(
                name,
                address,
                loginTimeout,
                idleTimeout,
                stallTimeout,
                onDisconnect,
                strict,
                maxConnections,
                stopTimeout,
                loginCache);
    }

    public ServerSettings withAddress(InetSocketAddress where) {
        return new ServerSettings(
                hostName,
                where,
                loginTimeout,
                idleTimeout,
                stallTimeout,
                onDisconnect,
                strict,
                maxConnections,
                stopTimeout,
                loginCache);
    }

    public ServerSettings withLoginTimeout(Duration time) {
        return new ServerSettings(
                hostName,
                address,
                time,
                idleTimeout,
                stallTimeout,
                onDisconnect,
                strict,
                maxConnections,
                stopTimeout,
                loginCache);
    }

    public ServerSettings withIdleTimeout(Duration time) {
        return new ServerSettings(
                hostName,
                address,
                loginTimeout,
                time,
                stallTimeout,
                onDisconnect,
                strict,
                maxConnections,
                stopTimeout,
                loginCache);
    }

    public ServerSettings withStallTimeout(Duration time) {
        return new ServerSettings(
                hostName,
                address,
                loginTimeout,
                idleTimeout,
                time,
                onDisconnect,
                strict,
                maxConnections,
                stopTimeout,
                loginCache);
    }

    public ServerSettings withOnDisconnect(OnDisconnect what) {
        return new ServerSettings(
                hostName,
                address,
                loginTimeout,
                idleTimeout,
                stallTimeout,
                what,
                strict,
                maxConnections,
                stopTimeout,
                loginCache);
    }

    public ServerSettings withStrict(boolean byTheLetter) {
        return new ServerSettings(
                hostName,
                address,
                loginTimeout,
                idleTimeout,
                stallTimeout,
                onDisconnect,
                byTheLetter,
                maxConnections,
                stopTimeout,
                loginCache);
    }

    public ServerSettings withMaxConnections(int number) {
        return new ServerSettings(
                hostName,
                address,
                loginTimeout,
                idleTimeout,
                stallTimeout,
                onDisconnect,
                strict,
                number,
                stopTimeout,
                loginCache);
    }

    public ServerSettings withStopTimeout(Duration time) {
        return new ServerSettings(
                hostName,
                address,
                loginTimeout,
                idleTimeout,
                stallTimeout,
                onDisconnect,
                strict,
                maxConnections,
                time,
                loginCache);
    }

    public ServerSettings withLoginCache(Duration time) {
        return new ServerSettings(
                hostName,
                address,
                loginTimeout,
                idleTimeout,
                stallTimeout,
                onDisconnect,
                strict,
                maxConnections,
                stopTimeout,
                time);
    }

    private static void requirePositive(Duration time, String what) {
        if (time.isNegative() || time.isZero()) {
            throw new IllegalArgumentException("the " + what + " has to be positive");
        }
    }
}
