/**
 * Who may touch a mailbox when, in this process and in others; and where mailboxes are. Imports {@code io} alone.
 *
 * <h2>The order of all locks</h2>
 *
 * Whoever takes several takes them in this order, and gives them back in the opposite one.
 *
 * <ol>
 *   <li><em>Hold</em> ({@link org.pop2.storage.fs.lock.Holds}): one session's right to a mailbox, for as long as the
 *       session lasts. It is a token in a file, not a lock that anybody waits in: who does not get it tries again
 *       later, and keeps no thread meanwhile. Deliveries take none.
 *   <li><em>State lock of the quota</em> ({@link org.pop2.storage.fs.lock.StateLock}, {@code quotas.lock}): deliveries
 *       to one user who has a quota, one after the other, in all processes. Held while the user's folders are counted,
 *       each locked alone, and while the message is appended. That of the accounts ({@code accounts.lock}) is held
 *       while the password file is written; no mailbox is locked meanwhile.
 *   <li><em>Queue of a mailbox</em> ({@link org.pop2.storage.fs.lock.MboxLocks}): the threads of this process that want
 *       one mailbox, in the order in which they came. They wait here, and not for each other's files.
 *   <li><em>Dot-lock</em> ({@link org.pop2.storage.fs.lock.DotLock}): the file {@code mailbox.lock}, as other mail
 *       programs make it. Tried, never waited for.
 *   <li><em>fcntl</em>: the POSIX lock on the mailbox itself, through the one channel that this process has of it
 *       ({@link org.pop2.storage.fs.lock.ChannelRegistry}). Tried, never waited for. If it cannot be had the dot-lock
 *       is given back before the pause until the next try: whatever order others use, there is no deadlock.
 *   <li><em>State lock of the holds</em> ({@code holds.lock}): a few small reads and writes of the file of one hold. It
 *       is the last: a deletion asks under all the others whether its token still stands.
 * </ol>
 *
 * The queue, the dot-lock and fcntl are one step, {@link org.pop2.storage.fs.lock.MboxLocks#lock}, and are held for
 * moments: while a mailbox is counted, appended to or deleted from, never while a client is waited for. Two mailboxes
 * are never locked at once. A state lock is taken in two halves, too: between the threads of this process, then between
 * processes.
 *
 * <p>The monitors of {@link org.pop2.storage.fs.lock.ChannelRegistry} and of the channels are inside all of this, and
 * nothing is waited for in them but the opening and closing of that one file.
 *
 * <p>Begin with {@link org.pop2.storage.fs.lock.MboxLocks}. {@link org.pop2.storage.fs.lock.Liveness} tells whether
 * another holder is dead, {@link org.pop2.storage.fs.lock.MailboxPath} what a mailbox may be.
 *
 * @since 0.1.0
 */
@NullMarked
package org.pop2.storage.fs.lock;

import org.jspecify.annotations.NullMarked;
