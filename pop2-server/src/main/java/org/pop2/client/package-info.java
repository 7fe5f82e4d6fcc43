/**
 * A client of POP2 (RFC 937): Reactor Netty around the pure machine of {@link org.pop2.protocol.ClientSession}.
 *
 * <p>Start at {@link org.pop2.client.Pop2Client}, or at {@link org.pop2.client.BlockingPop2Client} without Reactor.
 *
 * @since 0.1.0
 */
@NullMarked
package org.pop2.client;

import org.jspecify.annotations.NullMarked;
