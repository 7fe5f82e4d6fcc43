/**
 * What those who write a storage need and should not each write for themselves. It may import {@code org.pop2.storage}
 * and nothing else of ours; who uses a storage has no business here. Begin with
 * {@link org.pop2.storage.support.Opening}.
 */
@NullMarked
package org.pop2.storage.support;

import org.jspecify.annotations.NullMarked;
