/**
 * Mail in PostgreSQL, over R2DBC: one server node, or many over one database.
 *
 * <h2>Where to look first</h2>
 *
 * {@code resources/.../migration/V1__mail.sql} is the data (later versions are beside it, and the newest is named in
 * {@link org.pop2.storage.sql.SchemaMigration}); {@link org.pop2.storage.sql.Sql} is every statement.
 * {@link org.pop2.storage.sql.PostgresStore} puts the parts together. A session's path is
 * {@link org.pop2.storage.sql.Leases} (get the mailbox), {@link org.pop2.storage.sql.Snapshot} (what is in it),
 * {@link org.pop2.storage.sql.ChunkReader} (send it), {@link org.pop2.storage.sql.Release} (delete and let go); a
 * message's is {@link org.pop2.storage.sql.Delivery}, or that of several at a time
 * {@link org.pop2.storage.sql.BatchedDelivery}, and its end {@link org.pop2.storage.sql.Sweeper}. All of them ask
 * {@link org.pop2.storage.sql.Database}, whose page says what cancelling and time limits mean.
 *
 * <h2>Holding a mailbox</h2>
 *
 * A session may last for minutes, over a slow line; a transaction, an advisory lock or a row lock that lasts as long
 * would pin a connection, stop vacuum, and be gone without a word after a failover. So a hold is a <em>lease</em>: a
 * row that says who has the mailbox and until when. Three things make it safe.
 *
 * <p><b>The fencing token.</b> Each acquisition makes {@code epoch} one larger. A release locks the row and demands its
 * own session and epoch; it does not look at the time, for equal epochs mean that nobody else was let in. A holder that
 * was cut off, paused or simply late therefore cannot delete what another session is reading. The lease only makes
 * holding <em>orderly</em>; the fence makes it <em>safe</em>.
 *
 * <p><b>One clock for taking.</b> Whether a lease has expired is decided by the database's clock in the statement that
 * takes it. Nodes never compare clocks.
 *
 * <p><b>The holder is the first to give up.</b> A node renews all its leases in one statement, every third of the time
 * to live. It counts, by its own monotonic clock, from the moment when it <em>sent</em> the last renewal that was
 * confirmed, and closes its sessions a margin before the lease can have ended at the database.
 *
 * <h2>Silence, seen from another node</h2>
 *
 * A newcomer may displace a holder whose client has been silent for a while ({@link org.pop2.storage.HoldPolicy}). The
 * holder's node knows that to the nanosecond, and writing it down at each command would cost one update per command. So
 * the row holds a report: at {@code reported_at} the client had last spoken at {@code active_at}. It is true for good
 * that the holder was silent in between, and nothing is known of the time since. The newcomer takes the lease if the
 * reported silence is long enough. If not, it leaves word in {@code notify_node}; each node that holds something looks
 * for its own id there every half second, through a partial index that is nearly always empty, and answers with a
 * renewal, which is a report. So a live holder is displaced within a second of having been silent for long enough, one
 * that speaks keeps the mailbox, an idle system writes three rows a minute for each session, and no time of two
 * machines is ever compared. A node that cannot answer, because it crashed or is cut off, loses the lease when it
 * expires; with {@code node} set, a restarted one frees at once what it held before. The same {@code notify_node} tells
 * the displaced node that it was displaced. Sessions of one node find each other in memory and wait for no report.
 *
 * <h2>Bodies</h2>
 *
 * A body is cut into chunks of 64 KiB in exactly the form in which it is transmitted, so sizes are fixed when it is
 * delivered and sending is copying. Each body is referred to by exactly one row: of {@code message} (live),
 * {@code expunged} (deleted, can be brought back), or {@code unreferenced} (being delivered, or to be swept). Moving
 * that reference is one small transaction; octets themselves are only written once, and deleted in small batches.
 *
 * <h2>Outcomes nobody heard of</h2>
 *
 * When the connection is lost during COMMIT, the transaction is run again, and begins by locking the row that the first
 * one had locked: that waits until the server has made up its mind about the first, and the row then tells whether it
 * committed.
 *
 * @since 0.1.0
 */
@NullMarked
package org.pop2.storage.sql;

import org.jspecify.annotations.NullMarked;
