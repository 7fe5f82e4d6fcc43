/**
 * {@code pop2d mailbox}: counts, checks, imports, exports and copies mailboxes; the work is done by
 * {@code org.pop2.storage.fs.exchange}.
 */
@NullMarked
package org.pop2.app.mailbox;

import org.jspecify.annotations.NullMarked;
