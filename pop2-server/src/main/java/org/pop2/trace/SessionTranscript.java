package org.pop2.trace;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What was said in a session since somebody began to watch it. No password is in it, and of messages only their length.
 *
 * @param session its number
 * @param lines the latest, the oldest of them first
 * @param ended whether there will be no more
 * @param file where the whole session is written down ({@link TraceSettings}), if it is
 */
public record SessionTranscript(long session, List<Line> lines, boolean ended, Optional<Path> file) {

    /** Who a line is from. */
    public enum Who {
        CLIENT,
        SERVER,
        /** Nobody said that: it is what happened. */
        NOTE
    }

    /**
     * A line.
     *
     * @param number the first of a session is 1; a gap at the beginning is what was too much to keep
     * @param text printable ASCII; other octets of the wire are escaped, line ends too
     */
    public record Line(long number, Instant at, Who who, String text) {}

    /** Copies the lines. */
    public SessionTranscript {
        lines = List.copyOf(lines);
    }
}
