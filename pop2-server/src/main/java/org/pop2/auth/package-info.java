/**
 * Who may log in. Begin with {@link org.pop2.auth.Authenticator}, which counts guesses and delays refusals. It asks
 * either {@code StoredHashes}, the default, which tries passwords against the hashes of accounts
 * ({@link org.pop2.auth.Passwords}, {@link org.pop2.auth.OneTimePasswords}), or a {@link org.pop2.auth.Login} of the
 * embedding program, such as a directory.
 *
 * <p>Imports {@code org.pop2.net} for addresses and, of the protocol, only credentials.
 *
 * @since 0.1.0
 */
@NullMarked
package org.pop2.auth;

import org.jspecify.annotations.NullMarked;
