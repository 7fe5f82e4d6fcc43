/**
 * Access to mail of an account at a provider, by IMAP or POP3. Begin with {@link org.pop2.fetch.source.Source}, which
 * {@link org.pop2.fetch.source.Sources} opens.
 *
 * <p>IMAP and POP3 are spoken by Angus Mail, an optional dependency: {@code ImapSource} and {@code Pop3Source} alone
 * name its classes, which are loaded when a source is opened. What a provider can send is bounded below it, in
 * {@code Guard}: Angus Mail believes an announced length, and keeps a line or a header in memory however long it is.
 * Messages are addressed by UID and read in parts that are checked, for its own stream takes a short answer for the end
 * of a message.
 *
 * <p>It knows nothing of the rest of this project but passwords. Everything blocks but the wait for new mail:
 * {@code Waits} has one thread for all of them.
 *
 * @since 0.1.0
 */
@NullMarked
package org.pop2.fetch.source;

import org.jspecify.annotations.NullMarked;
