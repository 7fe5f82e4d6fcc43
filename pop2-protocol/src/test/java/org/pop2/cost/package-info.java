/** What a step costs, where that is the same on every machine. */
@NullMarked
package org.pop2.cost;

import org.jspecify.annotations.NullMarked;
