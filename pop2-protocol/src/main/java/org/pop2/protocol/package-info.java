/** POP2 (RFC 937) as a codec and two state machines: no I/O, no clock, no threads. */
@NullMarked
package org.pop2.protocol;

import org.jspecify.annotations.NullMarked;
