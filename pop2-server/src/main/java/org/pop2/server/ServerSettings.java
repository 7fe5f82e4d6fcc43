package org.pop2.server;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.pop2.protocol.OnDisconnect;
import org.pop2.trace.TraceSettings;

/**
 * Settings of a server. Immutable; start from {@link #defaults} and change what differs.
 *
 * @param hostName what the greeting calls this host: one word
 * @param listeners where to listen, and how; at least one
 * @param loginTimeout from connecting to HELO
 * @param idleTimeout between two commands: the RFC's T2 (p. 11)
 * @param stallTimeout how long a client may read not one octet of what is sent
 * @param onDisconnect what becomes of messages marked by ACKD when a session ends without QUIT
 * @param limits limits for clients
 * @param stopTimeout how long stopping waits for transfers and releases under way
 * @param busyPoll whether threads look for the next command for up to 0.2 ms before they sleep, where nobody else wants
 *     the processor; on Linux alone
 * @param loginCache how long a password that was right need not be hashed again; zero: always hash
 * @param trace which sessions are written down; nothing: none
 * @param profiles which clients need what, besides what their listener says
 * @param logDeletions whether each message that a session deletes has an event of its own in the log
 */
public record ServerSettings(
        String hostName,
        List<ListenerSettings> listeners,
        Duration loginTimeout,
        Duration idleTimeout,
        Duration stallTimeout,
        OnDisconnect onDisconnect,
        Limits limits,
        Duration stopTimeout,
        boolean busyPoll,
        Duration loginCache,
        Optional<TraceSettings> trace,
        ProfileRules profiles,
        boolean logDeletions) {

    /** The port of POP2. */
    public static final int PORT = 109;

    private static final int MAX_HOST_NAME = 255;

    /**
     * Checks the settings.
     *
     * @throws IllegalArgumentException if a time is not positive (the cache's may be zero), there is no listener, or
     *     the host name is no word of printable ASCII
     */
    public ServerSettings {
        if (hostName.isEmpty()
                || hostName.length() > MAX_HOST_NAME
                || !hostName.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            throw new IllegalArgumentException("the host name has to be one word of printable ASCII");
        }
        listeners = List.copyOf(listeners);
        if (listeners.isEmpty()) {
            throw new IllegalArgumentException("a server has to listen somewhere");
        }
        requirePositive(loginTimeout, "login timeout");
        requirePositive(idleTimeout, "idle timeout");
        requirePositive(stallTimeout, "stall timeout");
        requirePositive(stopTimeout, "stop timeout");
        if (loginCache.isNegative()) {
            throw new IllegalArgumentException("the login cache's time is negative");
        }
    }

    /** Loopback, port 109, and the times of the RFC's tradition: 1 minute to log in, 10 idle, 5 stalled. */
    public static ServerSettings defaults() {
        return new Builder().build();
    }

    public ServerSettings withHostName(String name) {
        return with(it -> it.hostName = name);
    }

    /** With these listeners only. */
    public ServerSettings withListeners(List<ListenerSettings> all) {
        return with(it -> it.listeners = all);
    }

    /** With a single listener: the first one, at another address. */
    public ServerSettings withAddress(InetSocketAddress where) {
        return withListeners(List.of(listeners.get(0).withAddress(where)));
    }

    /** With every listener following the RFC's grammar to the letter, or not. */
    public ServerSettings withStrict(boolean byTheLetter) {
        return withListeners(listeners.stream()
                .map(listener -> listener.withStrict(byTheLetter))
                .toList());
    }

    public ServerSettings withLoginTimeout(Duration time) {
        return with(it -> it.loginTimeout = time);
    }

    public ServerSettings withIdleTimeout(Duration time) {
        return with(it -> it.idleTimeout = time);
    }

    public ServerSettings withStallTimeout(Duration time) {
        return with(it -> it.stallTimeout = time);
    }

    public ServerSettings withOnDisconnect(OnDisconnect what) {
        return with(it -> it.onDisconnect = what);
    }

    public ServerSettings withLimits(Limits these) {
        return with(it -> it.limits = these);
    }

    public ServerSettings withMaxConnections(int number) {
        return withLimits(limits.withConnections(number));
    }

    public ServerSettings withStopTimeout(Duration time) {
        return with(it -> it.stopTimeout = time);
    }

    public ServerSettings withBusyPoll(boolean before) {
        return with(it -> it.busyPoll = before);
    }

    public ServerSettings withLoginCache(Duration time) {
        return with(it -> it.loginCache = time);
    }

    public ServerSettings withTrace(TraceSettings which) {
        return with(it -> it.trace = Optional.of(which));
    }

    public ServerSettings withProfiles(ProfileRules rules) {
        return with(it -> it.profiles = rules);
    }

    public ServerSettings withLogDeletions(boolean each) {
        return with(it -> it.logDeletions = each);
    }

    private ServerSettings with(Consumer<Builder> change) {
        Builder builder = new Builder();
        builder.hostName = hostName;
        builder.listeners = listeners;
        builder.loginTimeout = loginTimeout;
        builder.idleTimeout = idleTimeout;
        builder.stallTimeout = stallTimeout;
        builder.onDisconnect = onDisconnect;
        builder.limits = limits;
        builder.stopTimeout = stopTimeout;
        builder.busyPoll = busyPoll;
        builder.loginCache = loginCache;
        builder.trace = trace;
        builder.profiles = profiles;
        builder.logDeletions = logDeletions;
        change.accept(builder);
        return builder.build();
    }

    private static void requirePositive(Duration time, String what) {
        if (time.isNegative() || time.isZero()) {
            throw new IllegalArgumentException("the " + what + " has to be positive");
        }
    }

    /** The defaults, to be changed one by one. */
    private static final class Builder {
        private String hostName = "localhost";
        private List<ListenerSettings> listeners = List.of(ListenerSettings.defaults());
        private Duration loginTimeout = Duration.ofMinutes(1);
        private Duration idleTimeout = Duration.ofMinutes(10);
        private Duration stallTimeout = Duration.ofMinutes(5);
        private OnDisconnect onDisconnect = OnDisconnect.KEEP;
        private Limits limits = Limits.defaults();
        private Duration stopTimeout = Duration.ofSeconds(30);
        private boolean busyPoll = true;
        private Duration loginCache = Duration.ofMinutes(1);
        private Optional<TraceSettings> trace = Optional.empty();
        private ProfileRules profiles = ProfileRules.NONE;
        private boolean logDeletions;

        private ServerSettings build() {
            return new ServerSettings(
                    hostName,
                    listeners,
                    loginTimeout,
                    idleTimeout,
                    stallTimeout,
                    onDisconnect,
                    limits,
                    stopTimeout,
                    busyPoll,
                    loginCache,
                    trace,
                    profiles,
                    logDeletions);
        }
    }
}
