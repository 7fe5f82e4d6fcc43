/** The reference storage: everything in memory, for tests; see {@link org.pop2.storage.memory.MemoryMailStore}. */
@NullMarked
package org.pop2.storage.memory;

import org.jspecify.annotations.NullMarked;
