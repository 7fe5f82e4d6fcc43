@NullMarked
package org.pop2.lmtp.client;

import org.jspecify.annotations.NullMarked;
