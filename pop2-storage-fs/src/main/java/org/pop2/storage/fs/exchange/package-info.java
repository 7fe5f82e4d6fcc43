/**
 * Mail that moves between any storage and mbox files, Maildirs and other storages: imported, exported and copied.
 * Everything here blocks, and works in memory of fixed size. Nothing here deletes mail.
 *
 * <p>For programs, {@code pop2d mailbox} among them, which have options, words and exit codes of their own. Knows the
 * SPI, {@code org.pop2.storage.transfer} and {@code format}, and none of this module's storage. Begin with
 * {@link org.pop2.storage.fs.exchange.OpenStore}; {@link org.pop2.storage.fs.exchange.MessageSource} is what is read
 * from, {@link org.pop2.storage.fs.exchange.Export} what is written to, {@link org.pop2.storage.fs.exchange.Importer}
 * and {@link org.pop2.storage.fs.exchange.Copier} the way between.
 *
 * @since 0.1.0
 */
@NullMarked
package org.pop2.storage.fs.exchange;

import org.jspecify.annotations.NullMarked;
