/** {@code pop2d deliver}: one message, from a mail system, for one user. */
@NullMarked
package org.pop2.app.deliver;

import org.jspecify.annotations.NullMarked;
