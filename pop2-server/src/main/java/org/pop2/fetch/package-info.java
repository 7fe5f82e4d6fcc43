/**
 * Mail of other POP2 servers, brought to where a program wants it: each message is safe there before the server hears
 * that it may go, and none comes twice, however often the work is killed and done again.
 *
 * <p>Begin with {@link org.pop2.fetch.Fetcher}. It takes messages with {@code org.pop2.client}, knows them again by
 * what {@link org.pop2.fetch.FetchState} remembers, and gives them to a {@link org.pop2.fetch.Target}:
 * {@link org.pop2.fetch.LmtpTarget} is one, a program brings others. {@code FetcherTest} has an example.
 *
 * <p>It may import {@code org.pop2.client}, {@code org.pop2.lmtp.client} and {@code org.pop2.storage.transfer}; it
 * knows no server, no mbox and no command line.
 *
 * @since 0.1.0
 */
@NullMarked
package org.pop2.fetch;

import org.jspecify.annotations.NullMarked;
