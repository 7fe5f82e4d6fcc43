package org.pop2.net;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The client at the other end of a connection.
 *
 * @param address its address; the one that a proxy named, if there is a proxy
 * @param encrypted whether the connection is encrypted
 * @param certificate the common name of its certificate, if it sent one
 * @param sinceNanos when the connection came, by {@link System#nanoTime}
 */
public record RemoteClient(
        @Nullable SocketAddress address, boolean encrypted, Optional<String> certificate, long sinceNanos) {
    /** A client without TLS and proxy. */
    public static RemoteClient plain(@Nullable SocketAddress address, long sinceNanos) {
        return new RemoteClient(address, false, Optional.empty(), sinceNanos);
    }

    /** Whether it is this machine. */
    public boolean isLocal() {
        return !(address instanceof InetSocketAddress inet)
                || (inet.getAddress() != null && inet.getAddress().isLoopbackAddress());
    }

    /** The unit in which it is counted. */
    public NetworkPrefix networkPrefix() {
        return NetworkPrefix.of(ip());
    }

    /** The address without the port; {@code null} if it is not a network address. */
    @Nullable
    public InetAddress ip() {
        return address instanceof InetSocketAddress inet ? inet.getAddress() : null;
    }

    /** {@code 192.0.2.1:1024}, {@code [2001:db8::1]:1024}. */
    public String text() {
        return text(address);
    }

    /** As {@link #text()}; {@code -} if there is no address. */
    public static String text(@Nullable SocketAddress address) {
        if (address instanceof InetSocketAddress inet) {
            InetAddress host = inet.getAddress();
            String name = host == null ? inet.getHostString() : host.getHostAddress();
            return name.indexOf(':') >= 0 ? "[" + name + "]:" + inet.getPort() : name + ":" + inet.getPort();
        }
        return address == null ? "-" : LogText.escape(address.toString());
    }
}
