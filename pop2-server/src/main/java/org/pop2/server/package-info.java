/**
 * POP2 on the wire: Reactor Netty around the pure machine of {@link org.pop2.protocol.Session}.
 *
 * <p>Start at {@link org.pop2.server.Pop2Server}. One connection is one {@code SessionHandler}: octets come in, become
 * commands, the session says what to do, the handler does it. Everything of a connection happens on its event loop;
 * nothing there waits.
 */
@NullMarked
package org.pop2.server;

import org.jspecify.annotations.NullMarked;
