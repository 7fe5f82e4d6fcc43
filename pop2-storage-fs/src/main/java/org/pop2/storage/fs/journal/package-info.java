/**
 * The only package that changes what is in a mailbox: so that a crash at any moment leaves the old or the new content,
 * as the package {@code org.pop2.storage.fs} tells. All of it wants the mailbox locked. Imports {@code lock},
 * {@code format} and {@code io}.
 *
 * <p>Begin with {@link org.pop2.storage.fs.journal.Commits} for deletions and
 * {@link org.pop2.storage.fs.journal.Deliveries} for what is appended; {@link org.pop2.storage.fs.journal.Replacements}
 * puts both together; {@link org.pop2.storage.fs.journal.Quarantine} has what no recovery could finish.
 *
 * @since 0.1.0
 */
@NullMarked
package org.pop2.storage.fs.journal;

import org.jspecify.annotations.NullMarked;
