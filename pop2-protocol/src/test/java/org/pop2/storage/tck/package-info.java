/** The contract tests of the storage SPI; see {@link org.pop2.storage.tck.MailStoreContract}. */
@NullMarked
package org.pop2.storage.tck;

import org.jspecify.annotations.NullMarked;
