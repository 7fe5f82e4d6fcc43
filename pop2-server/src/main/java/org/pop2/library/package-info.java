/**
 * Optional dependencies. Code that is used without the library it needs names the missing one:
 * {@link org.pop2.library.Library}.
 *
 * @since 0.1.0
 */
@NullMarked
package org.pop2.library;

import org.jspecify.annotations.NullMarked;
