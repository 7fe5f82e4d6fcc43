/**
 * What {@code pop2d mailbox} does, on any storage: counts, checks, imports, exports and copies mailboxes.
 *
 * <p>Everything here blocks, and works on one message at a time in memory of fixed size. Nothing here deletes mail.
 */
@NullMarked
package org.pop2.app.mailbox;

import org.jspecify.annotations.NullMarked;
