package org.pop2.fetch;

import java.util.Optional;

/**
 * A line that a server sends before the header of a message and that is none of the message: some send the From_ line
 * of their mailbox file.
 *
 * @param octets that it takes, with its line end
 * @param sender the envelope's, which it names; empty: it names none
 * @param fromLine the line as it begins a message in an mbox, with its line feed; nothing: it cannot begin one
 */
public record LeadingLine(int octets, String sender, Optional<byte[]> fromLine) {
    /** Octets of a message's beginning in which it is looked for. */
    public static final int MOST = 8 * 1024;

    /**
     * Tells such lines from the first line of a message. What they look like is known by those who know mailbox files.
     */
    @FunctionalInterface
    public interface Finder {
        /** For servers that send none. */
        Finder NONE = start -> Optional.empty();

        /**
         * The line that stands there, if there is one.
         *
         * @param start the beginning of a message, {@link #MOST} octets, or all of it
         */
        Optional<LeadingLine> find(byte[] start);
    }
}
