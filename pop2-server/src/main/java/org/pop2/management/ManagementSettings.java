package org.pop2.management;

import java.net.InetSocketAddress;
import java.util.Optional;

/**
 * Settings of the management listener. Immutable.
 *
 * @param address where to listen; port 0: any free one. On a loopback address only requests that name an IP address or
 *     {@code localhost} are answered, so that no web page can have them made under a name of its own
 * @param token the secret that is needed to see users and to end sessions; empty: nobody can
 * @param version of the server, for people
 */
public record ManagementSettings(InetSocketAddress address, Optional<AccessToken> token, String version) {}
