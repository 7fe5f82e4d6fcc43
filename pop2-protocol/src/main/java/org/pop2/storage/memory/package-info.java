/**
 * A storage in memory: accounts and mail are there as long as the process runs. For tests, demonstrations, and programs
 * that make mail while they run; {@link org.pop2.storage.memory.MemoryMailStore} is where to begin.
 *
 * @since 0.1.0
 */
@NullMarked
package org.pop2.storage.memory;

import org.jspecify.annotations.NullMarked;
