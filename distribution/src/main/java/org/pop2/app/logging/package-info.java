/** How the log looks, and how much there is of it: the only place that knows logback. */
@NullMarked
package org.pop2.app.logging;

import org.jspecify.annotations.NullMarked;
