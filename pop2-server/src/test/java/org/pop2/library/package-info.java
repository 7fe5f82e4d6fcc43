@NullMarked
package org.pop2.library;

import org.jspecify.annotations.NullMarked;
