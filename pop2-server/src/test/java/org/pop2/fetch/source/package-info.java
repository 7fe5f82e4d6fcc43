@NullMarked
package org.pop2.fetch.source;

import org.jspecify.annotations.NullMarked;
