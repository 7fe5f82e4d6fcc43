/** Programs that use what is published, with nothing on their class path but what they depend on. */
@NullMarked
package org.pop2.app.outside;

import org.jspecify.annotations.NullMarked;
