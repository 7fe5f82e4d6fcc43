package org.pop2.app.cli;

import java.net.InetAddress;
import java.net.InetSocketAddress;

/** Addresses as people and URLs write them. */
public final class Addresses {
    private Addresses() {}

    /** {@code 127.0.0.1:109}, {@code [::1]:109}. */
    public static String shown(InetSocketAddress address) {
        InetAddress ip = address.getAddress();
        String host = ip == null ? address.getHostString() : ip.getHostAddress();
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + address.getPort();
    }

    /** The address by which this machine reaches a server that listens there. */
    public static InetSocketAddress reachable(InetSocketAddress address) {
        InetAddress ip = address.getAddress();
        return new InetSocketAddress(ip.isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : ip, address.getPort());
    }
}
