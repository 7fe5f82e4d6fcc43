@NullMarked
package org.pop2.management;

import org.jspecify.annotations.NullMarked;
