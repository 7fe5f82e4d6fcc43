/**
 * Parts of a storage, each useful on its own.
 *
 * <p>On one node: {@link org.pop2.storage.support.Holds} opens mailboxes, with waits, takeover and fencing;
 * {@link org.pop2.storage.support.Incoming} takes a message in, as the {@link org.pop2.storage.support.WireForm} that
 * is counted; {@link org.pop2.storage.support.Flows} are publishers for all the rest. In files:
 * {@link org.pop2.storage.support.DurableFiles}, {@link org.pop2.storage.support.MessageFiles},
 * {@link org.pop2.storage.support.AccountFiles}. To change another storage, extend
 * {@link org.pop2.storage.support.ForwardingStore}. {@link org.pop2.storage.support.Opening} hands a mailbox over to
 * its subscriber, on any number of nodes.
 *
 * @since 0.1.0
 */
@NullMarked
package org.pop2.storage.support;

import org.jspecify.annotations.NullMarked;
