package org.pop2.management;

import java.net.InetSocketAddress;
import java.util.Optional;

/**
 * Where and how operators see the server. Immutable.
 *
 * @param address where to listen; port 0: any free one. On a loopback address only requests that name an IP address or
 *     {@code localhost} are answered, so that no web page can have them made under a name of its own
 * @param token what one has to know to see users and to end sessions; nothing: nobody can
 * @param version of the server, for people
 */
public record ManagementSettings(InetSocketAddress address, Optional<AccessToken> token, String version) {}
