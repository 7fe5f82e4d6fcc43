/**
 * A load generator for any POP2 server: one thread, a selector, and as many sessions at once as are asked for. It
 * checks what it is sent as it goes, for a server that answers wrongly is not fast.
 */
@NullMarked
package org.pop2.app.bench;

import org.jspecify.annotations.NullMarked;
