package org.pop2.server;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;
import org.pop2.net.Networks;
import org.pop2.net.TlsSettings;
import org.pop2.profile.ClientProfile;

/**
 * Settings of a listener. Immutable; start from {@link #plain} and change what differs.
 *
 * @param name its name in the log
 * @param address where; port 0: any free one
 * @param strict whether to follow the RFC's grammar to the letter
 * @param tls its TLS; empty: clear text as in the RFC
 * @param cleartextFrom networks that may send passwords in clear, besides this machine itself; does not matter where
 *     TLS is spoken
 * @param proxiesFrom addresses of proxies, which begin every connection with a HAProxy PROXY header (version 1 or 2);
 *     the client is then whom the header names
 * @param maxConnections connections at a time on this listener
 * @param profile what the clients need that come here, unless a rule says otherwise
 */
public record ListenerSettings(
        String name,
        InetSocketAddress address,
        boolean strict,
        Optional<TlsSettings> tls,
        Networks cleartextFrom,
        Networks proxiesFrom,
        int maxConnections,
        ClientProfile profile) {

    /** @throws IllegalArgumentException if no connections are allowed */
    public ListenerSettings {
        if (maxConnections < 1) {
            throw new IllegalArgumentException("at least one connection has to be possible");
        }
    }

    /** Clear text for clients on this machine. */
    public static ListenerSettings plain(String name, InetSocketAddress address) {
        return new ListenerSettings(
                name,
                address,
                false,
                Optional.empty(),
                Networks.NONE,
                Networks.NONE,
                Integer.MAX_VALUE,
                ClientProfile.DEFAULT);
    }

    /** Clear text, loopback, port 109. */
    static ListenerSettings defaults() {
        return plain("pop2", new InetSocketAddress(InetAddress.getLoopbackAddress(), ServerSettings.PORT));
    }

    public ListenerSettings withAddress(InetSocketAddress where) {
        return new ListenerSettings(name, where, strict, tls, cleartextFrom, proxiesFrom, maxConnections, profile);
    }

    public ListenerSettings withStrict(boolean byTheLetter) {
        return new ListenerSettings(
                name, address, byTheLetter, tls, cleartextFrom, proxiesFrom, maxConnections, profile);
    }

    public ListenerSettings withTls(TlsSettings how) {
        return new ListenerSettings(
                name, address, strict, Optional.of(how), cleartextFrom, proxiesFrom, maxConnections, profile);
    }

    public ListenerSettings withCleartextFrom(Networks networks) {
        return new ListenerSettings(name, address, strict, tls, networks, proxiesFrom, maxConnections, profile);
    }

    public ListenerSettings withProxiesFrom(Networks proxies) {
        return new ListenerSettings(name, address, strict, tls, cleartextFrom, proxies, maxConnections, profile);
    }

    public ListenerSettings withMaxConnections(int number) {
        return new ListenerSettings(name, address, strict, tls, cleartextFrom, proxiesFrom, number, profile);
    }

    public ListenerSettings withProfile(ClientProfile needs) {
        return new ListenerSettings(name, address, strict, tls, cleartextFrom, proxiesFrom, maxConnections, needs);
    }
}
