@NullMarked
package org.pop2.net;

import org.jspecify.annotations.NullMarked;
