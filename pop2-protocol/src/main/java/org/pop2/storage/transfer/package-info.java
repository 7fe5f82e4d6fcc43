/**
 * Mail on its way from one place to another, whatever the places are: what a message is known by
 * ({@link org.pop2.storage.transfer.Fingerprint}), what its header says of the envelope
 * ({@link org.pop2.storage.transfer.Header}), and how far a piece of work has come, for those who watch it
 * ({@link org.pop2.storage.transfer.Progress}) and for a run after a crash
 * ({@link org.pop2.storage.transfer.StateFile}).
 *
 * <p>Imports and exports of mailboxes use it, and so does fetching from other servers. It imports
 * {@code org.pop2.storage} and no other package of this project. Begin with
 * {@link org.pop2.storage.transfer.Fingerprint}.
 *
 * @since 0.1.0
 */
@NullMarked
package org.pop2.storage.transfer;

import org.jspecify.annotations.NullMarked;
