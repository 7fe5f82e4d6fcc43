@NullMarked
package org.pop2.lmtp;

import org.jspecify.annotations.NullMarked;
