/**
 * The accounts, in a password file that people edit, too. Imports {@code lock} and {@code io}. Begin with
 * {@link org.pop2.storage.fs.account.PasswordFile}.
 *
 * @since 0.1.0
 */
@NullMarked
package org.pop2.storage.fs.account;

import org.jspecify.annotations.NullMarked;
