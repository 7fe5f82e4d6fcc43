/**
 * A POP2 server for the tests of programs that speak POP2: {@link org.pop2.testing.Pop2TestServer}, with users and mail
 * in memory, faults to order, and a transcript to look at.
 */
@NullMarked
package org.pop2.testing;

import org.jspecify.annotations.NullMarked;
