/**
 * Connections of any line protocol. Begin with {@link org.pop2.net.LineConnection}: input on demand, answers, a
 * graceful end. Beside it are its clock ({@code Watchdog}), its output ({@link org.pop2.net.Outgoing}), what may come
 * before it ({@link org.pop2.net.Arrival}: the header of a proxy, TLS), and all connections together
 * ({@link org.pop2.net.Connections}), counted, and drained when a server stops. Who a client is
 * ({@link org.pop2.net.RemoteClient}), which {@link org.pop2.net.Networks}, how many of each, and the event loops are
 * here, too.
 *
 * <p>The lowest floor of the server: imports no other of its packages.
 *
 * @since 0.1.0
 */
@NullMarked
package org.pop2.net;

import org.jspecify.annotations.NullMarked;
