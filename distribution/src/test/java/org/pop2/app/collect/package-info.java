@NullMarked
package org.pop2.app.collect;

import org.jspecify.annotations.NullMarked;
