package org.pop2.fetch;

import java.util.Optional;

/**
 * A line before the header that is not part of the message: some servers send the From_ line of their mailbox file.
 *
 * @param octets its length, with its line end
 * @param sender the envelope's sender, if it names one; else empty
 * @param fromLine the line, with its line feed, if it can begin a message in an mbox
 */
public record LeadingLine(int octets, String sender, Optional<byte[]> fromLine) {
    /** Octets at the beginning of a message in which it is looked for. */
    public static final int MOST = 8 * 1024;

    /** Distinguishes such lines from the first line of a message. Implemented by code that knows mailbox files. */
    @FunctionalInterface
    public interface Finder {
        /** For servers that send no such line. */
        Finder NONE = start -> Optional.empty();

        /**
         * The leading line, if there is one.
         *
         * @param start the beginning of a message, {@link #MOST} octets, or all of it
         */
        Optional<LeadingLine> find(byte[] start);
    }
}
