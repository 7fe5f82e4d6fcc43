/**
 * Mail of accounts at providers: {@code pop2d collect}, and what {@code serve} does of it in the background. Begin with
 * {@link org.pop2.app.collect.Collecting}. What collects is {@code org.pop2.fetch}; this brings it together with the
 * configuration, the storage and its ledgers, threads, and the log.
 */
@NullMarked
package org.pop2.app.collect;

import org.jspecify.annotations.NullMarked;
