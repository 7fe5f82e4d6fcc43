@NullMarked
package org.pop2.trace;

import org.jspecify.annotations.NullMarked;
