/**
 * The client side of LMTP (RFC 2033): hands a message to a mail system, and reports whether it was accepted. Begin with
 * {@link org.pop2.lmtp.client.LmtpClient}; {@code DotStuffer} encodes the octets.
 *
 * <p>It blocks. It imports {@code org.pop2.storage.transfer} for sources of octets, and no server.
 *
 * @since 0.1.0
 */
@NullMarked
package org.pop2.lmtp.client;

import org.jspecify.annotations.NullMarked;
