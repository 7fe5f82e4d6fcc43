/**
 * What was said, for operators: {@link org.pop2.trace.Transcript} writes the sessions of chosen users and networks to
 * files, {@link org.pop2.trace.Watch} keeps the last lines of a session that somebody looks at. Passwords are masked
 * and messages are told by their length alone; {@code MaskedLines} is where.
 *
 * <p>Imports {@code org.pop2.net} and the protocol, no server.
 *
 * @since 0.1.0
 */
@NullMarked
package org.pop2.trace;

import org.jspecify.annotations.NullMarked;
