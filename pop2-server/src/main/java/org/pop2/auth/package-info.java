/**
 * Who may log in. Begin with {@link org.pop2.auth.Authenticator}: it counts guesses, and tells refusals late. What it
 * asks is either {@code StoredHashes}, the default, which tries passwords against what accounts keep
 * ({@link org.pop2.auth.Passwords}, {@link org.pop2.auth.OneTimePasswords}), or a {@link org.pop2.auth.Login} of the
 * program's own: a directory, say.
 *
 * <p>Imports {@code org.pop2.net}, for what an address is; of a protocol it knows only what credentials are.
 *
 * @since 0.1.0
 */
@NullMarked
package org.pop2.auth;

import org.jspecify.annotations.NullMarked;
