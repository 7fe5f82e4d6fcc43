/** {@code pop2d init}: an instance, from nothing to what serves its first user. */
@NullMarked
package org.pop2.app.init;

import org.jspecify.annotations.NullMarked;
