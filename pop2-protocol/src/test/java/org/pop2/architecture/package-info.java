/** What the packages of this module may know of each other. */
@NullMarked
package org.pop2.architecture;

import org.jspecify.annotations.NullMarked;
