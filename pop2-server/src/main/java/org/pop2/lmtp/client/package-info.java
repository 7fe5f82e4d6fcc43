/**
 * The other side of LMTP (RFC 2033): hands a message to a mail system, and tells whether it took it. Begin with
 * {@link org.pop2.lmtp.client.LmtpClient}; {@code DotStuffer} is what becomes of the octets.
 *
 * <p>It blocks. It imports {@code org.pop2.storage.transfer}, for what gives a message's octets, and no server.
 *
 * @since 0.1.0
 */
@NullMarked
package org.pop2.lmtp.client;

import org.jspecify.annotations.NullMarked;
