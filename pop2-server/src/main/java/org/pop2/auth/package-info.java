/**
 * Who may log in. Begin with {@link org.pop2.auth.Authenticator}, which judges a login by the hashes that accounts
 * keep; {@link org.pop2.auth.Passwords} reads and makes these hashes, {@link org.pop2.auth.OneTimePasswords} those that
 * are good once. Penalties for those who guess, and the memory of who was right lately, are beside them.
 *
 * <p>Knows of the network only what an address is ({@code org.pop2.net}), and of a protocol only what credentials are.
 */
@NullMarked
package org.pop2.auth;

import org.jspecify.annotations.NullMarked;
