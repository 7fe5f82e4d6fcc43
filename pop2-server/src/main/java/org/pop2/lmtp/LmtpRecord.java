package org.pop2.lmtp;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a session did, for the one line that the log has of it: numbers only. Used on the connection's event loop only.
 */
final class LmtpRecord {
    /** The name is part of the manual. */
    private static final Logger LOG = LoggerFactory.getLogger("org.pop2.lmtp.sessions");

    private final LmtpObserver observer;
    private final String address;
    private final long startNanos = System.nanoTime();
    private long messages;
    private long octets;
    private long delivered;
    private long failed;
    private long refused;

    LmtpRecord(@Nullable SocketAddress remote, LmtpObserver observer) {
        this.observer = observer;
        address = text(remote);
    }

    String address() {
        return address;
    }

    /** A message was received whole. */
    void received(long count) {
        messages++;
        octets += count;
        observer.received(count);
    }

    void delivered() {
        delivered++;
        observer.delivered();
    }

    void failed() {
        failed++;
        observer.failed();
    }

    /** A recipient was not taken. */
    void refused() {
        refused++;
        observer.refused();
    }

    void write(LmtpSession.End end) {
        if (end == LmtpSession.End.OVERLOADED) {
            observer.overloaded();
        }
        LOG.info(
                "lmtp address={} messages={} octets={} delivered={} failed={} refused={} seconds={} reason={}",
                address,
                messages,
                octets,
                delivered,
                failed,
                refused,
                (System.nanoTime() - startNanos) / 1_000_000_000L,
                end.name().toLowerCase(Locale.ROOT).replace('_', '-'));
    }

    private static String text(@Nullable SocketAddress remote) {
        if (remote instanceof InetSocketAddress inet) {
            InetAddress host = inet.getAddress();
            String name = host == null ? "unresolved" : host.getHostAddress();
            return name.indexOf(':') >= 0 ? "[" + name + "]:" + inet.getPort() : name + ":" + inet.getPort();
        }
        return "local";
    }
}
