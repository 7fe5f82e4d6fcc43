/**
 * Mailboxes in mbox files, shared with every other mail program on the machine: the store itself, in front of the rooms
 * it is made of.
 *
 * <pre>
 *   fs           the store: open, read, delete, append; its settings, quota, the index of a mailbox on disk
 *   ├─ journal   what changes a mailbox, so that a crash leaves the old or the new content
 *   ├─ account   the password file
 *   ├─ lock      who may touch a mailbox when; where mailboxes are
 *   ├─ io        files and the threads that touch them
 *   └─ format    the octets of a mailbox
 *   exchange     imports, exports and copies of mail between any storages, mbox files and Maildirs
 * </pre>
 *
 * Each may use those below it, but {@code journal} and {@code account} do not know each other, {@code lock} does not
 * know {@code format}, and of {@code format} the files know only that octets can be read from them.
 * {@code FileAccessRulesTest} holds that.
 *
 * <p>Begin with {@link org.pop2.storage.fs.MboxStore}, which puts the pieces together; {@code MboxFiles} is what can be
 * done with a mailbox file; {@code Content} and {@code SmallMessages} send a message. Which lock comes first is told in
 * {@link org.pop2.storage.fs.lock}.
 *
 * <p>For programs that use this module there is the provider, found by its name {@code mbox}, and
 * {@link org.pop2.storage.fs.MboxFile}; the package {@link org.pop2.storage.fs.exchange}; and
 * {@link org.pop2.storage.fs.format.MboxReader} and {@link org.pop2.storage.fs.format.MboxWriter} for mbox streams.
 * Whatever else is public is so for the packages here, and may change with any release.
 *
 * <h2>How a release works</h2>
 *
 * A session holds a mailbox (a file in the state directory, {@code Holds}) but locks it only for moments: while it is
 * counted, and while deletions are applied. So mail keeps arriving, and it arrives at the end of the file. Nothing else
 * in the file ever changes: no Status header is written, no byte is moved except by a release. Let P be where the first
 * deleted message begins, S the size of the file, and the <em>image</em> all that is kept of [P, S), new mail included;
 * the mailbox is to become [0, P) and the image, N octets in all.
 *
 * <ol>
 *   <li>Lock: dot-lock and fcntl. The hold's token must still stand; the file must be the one that was counted, or have
 *       grown. What was appended is scanned.
 *   <li>If the image is empty (a client usually deletes all that it read) the file is truncated at P and forced: one
 *       step of the file system, which happens or not.
 *   <li>Else the free space is looked at, and a <em>journal</em> written in the state directory: P, S, the image, a
 *       hash of [N, S), and over it all a SHA-256, the seal. It is forced, and its directory, and the mailbox's
 *       directory with the dot-lock in it. Until then the mailbox is as it was.
 *   <li>The image is written at P and forced; the file is truncated to N and forced; the journal is removed and its
 *       directory forced; the locks are given back. Only then is the client told.
 * </ol>
 *
 * A crash leaves a journal or none. Recovery, at the start and whenever a mailbox is opened or delivered to, does this
 * with the mailbox locked: no seal: the mailbox was never touched, the journal is removed. The file still has its old
 * size, or is longer, and [N, S) is as it was: the truncation did not happen, whatever happened to the image, so image
 * and truncation are done again; what lies behind S is mail that came since the crash, and goes into a new journal with
 * the image first. [P, N) is the image: all was done but the removal of the journal. None of this: another program
 * rewrote the mailbox, and the journal is set aside and the mailbox left alone.
 *
 * <p>A delivery, of one message or of several, is noted likewise ({@code Deliveries}): the size before and the octets
 * to be appended, sealed and forced before the first is. What a crash leaves of it is cut off; what is whole stays. If
 * another program appended behind a torn message, nothing is moved: its octets are not ours. The holes that a power
 * failure made are filled then, if the message has its full length.
 *
 * <p>Everything is done in place: the file keeps its inode, owner and mode, and a delivery that has opened it writes
 * where it should. A failed fsync is not tried again, for the kernel may have thrown the octets away: the journal
 * stays, and recovery writes all of them once more before the mailbox is used.
 *
 * @since 0.1.0
 */
@NullMarked
package org.pop2.storage.fs;

import org.jspecify.annotations.NullMarked;
