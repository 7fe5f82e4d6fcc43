package org.pop2.server;

import java.net.InetSocketAddress;

/**
 * A listener at one moment.
 *
 * @param name as the log calls it
 * @param address where it listens, with the actual port
 * @param encrypted whether it speaks TLS
 * @param connections that it has now
 * @param maxConnections most concurrent connections, by its own limit or by that of all listeners together
 */
public record ListenerView(
        String name, InetSocketAddress address, boolean encrypted, int connections, int maxConnections) {}
