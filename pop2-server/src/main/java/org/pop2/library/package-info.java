/**
 * Libraries that not everybody needs. They are optional dependencies, and what is used without its library says which
 * is missing: {@link org.pop2.library.Library}.
 *
 * @since 0.1.0
 */
@NullMarked
package org.pop2.library;

import org.jspecify.annotations.NullMarked;
