/**
 * The storage SPI: what a mail storage promises, and what it may rely on.
 *
 * <p>A storage is a {@link org.pop2.storage.MailStoreProvider} registered for {@link java.util.ServiceLoader}. The
 * server opens one {@link org.pop2.storage.MailStore} at start, and from it one {@link org.pop2.storage.Mailbox} per
 * session. Everything that may wait is a {@link org.reactivestreams.Publisher}; Project Reactor, RxJava or a hand
 * written one serve alike.
 *
 * <h2>The contract</h2>
 *
 * Each rule is a test of the contract test class {@code org.pop2.storage.tck.MailStoreContract} in this module's jar of
 * the classifier {@code tck}, which every storage extends.
 *
 * <dl>
 *   <dt>S1 accounts
 *   <dd>An account comes back as it was put, an unknown user as nothing. A change is durable when its publisher
 *       completes, and seen by every node. Of replacements that expect the same account one happens. (That unknown user
 *       and wrong password cannot be told apart is the server's duty.)
 *   <dt>S2 unknown folders
 *   <dd>An unknown folder opens as an empty mailbox, and stays unknown: looking creates nothing.
 *   <dt>S3 names
 *   <dd>No folder name leaves the user's own folders: {@code ../}, NUL, absolute paths, {@code %}, quotes, 512 octets,
 *       other users' names. A name that is not {@linkplain org.pop2.storage.FolderName allowed} opens as an unknown
 *       folder does.
 *   <dt>S4 octets
 *   <dd>{@code octets(n)} equals the number of octets that {@code content(n)} emits, for every body, however awkward.
 *   <dt>S5 content
 *   <dd>Content is what was delivered, every line end as CRLF and the last line ended; and the same again when read
 *       again. A bare CR is no line end: a body that ends in one gets a whole CRLF.
 *   <dt>S6 stability
 *   <dd>Numbers and sizes do not change while a mailbox is held, whatever arrives (RFC 937 p. 9).
 *   <dt>S7 small buffers
 *   <dd>A buffer holds at most {@link org.pop2.storage.ContentBuffer#MAX_OCTETS} octets, and at most as many buffers
 *       are alive as were requested, and one of read-ahead: a stalled client holds at most 1 MiB.
 *   <dt>S8 laziness and demand
 *   <dd>Nothing happens before subscription; no more is emitted than was requested. Completion follows the last element
 *       at once, without further demand: who asks for exactly what there is hears that it was all.
 *   <dt>S9 cancel
 *   <dd>Cancelling frees whatever the subscription held, every time.
 *   <dt>S10 release
 *   <dd>{@code release(∅)} changes nothing. {@code release(D)} removes exactly the messages D, keeps what arrived
 *       meanwhile, and is durable when it completes.
 *   <dt>S11 all or nothing
 *   <dd>A release removes all of D or nothing, and once subscribed it runs to its end, even if the subscription is
 *       cancelled.
 *   <dt>S12 crash
 *   <dd>A mailbox that was never released loses nothing.
 *   <dt>S13 takeover
 *   <dd>A mailbox is held once at a time. A second opening waits up to {@link org.pop2.storage.HoldPolicy#busyWait()}
 *       for the holder to go, or to have been silent for {@link org.pop2.storage.HoldPolicy#takeoverAfter()}; then the
 *       holder {@linkplain org.pop2.storage.Mailbox#lost() loses} the mailbox and can no longer delete. Otherwise the
 *       opening fails with {@link org.pop2.storage.StoreException.Reason#BUSY}.
 *   <dt>S14 errors and threads
 *   <dd>Only {@link org.pop2.storage.StoreException} comes out of a publisher, and a subscriber's thread is never
 *       blocked.
 *   <dt>S15 quota
 *   <dd>A delivery that would give the user more messages or octets than the {@link org.pop2.storage.Quota} of the
 *       account allows, or that of {@link org.pop2.storage.StoreSettings#quota()} where the account has none, fails
 *       with {@link org.pop2.storage.StoreException.Reason#OVER_QUOTA} and leaves nothing behind, not even a folder's
 *       message count; what fits exactly is accepted. Counted is the mail in all folders of the user, in octets as on
 *       the wire. Of deliveries at the same time, in whatever folder, process or node, as many are accepted as there is
 *       room for. A repeated delivery of what is stored already adds nothing and may be accepted. A quota never
 *       deletes: who has more than it allows keeps that, and gets no more.
 * </dl>
 *
 * @since 0.1.0
 */
@NullMarked
package org.pop2.storage;

import org.jspecify.annotations.NullMarked;
