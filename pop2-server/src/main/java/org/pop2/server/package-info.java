/**
 * POP2 on the wire: Reactor Netty around the pure machine of {@link org.pop2.protocol.ServerConnection}.
 *
 * <p>Begin with {@link org.pop2.server.Pop2Server}. One connection is one {@code SessionHandler}: octets come in,
 * become commands, the session says what to do, the handler does it. Everything of a connection happens on its event
 * loop; nothing there waits.
 *
 * <p>{@code org.pop2.auth} decides who may log in, {@code org.pop2.profile} has what old clients need,
 * {@code org.pop2.trace} keeps transcripts for operators, and {@code org.pop2.net}, below all of them, has the
 * connections. It does not know {@code org.pop2.lmtp}, {@code org.pop2.management} and {@code org.pop2.client}.
 *
 * @since 0.1.0
 */
@NullMarked
package org.pop2.server;

import org.jspecify.annotations.NullMarked;
