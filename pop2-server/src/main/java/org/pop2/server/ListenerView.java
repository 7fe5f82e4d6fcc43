package org.pop2.server;

import java.net.InetSocketAddress;

/**
 * A listener at one moment.
 *
 * @param name as the log calls it
 * @param address where it listens, with the port that was found if any would do
 * @param encrypted whether it speaks TLS
 * @param connections that came by it and are still there
 * @param maxConnections of these, the most at a time: by its own limit, or that of all listeners together
 */
public record ListenerView(
        String name, InetSocketAddress address, boolean encrypted, int connections, int maxConnections) {}
