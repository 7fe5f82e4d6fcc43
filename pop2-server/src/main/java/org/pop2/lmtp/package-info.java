/**
 * LMTP (RFC 2033), by which mail comes in. An MTA hands over a message and learns, for each recipient, whether it was
 * stored safely.
 *
 * <p>Begin with {@link org.pop2.lmtp.LmtpServer}. As with POP2 itself, a pure machine ({@code LmtpSession} over
 * {@code LmtpTable}) decides what to do, and one handler per connection does it, on the connection's event loop,
 * without blocking. It shares {@code org.pop2.net} with POP2, whose package it does not know.
 * {@code org.pop2.lmtp.client} is the other side.
 *
 * <p>Two libraries were looked at first. Apache James protocols-lmtp delivers through blocking hooks that return a
 * result, and keeps the whole message in memory while it is received. SubEthaSMTP knows no LMTP (its issue 67) and
 * needs a thread per connection. Neither can hold back the sender when the storage is slow.
 *
 * @since 0.1.0
 */
@NullMarked
package org.pop2.lmtp;

import org.jspecify.annotations.NullMarked;
