@NullMarked
package org.pop2.fetch;

import org.jspecify.annotations.NullMarked;
