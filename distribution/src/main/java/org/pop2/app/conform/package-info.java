/**
 * {@code pop2d conform}: the RFC held against any POP2 server, through a socket of its own, as a client that may do
 * anything. Begin with {@link org.pop2.app.conform.Checks}, the list of what is looked at; the server's decision table
 * is that of {@code org.pop2.protocol}.
 */
@NullMarked
package org.pop2.app.conform;

import org.jspecify.annotations.NullMarked;
