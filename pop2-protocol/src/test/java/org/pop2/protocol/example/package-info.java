/** What the Javadoc of {@code org.pop2.protocol} shows, compiled and run. */
@NullMarked
package org.pop2.protocol.example;

import org.jspecify.annotations.NullMarked;
