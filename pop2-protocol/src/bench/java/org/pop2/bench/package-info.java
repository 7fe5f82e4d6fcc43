/** Runs the benchmarks of a module and tells whether they meet their targets; compiled by the profile {@code bench}. */
@NullMarked
package org.pop2.bench;

import org.jspecify.annotations.NullMarked;
