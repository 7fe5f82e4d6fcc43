/**
 * Dialogues: sessions as the wire sees them, in text files with {@code C:} and {@code S:} lines, which run on the pure
 * session and over a socket. {@link org.pop2.protocol.dialogue.Dialogue} describes the format.
 */
@NullMarked
package org.pop2.protocol.dialogue;

import org.jspecify.annotations.NullMarked;
