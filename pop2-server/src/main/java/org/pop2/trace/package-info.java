/**
 * Dialogues of sessions, for operators. {@link org.pop2.trace.Transcript} records the sessions of chosen users and
 * networks in files; {@link org.pop2.trace.Watch} keeps the last lines of a session that somebody watches.
 * {@code MaskedLines} hides passwords; of messages, only the length is shown.
 *
 * <p>Imports {@code org.pop2.net} and the protocol, no server.
 *
 * @since 0.1.0
 */
@NullMarked
package org.pop2.trace;

import org.jspecify.annotations.NullMarked;
