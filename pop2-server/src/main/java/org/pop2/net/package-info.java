/**
 * What any line protocol's connection needs, whoever speaks on it: who the client is, which networks, how many of each,
 * TLS, event loops, and how a server stops. Begin with {@link org.pop2.net.Client} and {@link org.pop2.net.TlsContext}.
 *
 * <p>The lowest floor of the server: imports no other of its packages.
 */
@NullMarked
package org.pop2.net;

import org.jspecify.annotations.NullMarked;
