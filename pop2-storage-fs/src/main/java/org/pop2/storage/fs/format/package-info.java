/**
 * The octets of an mbox file: which lines begin a message, what is quoted, how long a message is on the wire, how it is
 * sent and how one is stored. Knows no files, no locks and no threads, only octets
 * ({@link org.pop2.storage.fs.format.OctetSource}); imports nothing of the other packages.
 *
 * <p>Begin with {@link org.pop2.storage.fs.format.MboxScanner}, which makes a
 * {@link org.pop2.storage.fs.format.MboxIndex} of a mailbox; {@link org.pop2.storage.fs.format.WireEncoder} is the way
 * out, {@link org.pop2.storage.fs.format.StoredForm} the way in; {@link org.pop2.storage.fs.format.FromLine} and
 * {@link org.pop2.storage.fs.format.Quoting} have the rules. {@link org.pop2.storage.fs.format.LeadingFromLine} knows a
 * From_ line that came with a message that is no mbox. {@link org.pop2.storage.fs.format.MboxReader} and
 * {@link org.pop2.storage.fs.format.MboxWriter} do the same with streams, for imports and exports.
 *
 * @since 0.1.0
 */
@NullMarked
package org.pop2.storage.fs.format;

import org.jspecify.annotations.NullMarked;
