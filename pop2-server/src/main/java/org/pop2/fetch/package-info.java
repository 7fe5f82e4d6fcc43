/**
 * Mail of other servers, brought to where a program wants it: each message is safe there before the server hears that
 * it may go, and none comes twice, however often the work is killed and done again.
 *
 * <p>{@link org.pop2.fetch.AccountCollectors} is the way in, and chooses between two engines.
 * {@link org.pop2.fetch.Fetcher} takes the messages of a POP2 server with {@code org.pop2.client}: POP2 gives messages
 * no names, so each run reads all, and knows by their fingerprints those that it has had.
 * {@link org.pop2.fetch.Collector} takes those of an account of IMAP or POP3 from a
 * {@link org.pop2.fetch.source.Source}: these have names, so none is read twice. Both give messages to a
 * {@link org.pop2.fetch.Target}: {@link org.pop2.fetch.LmtpTarget} and {@link org.pop2.fetch.StoreTarget}, a folder of
 * a storage, are such; a program brings others. {@code FetcherTest} has an example.
 *
 * <h2>Why a collector loses nothing, and brings nothing twice</h2>
 *
 * A {@link org.pop2.fetch.Journal} says what is known. Before a message is stored, its name, its fingerprint and an id
 * are noted there, durably; when it is stored that is noted again, and only when that is durable does anything change
 * at the provider. After a kill at most one message is noted without being known as stored. It is looked for by its
 * fingerprint, in the target and before anything else, so at most it is read again. No storage need take part in that:
 * delivery ids alone would not do, for mbox keeps none, and where they are kept a copy that its owner has deleted by
 * then is no copy. Notes of a mailbox would not do either: who writes one holds the mailbox, while its owner reads, and
 * a crash may lose the last ones. What remains: who deletes, or changes, that one message here after the kill and
 * before the next run gets it again; and one that is equal to the octet to another here, which is forgotten as it is no
 * more at the provider, is taken for that.
 *
 * <p>Where names are numbers that grow, all up to a settled one are forgotten. Fingerprints of what is stored and may
 * still be at the provider are kept, for a provider that counts anew (UIDVALIDITY): all of its mail is read again then
 * and compared, and nothing deleted.
 *
 * <p>It may import {@code org.pop2.client}, {@code org.pop2.lmtp.client}, the storage SPI and
 * {@code org.pop2.storage.transfer}; it knows no server, no storage, and no command line.
 *
 * @since 0.1.0
 */
@NullMarked
package org.pop2.fetch;

import org.jspecify.annotations.NullMarked;
